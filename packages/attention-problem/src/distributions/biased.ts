import { seededRandom } from "@attgrad/matrix-core";
import type { Distribution, Instance } from "./distribution.ts";
import { uniform } from "./uniform.ts";

/** Part of B that the offset takes; the rest is left to the keys' own spread. */
const OFFSET = 0.75;

/**
 * Keys with a common offset of ±¾B in every coordinate and a spread of ¼B around it; queries uniform in [-B, B).
 * max |A1 X| and max |A2| are at most B. The offset adds nothing to the gradient, so that an algorithm that centres
 * the keys sees scores a quarter as large.
 */
export const biased: Distribution = {
	name: "biased",
	summary: "A1 X uniform in [-B, B]; keys within B/4 of a common offset of ±3B/4 in every coordinate",
	queries: uniform.queries,
	keys({ d, B, seed }: Instance) {
		const signs = seededRandom(seed, "A2", "offset");
		const offset = Float64Array.from({ length: d }, () => (signs.integer(0, 1) === 0 ? -OFFSET : OFFSET) * B);
		const spread = (1 - OFFSET) * B;
		return (row, _, random) => {
			for (let b = 0; b < d; b++) row[b] = offset[b] + random.uniform(-spread, spread);
		};
	},
};
