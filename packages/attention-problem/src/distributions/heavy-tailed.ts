import { seededRandom } from "@attgrad/matrix-core";
import type { Distribution, Instance, RowMaker } from "./distribution.ts";

/** One row in so many is heavy, */
const PERIOD = 100;
/** and so many times larger than the others. */
const FACTOR = 6;

const rows =
	(matrix: string) =>
	({ n, B, seed }: Instance): RowMaker => {
		const heavy = seededRandom(seed, matrix, "heavy").integer(0, Math.min(n, PERIOD) - 1);
		return (row, index, random) => {
			const bound = index % PERIOD === heavy ? B : B / FACTOR;
			for (let b = 0; b < row.length; b++) row[b] = random.uniform(-bound, bound);
		};
	};

/**
 * Rows uniform in [-B/6, B/6), but for one in a hundred of A1 X and of A2, which is six times larger: uniform in
 * [-B, B). There is at least one such row. max |A1 X| and max |A2| are at most B, and almost all rows far from it.
 */
export const heavyTailed: Distribution = {
	name: "heavy-tailed",
	summary: "entries of A1 X and A2 uniform in [-B/6, B/6], in 1 % of the rows six times larger: in [-B, B]",
	queries: rows("A1"),
	keys: rows("A2"),
};
