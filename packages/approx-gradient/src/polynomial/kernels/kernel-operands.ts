import { type Dtype, type Kernels, Matrix, multiply, scale } from "@attgrad/matrix-core";
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

/** Addresses that every pass over queries takes. */
export interface QueryArguments {
	/** X with the frame's map. */
	readonly queryMap: number;
	/** A centre of zeros. */
	readonly none: number;
	readonly queryShift: number;
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
	const queryMap = multiply(scale(problem.X.as("f64"), problem.scale), frame.queryMap, { transposeB: true });
	const shift = multiply(new Matrix(1, d, frame.queryCentre), frame.queryMap, { transposeB: true });
	const weighted = kernels.allocate(dtype, tree.size * (d + 1));
	const view = kernels.view(dtype, weighted, tree.size * (d + 1));
	for (let place = 0, at = 0; place < order.length; place++) {
		const node = order[place];
		for (let from = node * (d + 1), end = from + d; from <= end; from++, at++) view[at] = weights[node] * moments[from];
	}
	return {
		queryMap: putNumbers(kernels, "f64", queryMap.data),
		none: kernels.allocateZeros("f64", d),
		queryShift: putNumbers(kernels, "f64", shift.data),
		weighted,
	};
}
