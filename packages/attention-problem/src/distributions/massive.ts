import { seededRandom } from "@attgrad/matrix-core";
import type { Distribution, Instance, RowMaker } from "./distribution.ts";

/** One coordinate is so many times larger than the others. */
const FACTOR = 1000;

const rows =
	(matrix: string) =>
	({ d, B, seed }: Instance): RowMaker => {
		const massive = seededRandom(seed, "massive").integer(0, d - 1);
		const sign = seededRandom(seed, matrix, "massive").integer(0, 1) === 0 ? -1 : 1;
		return (row, _, random) => {
			for (let b = 0; b < row.length; b++) {
				const own = random.uniform(-1, 1);
				row[b] = b === massive ? sign * B * (0.95 + 0.05 * own) : (B / FACTOR) * own;
			}
		};
	};

/**
 * Massive activations: one coordinate, the same in A1 X and A2, is near B in every row, with a sign for each of the two, and a thousand times larger
 * than the others. Centring the keys takes most of it. max |A1 X| and max |A2| are at most B.
 */
export const massive: Distribution = {
	name: "massive",
	summary: "one coordinate of A1 X and A2 within a twentieth of B or −B, the others a thousand times smaller",
	queries: rows("A1"),
	keys: rows("A2"),
};
