import { seededRandom } from "@attgrad/matrix-core";
import type { Distribution, Instance, RowMaker } from "./distribution.ts";

/** Rank of A1 X and of A2 at width d. */
export const lowRankOf = (d: number): number => Math.ceil(d / 4);

/** Rows w C with w uniform in [-B, B)^r and C random r x d, the absolute values of each of its columns summing to 1. */
const rows =
	(matrix: string) =>
	({ d, B, seed }: Instance): RowMaker => {
		const rank = lowRankOf(d);
		const directions = seededRandom(seed, matrix, "directions");
		const C = Array.from({ length: rank }, () => Float64Array.from({ length: d }, () => directions.uniform(-1, 1)));
		for (let b = 0; b < d; b++) {
			const size = C.reduce((sum, row) => sum + Math.abs(row[b]), 0);
			for (const row of C) row[b] /= size;
		}
		return (row, _, random) => {
			row.fill(0);
			for (const direction of C) {
				const w = random.uniform(-B, B);
				for (let b = 0; b < d; b++) row[b] += w * direction[b];
			}
		};
	};

/** A1 X and A2 of rank ⌈d/4⌉, in subspaces of their own. max |A1 X| and max |A2| are at most B. */
export const lowRank: Distribution = {
	name: "low-rank",
	summary: "A1 X and A2 of rank ⌈d/4⌉, entries in [-B, B]",
	queries: rows("A1"),
	keys: rows("A2"),
};
