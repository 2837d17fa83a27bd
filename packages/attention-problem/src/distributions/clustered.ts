import { seededRandom } from "@attgrad/matrix-core";
import type { Distribution, Instance, RowMaker } from "./distribution.ts";

const CLUSTERS = 8;
/** Radius of a cluster, as a part of B. */
const SPREAD = 0.1;

const rows =
	(matrix: string) =>
	({ d, B, seed }: Instance): RowMaker => {
		const reach = (1 - SPREAD) * B;
		const middles = seededRandom(seed, matrix, "centres");
		const centres = Array.from({ length: CLUSTERS }, () =>
			Float64Array.from({ length: d }, () => middles.uniform(-reach, reach)),
		);
		return (row, _, random) => {
			const centre = centres[random.integer(0, CLUSTERS - 1)];
			for (let b = 0; b < d; b++) row[b] = centre[b] + random.uniform(-SPREAD * B, SPREAD * B);
		};
	};

/**
 * Rows of A1 X within 0.1 B (in every coordinate) of one of eight centres, those of A2 of eight others; each row's
 * centre is random. max |A1 X| and max |A2| are at most B.
 */
export const clustered: Distribution = {
	name: "clustered",
	summary: "rows of A1 X and A2 within B/10 of one of eight centres each, entries in [-B, B]",
	queries: rows("A1"),
	keys: rows("A2"),
};
