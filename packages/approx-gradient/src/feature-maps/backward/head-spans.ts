import { normUp, plus } from "../../error-bound/index.ts";
import type { Centres } from "../../rows/centres.ts";
import { headCentres } from "../../rows/head-centres.ts";
import { centred } from "../../rows/spans.ts";
import type { PlainHead } from "./plain-head.ts";

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

/** About the centres of `headCentres`. O(n (d + d_v)). */
export function headSpans({ Q, K, V, scale }: Pick<PlainHead, "Q" | "K" | "V" | "scale">): HeadSpans {
	const { keys, values } = headCentres({ Q, K, V, scale });
	const rows = centred(K, keys.centre);
	let keyNorm = 0;
	for (let l = 0; l < rows.rows; l++) keyNorm = Math.max(keyNorm, plus(normUp(rows.row(l)), 2 ** -1022));
	const spanOf = ({ half }: Centres): Float64Array => half.map((size) => plus(size, 2 ** -1022));
	return {
		...{ keyCentre: keys.centre, keySpan: spanOf(keys), keyNorm },
		...{ valueCentre: values.centre, valueSpan: spanOf(values) },
	};
}
