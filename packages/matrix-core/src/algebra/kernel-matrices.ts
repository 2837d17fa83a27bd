import { UsageError } from "../errors.ts";
import { bytesPerNumber, type Dtype, Matrix, type Numbers } from "../matrix.ts";
import type { KernelTask } from "../runtime/kernel-module.ts";
import type { Kernels } from "../runtime/kernels.ts";
import { type Runtime, withKernels } from "../runtime/runtime.ts";
import { exp } from "./entrywise.ts";
import { matricesKernels } from "./matrices-kernels.ts";
import { multiply, type ProductOptions, widerType } from "./products.ts";

/** Rows of a task: a whole number of the kernel's groups of 6 rows, and of the 48 that it packs at a time. */
const TASK_ROWS = 96;

/** Entries of a task of `expOn`, and its scratch. */
const EXPONENTIALS = { count: 65536, scratch: 512 };

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
	options: ProductOptions = {},
): Promise<Matrix> {
	if (runtime.kernel === "js") return multiply(A, B, options);
	return withProduct(runtime, A, B, options, ({ numbers, stride, rows, cols }) => {
		if (stride === cols) return new Matrix(rows, cols, numbers.slice());
		const C = Matrix.zeros(rows, cols, widerType(A, B));
		for (let i = 0; i < rows; i++) C.row(i).set(numbers.subarray(i * stride, i * stride + cols));
		return C;
	});
}

/**
 * The rows of a product, one after the other, as `multiplyOn` computes it, without a copy of the whole: `use` must not keep a row.
 * @throws UsageError and ComputationError as `multiplyOn`
 */
export async function productRowsOn(
	runtime: Runtime,
	A: Matrix,
	B: Matrix,
	options: ProductOptions,
	use: (row: Numbers, i: number) => void,
): Promise<void> {
	if (runtime.kernel === "js") {
		const C = multiply(A, B, options);
		for (let i = 0; i < C.rows; i++) use(C.row(i), i);
		return;
	}
	await withProduct(runtime, A, B, options, ({ numbers, stride, rows, cols }) => {
		for (let i = 0; i < rows; i++) use(numbers.subarray(i * stride, i * stride + cols), i);
	});
}

/** A product in kernel memory: `stride` numbers from a row to the next. */
interface ProductView {
	readonly numbers: Numbers;
	readonly stride: number;
	readonly rows: number;
	readonly cols: number;
}

/** Computes a product by the kernels and shows it to `use`. */
function withProduct<Result>(
	runtime: Runtime,
	A: Matrix,
	B: Matrix,
	{ transposeA = false, transposeB = false }: ProductOptions,
	use: (product: ProductView) => Result,
): Promise<Result> {
	const [rows, depth] = transposeA ? [A.cols, A.rows] : [A.rows, A.cols];
	const [depthB, cols] = transposeB ? [B.cols, B.rows] : [B.rows, B.cols];
	if (depth !== depthB)
		throw new UsageError(`multiply: inner sizes differ: ${rows} x ${depth} times ${depthB} x ${cols}`);
	const dtype = widerType(A, B);
	const size = bytesPerNumber(dtype);
	return withKernels(runtime, matricesKernels, async (kernels) => {
		const [a, b] = [put(kernels, A, dtype), put(kernels, B, dtype)];
		const panels = await packed(kernels, b, stepsOf(B, transposeB, size), { depth, cols }, dtype);
		const c = await productOf(kernels, { at: a, ...stepsOf(A, transposeA, size), rows }, panels, dtype);
		return use({ numbers: kernels.view(dtype, c, rows * panels.stride), stride: panels.stride, rows, cols });
	});
}

/** The kernels on matrices. */
export type MatrixKernels = Kernels<typeof matricesKernels>;

/** Copies a matrix into kernel memory; its address. */
function put(kernels: MatrixKernels, matrix: Matrix, dtype: Dtype): number {
	const address = kernels.allocate(dtype, matrix.data.length);
	kernels.readRows(matrix, 0, matrix.rows, dtype, address);
	return address;
}

/** Bytes from an entry to the one below and to the one beside, in a row-major matrix that is maybe transposed. */
const stepsOf = ({ cols }: Pick<Matrix, "cols">, transposed: boolean, size: number) =>
	transposed ? { rowStep: size, columnStep: cols * size } : { rowStep: cols * size, columnStep: size };

