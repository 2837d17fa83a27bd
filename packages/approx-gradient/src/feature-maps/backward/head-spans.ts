import { columnRange, type Matrix } from "@attgrad/matrix-core";
import { normUp, plus } from "../../error-bound/index.ts";
import { centred } from "../../rows/spans.ts";
import type { PlainHead } from "./feature-map-head.ts";

/** Centres of keys and values, and how far from them they reach, in each column. */
export interface HeadSpans {
	readonly keyCentre: Float64Array;
	/** At least |k_lb − centre_b|. */
	readonly keySpan: Float64Array;
	/** At least every ‖k_l − centre‖. */
	readonly keyNorm: number;
	readonly valueCentre: Float64Array;
	readonly valueSpan: Float64Array;
}

/** About the middles of the ranges. O(n (d + d_v)). */
export function headSpans({ K, V }: Pick<PlainHead, "K" | "V">): HeadSpans {
	const [keys, values] = [spanOf(K), spanOf(V)];
	const rows = centred(K, keys.centre);
	let keyNorm = 0;
	for (let l = 0; l < rows.rows; l++) keyNorm = Math.max(keyNorm, plus(normUp(rows.row(l)), 2 ** -1022));
	return {
		...{ keyCentre: keys.centre, keySpan: keys.span, keyNorm },
		...{ valueCentre: values.centre, valueSpan: values.span },
	};
}

function spanOf(rows: Matrix): { centre: Float64Array; span: Float64Array } {
	const { min, max } = columnRange(rows);
	const centre = Float64Array.from(min, (low, i) => low / 2 + max[i] / 2);
	return { centre, span: centre.map((c, i) => plus(Math.max(max[i] - c, c - min[i]), 2 ** -1022)) };
}
