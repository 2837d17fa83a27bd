import { plus, times } from "../../../error-bound/index.ts";
import type { Profile } from "../../profile/profile.ts";
import type { ErrorForm, RowFacts } from "./row-facts.ts";

/** The change of the exact gradient when the given numbers are rounded to the problem's type; 0 where they are as given. */
export function inputForm({ n, d, given, queryReach, queryCentre, queryProducts }: Profile): ErrorForm {
	const ofSpan = new Float64Array(d);
	const ofKeys = new Float64Array(d);
	const query = queryReach.map((reach, b) => plus(reach, Math.abs(queryCentre[b])));
	return {
		add(row: RowFacts, count = 1) {
			if (given === undefined) return;
			const change = given.row({ query, queryProducts, residuals: row.residuals, l1: row.l1 });
			for (let a = 0; a < d; a++) {
				ofSpan[a] = plus(ofSpan[a], times(count * row.inputs[a], change.ofSpan));
				ofKeys[a] = plus(ofKeys[a], times(count * row.inputs[a], change.ofKeys));
			}
		},
		bounds() {
			let most = 0;
			if (given !== undefined)
				for (let a = 0; a < d; a++)
					most = Math.max(most, given.total({ ofSpan: ofSpan[a], ofKeys: ofKeys[a] }, { query, queryProducts }, n));
			return new Float64Array(d * d).fill(most);
		},
	};
}