/** The right factor of a product, in panels of as many columns as a tile has. */
interface Panels {
	readonly panels: number;
	readonly count: number;
	readonly depth: number;
	/** Columns of all panels: numbers from a row of the product to the next. */
	readonly stride: number;
}

/** Numbers of a row of the tile, for each memory and number type: a memory has one build. */
const widths = { f64: new WeakMap<ArrayBufferLike, number>(), f32: new WeakMap<ArrayBufferLike, number>() };

async function tileWidth(kernels: MatrixKernels, dtype: Dtype): Promise<number> {
	const { buffer } = kernels.view(dtype, 0, 0);
	const known = widths[dtype].get(buffer);
	if (known !== undefined) return known;
	const [width] = await kernels.run("tileColumns", [{}], { dtype });
	widths[dtype].set(buffer, width);
	return width;
}

async function packed(
	kernels: MatrixKernels,
	b: number,
	steps: { readonly rowStep: number; readonly columnStep: number },
	{ depth, cols }: { readonly depth: number; readonly cols: number },
	dtype: Dtype,
): Promise<Panels> {
	const width = await tileWidth(kernels, dtype);
	const count = Math.ceil(cols / width);
	const panels = kernels.allocate(dtype, count * depth * width);
	const bytes = depth * width * bytesPerNumber(dtype);
	const packing = Array.from({ length: count }, (_, p) => {
		return { b, ...steps, depth, from: p * width, cols, panel: panels + p * bytes };
	});
	await kernels.run("packPanel", packing, { dtype });
	return { panels, count, depth, stride: count * width };
}

/** The address of a product in kernel memory, `stride` numbers a row; of a symmetric one, panels above the diagonal are left out. */
async function productOf(
	kernels: MatrixKernels,
	A: { readonly at: number; readonly rowStep: number; readonly columnStep: number; readonly rows: number },
	{ panels, count, depth, stride }: Panels,
	dtype: Dtype,
	symmetric = false,
): Promise<number> {
	const size = bytesPerNumber(dtype);
	const { at, rowStep, columnStep, rows } = A;
	const c = kernels.allocate(dtype, Math.ceil(rows / 6) * 6 * stride);
	const tasks: KernelTask<typeof matricesKernels, "product">[] = [];
	const width = stride / count;
	for (let i = 0; i < rows; i += TASK_ROWS)
		tasks.push({
			a: at + i * rowStep,
			...{ rowStep, columnStep, depth, panels },
			count: symmetric ? Math.min(count, Math.ceil((i + TASK_ROWS) / width)) : count,
			rows: Math.min(TASK_ROWS, rows - i),
			c: c + i * stride * size,
			cStep: stride * size,
		});
	await kernels.run("product", tasks, { dtype, scratch: PRODUCT_SCRATCH });
	return c;
}

function resultOf(
	kernels: MatrixKernels,
	address: number,
	stride: number,
	rows: number,
	cols: number,
	dtype: Dtype,
): Matrix {
	const padded = kernels.view(dtype, address, rows * stride);
	if (stride === cols) return new Matrix(rows, cols, padded.slice());
	const C = Matrix.zeros(rows, cols, dtype);
	for (let i = 0; i < rows; i++) C.row(i).set(padded.subarray(i * stride, i * stride + cols));
	return C;
}

/** A matrix that kernels find where it is; its numbers may be read and written between two operations. */
export interface PlacedMatrix {
	readonly rows: number;
	readonly cols: number;
	/** Numbers from a row to the next, at least `cols`. */
	readonly stride: number;
	/** The numbers from the first row on. */
	readonly data: Numbers;
}

/**
 * op(A) op(B) of matrices in kernel memory; of a symmetric product, the entries on and below the diagonal, and some above.
 * @throws UsageError when the inner sizes differ
 */
