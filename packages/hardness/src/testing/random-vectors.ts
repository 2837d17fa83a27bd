import { seededRandom } from "@attgrad/matrix-core";
import { BitMatrix } from "../reductions/instances/bit-matrix.ts";
import type { OrthogonalVectors } from "../reductions/instances/orthogonal-vectors.ts";

/** Vectors whose entries are 1 with the given probability. */
export function randomVectors(options: {
	queries: number;
	keys: number;
	length: number;
	ones: number;
	seed: number;
}): OrthogonalVectors {
	const { queries, keys, length, ones, seed } = options;
	const random = seededRandom(seed, "random vectors");
	const bits = (rows: number) => BitMatrix.build(rows, length, () => random.uniform() < ones);
	return { a: bits(queries), b: bits(keys) };
}
