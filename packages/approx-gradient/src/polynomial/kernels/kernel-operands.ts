import { type Dtype, type Kernels, Matrix, multiply, scale } from "@attgrad/matrix-core";
import type { RouteInput } from "../routes/route.ts";
import type { RunTable } from "./feature-tables.ts";
import type { KernelPlan } from "./kernel-plan.ts";

/** Bytes of a number. */
export const bytesOf = (dtype: Dtype): number => (dtype === "f64" ? 8 : 4);

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

/** Arguments of a kernel for a table of runs: nodes that features are made of, their runs, the address of the table. */
export const putRuns = (kernels: Kernels, { made, runs, triples }: RunTable): [number, number, number] => [
	made,
	runs,
	putIndices(kernels, triples),
];

/** The rows of a chunk that each slot takes, as [first, count]; slots without rows are left out. */
export function sharesOf(rows: number, { slotRows }: KernelPlan): [first: number, count: number][] {
	const shares: [number, number][] = [];
	for (let first = 0; first < rows; first += slotRows) shares.push([first, Math.min(slotRows, rows - first)]);
	return shares;
}

/**
 * What a pass over queries takes in the kernels' memory: X with the frame's map, a centre of zeros, the shift of the queries
 * and the weighed moments in the order of a table.
 */
export function queryOperands(
	{ problem, tree, weights, frame }: RouteInput,
	moments: Float64Array,
	order: Int32Array,
	kernels: Kernels,
): readonly number[] {
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
	return [
		putNumbers(kernels, "f64", queryMap.data),
		kernels.allocateZeros("f64", d),
		putNumbers(kernels, "f64", shift.data),
		weighted,
	];
}
