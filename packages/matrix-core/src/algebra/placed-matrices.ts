import { type Dtype, Matrix } from "../matrix.ts";
import { type Runtime, withKernels } from "../runtime/runtime.ts";
import { exp } from "./entrywise.ts";
import { exponentiate, type MatrixKernels, type PlacedMatrix, productOfPlaced } from "./kernel-matrices.ts";
import { matricesKernels } from "./matrices-kernels.ts";
import { multiply, type ProductOptions } from "./products.ts";

/** Options of a product of placed matrices. */
export interface PlacedProductOptions extends ProductOptions {
	/** The product is symmetric: entries above its diagonal are not computed, and are copied from below. @default false */
	readonly symmetric?: boolean;
}

/** Operations on matrices that stay in the kernels' memory: no operand and no result is copied. */
export interface PlacedMatrices {
	/** Room for a matrix, of unknown content. */
	room(rows: number, cols: number, dtype: Dtype): PlacedMatrix;
	/** A copy of a matrix. */
	place(A: Matrix): PlacedMatrix;
	/** op(A) op(B), of one number type, as `multiplyOn` computes it. */
	product(A: PlacedMatrix, B: PlacedMatrix, options?: PlacedProductOptions): Promise<PlacedMatrix>;
	/** Runs `work`, then takes back the room of all matrices that it made. */
	scope<Result>(work: () => Promise<Result>): Promise<Result>;
	/** Makes every entry x into e^x, as `expOn`; numbers between rows have no meaning after. */
	exponentiate(A: PlacedMatrix): Promise<void>;
}

/**
 * Gives `work` operations on matrices in the memory of the runtime's kernels, which are valid until it is done: for many small products, most of whose
 * time would be copies. `work` uses no other kernels of the runtime.
 * @throws ComputationError out-of-memory when kernel memory cannot grow
 */
export function withMatrices<Result>(
	runtime: Runtime,
	work: (matrices: PlacedMatrices) => Promise<Result>,
): Promise<Result> {
	if (runtime.kernel === "js") return work(plainMatrices);
	return withKernels(runtime, matricesKernels, (kernels) => work(onKernels(kernels)));
}

const dtypeOf = ({ data }: PlacedMatrix): Dtype => (data instanceof Float32Array ? "f32" : "f64");

function onKernels(kernels: MatrixKernels): PlacedMatrices {
	const room = (rows: number, cols: number, dtype: Dtype): PlacedMatrix => {
		const at = kernels.allocate(dtype, rows * cols);
		return { rows, cols, stride: cols, data: kernels.view(dtype, at, rows * cols) };
	};
	return {
		room,
		place(A) {
			const placed = room(A.rows, A.cols, A.dtype);
			placed.data.set(A.data);
			return placed;
		},
		async product(A, B, options = {}) {
			const made = await productOfPlaced(kernels, A, B, dtypeOf(A), options);
			return options.symmetric ? mirrored(made) : made;
		},
		scope: (work) => kernels.scope(work),
		exponentiate: (A) => exponentiate(kernels, A.data.byteOffset, A.rows * A.stride, dtypeOf(A)),
	};
}

/** Entries above the diagonal from those below. */
function mirrored(A: PlacedMatrix): PlacedMatrix {
	const { rows, stride, data } = A;
	for (let i = 0; i < rows; i++)
		for (let k = 0, from = i * stride, to = i; k < i; k++, to += stride) data[to] = data[from + k];
	return A;
}

const plainMatrices: PlacedMatrices = {
	room: (rows, cols, dtype) => ({ rows, cols, stride: cols, data: Matrix.zeros(rows, cols, dtype).data }),
	place: (A) => ({ rows: A.rows, cols: A.cols, stride: A.cols, data: A.copy().data }),
	async product(A, B, options = {}) {
		const { rows, cols, data } = multiply(matrixOf(A), matrixOf(B), options);
		return { rows, cols, stride: cols, data };
	},
	scope: (work) => work(),
	async exponentiate(A) {
		const { data } = exp(new Matrix(1, A.rows * A.stride, A.data.subarray(0, A.rows * A.stride)));
		A.data.set(data);
	},
};

/** A copy of a placed matrix, in storage of its own. */
export function matrixOf({ rows, cols, stride, data }: PlacedMatrix): Matrix {
	if (stride === cols) return new Matrix(rows, cols, data.slice(0, rows * cols));
	const made = Matrix.zeros(rows, cols, data instanceof Float32Array ? "f32" : "f64");
	for (let i = 0; i < rows; i++) made.row(i).set(data.subarray(i * stride, i * stride + cols));
	return made;
}
