import { Matrix, mapEntries, multiply, unitRoundoff } from "@attgrad/matrix-core";
import { over, plus, times } from "../error-bound/index.ts";
import type { QueryBlock } from "../rows/row-blocks.ts";
import { l1OfRelative } from "../rows/softmax-rows.ts";
import type { RowReach } from "./direct-bounds.ts";
import type { RowErrors } from "./error-sums.ts";
import type { EntryErrors } from "./feature-map.ts";
import type { KeyState } from "./key-state.ts";

/**
 * τ_j and θ_j of a block: τ_j = 2 α_j Σ_l β_l / D̃_j (paper.md 7.4), and what the errors of a row's entries do to a sum over keys; θ_j from
 * the absolute sums Σ_m |φ_jm| Σ_l |ψ_lm|.
 */
export function rowErrors(
	error: EntryErrors,
	block: QueryBlock,
	features: Matrix,
	normaliser: Float64Array,
	state: KeyState,
	depth: number,
): RowErrors & { readonly reach?: RowReach } {
	const u = unitRoundoff("f64");
	const sizes = multiply(mapEntries(features, Math.abs), new Matrix(features.cols, 1, state.absolute));
	const unit = error.rounding + u * (depth + features.cols + 8);
	const rounding = normaliser.map((D, j) => over(times(unit, sizes.at(j, 0)), D));
	if (error.kind === "relative")
		return { form: "relative", tau: normaliser.map(() => l1OfRelative(error.delta)), rounding };
	const alpha = error.queries(block.queries, features);
	const least = normaliser.map((D, j) => D * Math.max(0, 1 - rounding[j]));
	const spread = Math.sqrt(state.spread) * (1 + 2 ** -50);
	const keys = Math.sqrt(state.keys) * (1 + 2 ** -50);
	const sums = alpha.map((size) => times(size, spread));
	const ones = alpha.map((size, j) => Math.min(times(size, state.error), times(sums[j], keys)));
	const tau = least.map((D, j) => over(times(2, ones[j]), D));
	// Weights that are off by a part of themselves move each sum by at most that part of D <= (1 + τ) D̃.
	const relative = error.relative ?? 0;
	if (relative > 0)
		for (let j = 0; j < tau.length; j++) rounding[j] = plus(rounding[j], times(2 * relative, plus(1, tau[j])));
	return { form: "l1", tau, rounding, reach: { alpha, sums, ones, normaliser: least } };
}
