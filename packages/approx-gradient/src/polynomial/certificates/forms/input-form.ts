import type { Profile } from "../../profile/profile.ts";
import type { ErrorForm, RowFacts } from "./row-facts.ts";

/** What rounding the given numbers to the problem's type changes in its exact gradient; 0 where they are as given. */
export function inputForm({ n, d, given, queryReach, queryCentre, queryProducts }: Profile): ErrorForm {
	const inputs = new Float64Array(d);
	const ofSpan = new Float64Array(d);
	const ofKeys = new Float64Array(d);
	const query = queryReach.map((reach, b) => reach + Math.abs(queryCentre[b]));
	return {
		add(row: RowFacts, count = 1) {
			if (given === undefined) return;
			const change = given.row({ query, queryProducts, residuals: row.residuals, l1: row.l1 });
			for (let a = 0; a < d; a++) {
				inputs[a] += count * row.inputs[a];
				ofSpan[a] += count * row.inputs[a] * change.ofSpan;
				ofKeys[a] += count * row.inputs[a] * change.ofKeys;
			}
		},
		bounds() {
			let most = 0;
			if (given !== undefined)
				for (let a = 0; a < d; a++)
					most = Math.max(most, given.total({ ofSpan: ofSpan[a], ofKeys: ofKeys[a] }, inputs[a], n));
			return new Float64Array(d * d).fill(most);
		},
	};
}
