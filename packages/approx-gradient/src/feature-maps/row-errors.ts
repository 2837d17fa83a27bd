import { Matrix, mapEntries, multiply } from "@attgrad/matrix-core";
import { leastRest, over, plus, RelativeRounding, rootUp, times } from "../error-bound/index.ts";
import type { QueryBlock } from "../rows/row-blocks.ts";
import { l1OfRelative } from "../rows/softmax-rows.ts";
import type { RowReach } from "./direct-rows.ts";
import type { EntryErrors } from "./feature-map.ts";
import type { KeyState } from "./key-state.ts";
import type { RowErrors } from "./row-effects.ts";

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
	const sizes = multiply(mapEntries(features, Math.abs), new Matrix(features.cols, 1, state.absolute));
	const unit = error.rounding.and(RelativeRounding.roundings(depth + features.cols + 8));
	const rounding = Array.from(normaliser, (D, j) => unit.ofSum(over(sizes.at(j, 0), D)));
	if (error.kind === "relative")
		return { form: "relative", tau: normaliser.map(() => l1OfRelative(error.delta)), rounding };
	const alpha = error.queries(block.queries, features);
	const least = normaliser.map((D, j) => leastRest(D, times(rounding[j].bound, D)));
	const [spread, keys] = [rootUp(state.spread), rootUp(state.keys)];
	const sums = alpha.map((size) => times(size, spread));
	const ones = alpha.map((size, j) => Math.min(times(size, state.error), times(sums[j], keys)));
	const tau = least.map((D, j) => over(times(2, ones[j]), D));
	// Weights that are off by a part of themselves move each sum by at most that part of D <= (1 + τ) D̃.
	const moved = (j: number) => error.relative.ofSum(times(2, plus(1, tau[j])));
	return {
		form: "l1",
		tau,
		rounding: rounding.map((own, j) => own.and(moved(j))),
		reach: { alpha, sums, ones, normaliser: least },
	};
}
