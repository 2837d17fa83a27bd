import type { RowRange } from "@attgrad/attention-problem";
import { Matrix } from "@attgrad/matrix-core";
import { plus } from "../../../error-bound/index.ts";
import { type HybridMap, residualLengths } from "../../../feature-maps/hybrid/hybrid-map.ts";
import { raisesOf } from "../../../feature-maps/hybrid/residual-spread.ts";
import { type FeatureReach, featureReach } from "../row-pass.ts";
import { type GroupedRows, type GroupSums, sumsOfGroups } from "./group-sums.ts";
import { type HybridKernels, type PlacedFeatures, putMatrix } from "./placed-features.ts";

/** Columns that are summed over rows, and the forms of these columns. */
export type PlacedColumns = Pick<
	GroupedRows,
	"factors" | "numbers" | "width" | "extra" | "blocks" | "beside" | "forms"
>;

/** Sizes of the features of both sides, and of their errors. */
export const reachOfPlaced = (map: HybridMap, queries: PlacedFeatures, keys: PlacedFeatures): FeatureReach =>
	featureReach({
		alpha: residualLengths(queries.squares, undefined, map.unit),
		beta: residualLengths(keys.squares, keys.side.sizes, map.unit),
		squares: keys.squares,
		rank: map.rank,
		relative: map.error.relative,
	});

/**
 * Sums and forms of rows of one side, K x columns.
 * @param columns those of the rows from..to-1
 * @param group rows of a group, at the most
 */
export function sumsOfPlaced(
	kernels: HybridKernels,
	{ rank, unit }: Pick<HybridMap, "rank" | "unit">,
	{ features, left, right, sizes, side, step }: PlacedFeatures,
	{ from, to }: RowRange,
	group: number,
	columns: PlacedColumns,
): Promise<GroupSums> {
	const groups = Math.ceil((to - from) / group);
	const raises = raisesOf(groups, side.sizes.subarray(from, to), unit);
	return sumsOfGroups(kernels, {
		...{ ...columns, groups, rank, rows: to - from, d: left.cols - 2 },
		features: features.byteOffset + 8 * step * from,
		left: left.data.byteOffset + 8 * left.cols * from,
		right: right.data.byteOffset + 8 * right.cols * from,
		sizes: sizes + 8 * from,
		raises: putMatrix(kernels, new Matrix(1, raises.length, raises)),
		raised: raises.reduce(plus, 0),
	});
}

/** Sets the features and factors of rows that are not kept to 0: they may be NaN. */
export function clearRows(
	{ features, left, right, step }: PlacedFeatures,
	{ from, to }: RowRange,
	isKept: (row: number) => boolean,
): void {
	for (let j = from; j < to; j++) {
		if (isKept(j)) continue;
		features.fill(0, j * step, (j + 1) * step);
		for (const { data, cols } of [left, right]) data.fill(0, j * cols, (j + 1) * cols);
	}
}

/** Puts rows (k, 1) into the memory; their address. */
export function putKeyFactors(kernels: HybridKernels, { rows, cols, data }: Matrix): number {
	const made = kernels.view("f64", kernels.allocate("f64", rows * (cols + 1)), rows * (cols + 1));
	for (let l = 0, at = 0, to = 0; l < rows; l++) {
		for (let b = 0; b < cols; b++) made[to++] = data[at++];
		made[to++] = 1;
	}
	return made.byteOffset;
}
