import { type Dtype, type Kernels, Matrix, multiply, scale, transpose } from "@attgrad/matrix-core";
import type { RouteInput } from "../routes/route.ts";
import type { RunTable } from "./feature-tables.ts";
import type { KernelPlan } from "./kernel-plan.ts";
import type { polynomialKernels } from "./polynomial-kernels.ts";

/** The kernels of the polynomial method at work. */
export type PolynomialKernels = Kernels<typeof polynomialKernels>;

/** Numbers put into the kernels' memory, and their address. */
export function putNumbers(kernels: Kernels, dtype: Dtype, numbers: ArrayLike<number>): number {
	const address = kernels.allocate(dtype, numbers.length);
	kernels.view(dtype, address, numbers.length).set(numbers);
	return address;
}

/** Indices put into the kernels' memory, and their address. */
export function putIndices(kernels: Kernels, indices: Int32Array): number {
	const address = kernels.allocate("f32", indices.length);
	kernels.indices(address, indices.length).set(indices);
	return address;
}

/** Arguments of a kernel for a table of runs. */
export interface RunArguments {
	/** Nodes that features are made of. */
	readonly made: number;
	readonly runs: number;
	/** Address of the table. */
	readonly runTable: number;
}

/** A table of runs in the kernels' memory. */
export const putRuns = (kernels: Kernels, { made, runs, triples }: RunTable): RunArguments => {
	return { made, runs, runTable: putIndices(kernels, triples) };
};

/** The rows of a chunk that each slot takes, as [first, count]; slots without rows are left out. */
export function slotRanges(rows: number, { slotRows }: KernelPlan): [first: number, count: number][] {
	const ranges: [number, number][] = [];
	for (let first = 0; first < rows; first += slotRows) ranges.push([first, Math.min(slotRows, rows - first)]);
	return ranges;
}

/** Writes the frame of keys and values to the kernels' memory. */
export function keyMapOperands({ problem, frame }: Pick<RouteInput, "problem" | "frame">, kernels: Kernels) {
	const { keyMap, keyCentre, valueCentre, queryCentre, shift } = frame;
	return {
		keyMap: putNumbers(kernels, "f64", transpose(keyMap).data),
		centre: putNumbers(kernels, "f64", keyCentre),
		Y: putNumbers(kernels, "f64", problem.Y.data),
		valueCentre: putNumbers(kernels, "f64", valueCentre),
		none: kernels.allocateZeros("f64", problem.d),
		tilt: queryCentre.some((nu) => nu !== 0) ? putNumbers(kernels, "f64", [...queryCentre, shift]) : 0,
	};
}

/** Addresses of the frame of queries. */
export interface QueryMapArguments {
	/** X with the frame's map. */
	readonly queryMap: number;
	/** A centre of zeros. */
	readonly none: number;
	readonly queryShift: number;
}

/** Writes the frame of queries to the kernels' memory. */
export function queryMapOperands(
	{ problem, frame }: Pick<RouteInput, "problem" | "frame">,
	kernels: Kernels,
): QueryMapArguments {
	const { d, X, scale: factor } = problem;
	const queryMap = multiply(scale(X.as("f64"), factor), frame.queryMap, { transposeB: true });
	const shift = multiply(new Matrix(1, d, frame.queryCentre), frame.queryMap, { transposeB: true });
	return {
		queryMap: putNumbers(kernels, "f64", queryMap.data),
		none: kernels.allocateZeros("f64", d),
		queryShift: putNumbers(kernels, "f64", shift.data),
	};
}

/** Addresses that every pass over queries takes. */
export interface QueryArguments extends QueryMapArguments {
	/** The weighed moments, in the order of a table. */
	readonly weighted: number;
}

/** Writes the operands of a pass over queries to the kernels' memory. */
export function queryOperands(
	{ problem, tree, weights, frame }: RouteInput,
	moments: Float64Array,
	order: Int32Array,
	kernels: Kernels,
): QueryArguments {
	const { d } = problem;
	const { dtype } = problem.A1;
	const weighted = kernels.allocate(dtype, tree.size * (d + 1));
	const view = kernels.view(dtype, weighted, tree.size * (d + 1));
	for (let place = 0, at = 0; place < order.length; place++) {
		const node = order[place];
		for (let from = node * (d + 1), end = from + d; from <= end; from++, at++) view[at] = weights[node] * moments[from];
	}
	return { ...queryMapOperands({ problem, frame }, kernels), weighted };
}