export async function productOfPlaced(
	kernels: MatrixKernels,
	A: PlacedMatrix,
	B: PlacedMatrix,
	dtype: Dtype,
	{ transposeA = false, transposeB = false, symmetric = false }: ProductOptions & { readonly symmetric?: boolean },
): Promise<PlacedMatrix> {
	const size = bytesPerNumber(dtype);
	const [rows, depth] = transposeA ? [A.cols, A.rows] : [A.rows, A.cols];
	const [depthB, cols] = transposeB ? [B.cols, B.rows] : [B.rows, B.cols];
	if (depth !== depthB)
		throw new UsageError(`multiply: inner sizes differ: ${rows} x ${depth} times ${depthB} x ${cols}`);
	const ofB = stepsOf({ cols: B.stride }, transposeB, size);
	const panels = await packed(kernels, B.data.byteOffset, ofB, { depth, cols }, dtype);
	const ofA = { at: A.data.byteOffset, ...stepsOf({ cols: A.stride }, transposeA, size), rows };
	const c = await productOf(kernels, ofA, panels, dtype, symmetric);
	const { stride } = panels;
	return { rows, cols, stride, data: kernels.view(dtype, c, rows * stride) };
}

/** Exponentials of numbers in kernel memory, in place. */
export async function exponentiate(kernels: MatrixKernels, at: number, length: number, dtype: Dtype): Promise<void> {
	const size = bytesPerNumber(dtype);
	const tasks = [];
	for (let i = 0; i < length; i += EXPONENTIALS.count) {
		const x = at + i * size;
		tasks.push({ x, y: x, count: Math.min(EXPONENTIALS.count, length - i) });
	}
	await kernels.run("exponentials", tasks, { dtype, scratch: EXPONENTIALS.scratch });
}

/** Rows of e^(A Bᵀ) that are in memory at once. */
const EXPONENTIAL_ROWS = 1536;

/**
 * e^(A Bᵀ) C by the runtime's kernel and threads, the exponentials in row blocks that stay in kernel memory. They are of the entries
 * of A Bᵀ as computed, within 2 ulp. Cost 2 n m (k + c) flops and n m exponentials for n x k times (m x k)ᵀ, and C of c columns.
 * @throws UsageError when the inner sizes differ
 * @throws ComputationError out-of-memory when kernel memory cannot grow
 */
export async function exponentialProductOn(runtime: Runtime, A: Matrix, B: Matrix, C: Matrix): Promise<Matrix> {
	if (A.cols !== B.cols || B.rows !== C.rows)
		throw new UsageError(
			`exponential product: inner sizes differ: ${A.rows} x ${A.cols}, ${B.rows} x ${B.cols}, ${C.rows} x ${C.cols}`,
		);
	if (runtime.kernel === "js") return multiply(exp(multiply(A, B, { transposeB: true })), C);
	const dtype = widerType(A, C);
	const size = bytesPerNumber(dtype);
	const made = Matrix.zeros(A.rows, C.cols, dtype);
	for (let from = 0; from < A.rows; from += EXPONENTIAL_ROWS) {
		const own = A.slice(from, Math.min(A.rows, from + EXPONENTIAL_ROWS));
		const part = await withKernels(runtime, matricesKernels, async (kernels) => {
			const [a, b, c] = [put(kernels, own, dtype), put(kernels, B, dtype), put(kernels, C, dtype)];
			const left = await packed(kernels, b, stepsOf(B, true, size), { depth: B.cols, cols: B.rows }, dtype);
			const right = await packed(kernels, c, stepsOf(C, false, size), { depth: C.rows, cols: C.cols }, dtype);
			const inner = await productOf(kernels, { at: a, ...stepsOf(own, false, size), rows: own.rows }, left, dtype);
			await exponentiate(kernels, inner, own.rows * left.stride, dtype);
			const rows = { at: inner, rowStep: left.stride * size, columnStep: size, rows: own.rows };
			return resultOf(kernels, await productOf(kernels, rows, right, dtype), right.stride, own.rows, C.cols, dtype);
		});
		made.data.set(part.data, from * C.cols);
	}
	return made;
}

/**
 * e^x of every entry by the runtime's kernel and threads, within 2 ulp; gradual underflow, Infinity and NaN as in `exp`.
 * @throws ComputationError out-of-memory when kernel memory cannot grow
 */
export async function expOn(runtime: Runtime, A: Matrix): Promise<Matrix> {
	if (runtime.kernel === "js") return exp(A);
	return withKernels(runtime, matricesKernels, async (kernels) => {
		const { length } = A.data;
		const x = kernels.allocate(A.dtype, length);
		kernels.view(A.dtype, x, length).set(A.data);
		await exponentiate(kernels, x, length, A.dtype);
		return new Matrix(A.rows, A.cols, kernels.view(A.dtype, x, length).slice());
	});
}
