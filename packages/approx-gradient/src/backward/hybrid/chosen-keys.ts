import { Matrix } from "@attgrad/matrix-core";
import type { ColumnPass } from "./column-pass.ts";
import type { HybridHead } from "./hybrid-head.ts";

/** How many keys are exact for all queries, from what each adds to the bounds of rows (`keySizes`), from the largest to the smallest. */
export type ChosenKeys = (descending: Float64Array) => number;

/** The keys of a head in two parts, each ascending. */
export interface SplitKeys {
	readonly exact: readonly number[];
	readonly rest: readonly number[];
	/** The part of the bounds of rows that comes from each key (`keySizes`), from the largest to the smallest. */
	readonly sizes: Float64Array;
}

/** The keys that add most to the bounds of rows, and the others. O(n (d + d_v) + n log n). */
export function splitKeys(head: HybridHead, beta: Float64Array, chosen: ChosenKeys): SplitKeys {
	const sizes = keySizes(head, beta);
	const order = Array.from(sizes.keys()).sort((l, m) => sizes[m] - sizes[l]);
	const descending = Float64Array.from(order, (l) => sizes[l]);
	const count = chosen(descending);
	const isExact = new Uint8Array(sizes.length);
	for (const l of order.slice(0, count)) isExact[l] = 1;
	const some = (which: number) => Array.from(isExact.keys()).filter((l) => isExact[l] === which);
	return { exact: some(1), rest: some(0), sizes: descending };
}

/** About what a key adds to the squares of bounds: β² times the squares of its distances from the means of values and of keys, with those of a typical key. */
function keySizes({ values, middleKeys }: HybridHead, beta: Float64Array): Float64Array {
	const [ofValues, ofKeys] = [values, middleKeys].map(squaredDistances);
	return beta.map((x, l) => x * x * ofValues[l] * ofKeys[l]);
}

/** Squares of the distances of rows from their mean, and the mean of those. */
function squaredDistances({ rows, cols, data }: Matrix): Float64Array {
	const mean = new Float64Array(cols);
	for (let at = 0; at < data.length; ) for (let b = 0; b < cols; b++) mean[b] += data[at++] / rows;
	const made = new Float64Array(rows);
	let sum = 0;
	for (let l = 0, at = 0; l < rows; l++) {
		for (let b = 0; b < cols; b++) made[l] += (data[at++] - mean[b]) ** 2;
		sum += made[l];
	}
	return made.map((square) => square + sum / rows + Number.MIN_VALUE);
}

/** Rows of keys of both parts, in the order of the keys. */
export function joinedColumns(rest: ColumnPass, exact: ColumnPass, split: SplitKeys): ColumnPass {
	const n = split.sizes.length;
	const made: ColumnPass = {
		...{ dK: Matrix.zeros(n, rest.dK.cols), dV: Matrix.zeros(n, rest.dV.cols) },
		...{ keyBounds: new Float64Array(n), valueBounds: new Float64Array(n) },
	};
	for (const [members, part] of [
		[split.rest, rest],
		[split.exact, exact],
	] as const)
		for (const [at, l] of members.entries()) {
			made.dK.row(l).set(part.dK.row(at));
			made.dV.row(l).set(part.dV.row(at));
			made.keyBounds[l] = part.keyBounds[at];
			made.valueBounds[l] = part.valueBounds[at];
		}
	return made;
}
