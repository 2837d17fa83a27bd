import { UsageError } from "../errors.ts";
import { bytesPerNumber, Matrix } from "../matrix.ts";
import type { KernelTask } from "../runtime/kernel-module.ts";
import { type Runtime, withKernels } from "../runtime/runtime.ts";
import { exp } from "./entrywise.ts";
import { matricesKernels } from "./matrices-kernels.ts";
import { multiply, type ProductOptions, widerType } from "./products.ts";

/** Rows of a task: a whole number of the kernel's groups of 6 rows, and of the 48 that it packs at a time. */
const TASK_ROWS = 96;

/** Scratch of a product: 48 x 256 doubles. */
const PRODUCT_SCRATCH = 48 * 256 * 8;

/**
 * Matrix product op(A) op(B) by the runtime's kernel and threads: `multiply`, but for sums in the number type of the result.
 * Cost 2 m n k flops; the operands and the result are copied into kernel memory and back.
 * @throws UsageError when the inner sizes differ
 * @throws ComputationError out-of-memory when kernel memory cannot grow
 */
export async function multiplyOn(
	runtime: Runtime,
	A: Matrix,
	B: Matrix,
	{ transposeA = false, transposeB = false }: ProductOptions = {},
): Promise<Matrix> {
	const [rows, depth] = transposeA ? [A.cols, A.rows] : [A.rows, A.cols];
	const [depthB, cols] = transposeB ? [B.cols, B.rows] : [B.rows, B.cols];
	if (runtime.kernel === "js") return multiply(A, B, { transposeA, transposeB });
	if (depth !== depthB)
		throw new UsageError(`multiply: inner sizes differ: ${rows} x ${depth} times ${depthB} x ${cols}`);
	const dtype = widerType(A, B);
	const size = bytesPerNumber(dtype);
	return withKernels(runtime, matricesKernels, async (kernels) => {
		const put = (matrix: Matrix) => {
			const address = kernels.allocate(dtype, matrix.data.length);
			kernels.readRows(matrix, 0, matrix.rows, dtype, address);
			return address;
		};
		/** Bytes from an entry to the one below and to the one beside, in a row-major matrix that is maybe transposed. */
		const steps = (matrix: Matrix, transposed: boolean) =>
			transposed
				? { rowStep: size, columnStep: matrix.cols * size }
				: { rowStep: matrix.cols * size, columnStep: size };
		const [a, b] = [put(A), put(B)];
		const width = (await kernels.run("tileColumns", [{}], { dtype }))[0];
		const count = Math.ceil(cols / width);
		const panels = kernels.allocate(dtype, count * depth * width);
		const packing = Array.from({ length: count }, (_, p) => {
			return { b, ...steps(B, transposeB), depth, from: p * width, cols, panel: panels + p * depth * width * size };
		});
		await kernels.run("packPanel", packing, { dtype });
		const stride = count * width;
		const c = kernels.allocate(dtype, Math.ceil(rows / 6) * 6 * stride);
		const stepsOfA = steps(A, transposeA);
		const tasks: KernelTask<typeof matricesKernels, "product">[] = [];
		for (let i = 0; i < rows; i += TASK_ROWS) {
			tasks.push({
				a: a + i * stepsOfA.rowStep,
				...stepsOfA,
				rows: Math.min(TASK_ROWS, rows - i),
				depth,
				panels,
				count,
				c: c + i * stride * size,
				cStep: stride * size,
			});
		}
		await kernels.run("product", tasks, { dtype, scratch: PRODUCT_SCRATCH });
		const padded = kernels.view(dtype, c, rows * stride);
		const C = Matrix.zeros(rows, cols, dtype);
		for (let i = 0; i < rows; i++) C.row(i).set(padded.subarray(i * stride, i * stride + cols));
		return C;
	});
}

/** Entries of a task of `expOn`, and its scratch. */
const EXPONENTIALS = { count: 65536, scratch: 512 };

/**
 * e^x of every entry by the runtime's kernel and threads, within 2 ulp; gradual underflow, Infinity and NaN as in `exp`.
 * @throws ComputationError out-of-memory when kernel memory cannot grow
 */
export async function expOn(runtime: Runtime, A: Matrix): Promise<Matrix> {
	if (runtime.kernel === "js") return exp(A);
	const size = bytesPerNumber(A.dtype);
	return withKernels(runtime, matricesKernels, async (kernels) => {
		const { length } = A.data;
		const x = kernels.allocate(A.dtype, length);
		kernels.view(A.dtype, x, length).set(A.data);
		const tasks = [];
		for (let i = 0; i < length; i += EXPONENTIALS.count) {
			const at = x + i * size;
			tasks.push({ x: at, y: at, count: Math.min(EXPONENTIALS.count, length - i) });
		}
		await kernels.run("exponentials", tasks, { dtype: A.dtype, scratch: EXPONENTIALS.scratch });
		return new Matrix(A.rows, A.cols, kernels.view(A.dtype, x, length).slice());
	});
}
