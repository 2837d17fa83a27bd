import type { Distribution, Instance, RowMaker } from "./distribution.ts";
import { exactWeights } from "./weights.ts";

/** Vertices in turn where there are rows for all 2^d of them; random vertices where there are not. */
const rows = ({ n, d, B }: Instance): RowMaker =>
	n >= 2 ** d
		? (row, index) => {
				for (let b = 0; b < d; b++) row[b] = Math.floor(index / 2 ** b) % 2 === 0 ? -B : B;
			}
		: (row, _, random) => {
				for (let b = 0; b < d; b++) row[b] = random.integer(0, 1) === 0 ? -B : B;
			};

/**
 * Rows of A1 X and of A2 run over {-B, B}^d, row i over vertex i mod 2^d (bit b of i is the sign of coordinate b): with
 * n = 2^d the full cube, on which exp(A1 X A2ᵀ / d) has its largest rank for a given B. With n < 2^d the vertices are
 * random ones. Every |entry| of A1 X and A2 is exactly B.
 */
export const hypercube: Distribution = {
	name: "hypercube",
	summary: "rows of A1 X and A2 run over {-B, B}^d (all of it in turn when n >= 2^d, random vertices otherwise)",
	queries: rows,
	keys: rows,
	weights: exactWeights,
};
