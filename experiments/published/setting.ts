import { type AttentionProblem, createProblem } from "@attgrad/attention-problem";
import { Matrix, seededRandom } from "@attgrad/matrix-core";

/** Tokens at a width: d = log2(n / 10). */
export const tokensAt = (d: number): number => 10 * 2 ** d;

/**
 * The published setting: queries, keys and values with independent standard normal entries, scores over d, and d = log2(n/10).
 * The target, which the forward pass has no use for, is normal too.
 */
export function publishedProblem({ n, d, seed }: { n: number; d: number; seed: number }): AttentionProblem {
	const normal = (name: string) => {
		const random = seededRandom(seed, "published", name);
		return Matrix.build(n, d, () => random.normal());
	};
	const same = Matrix.identity(d);
	return createProblem({ A1: normal("Q"), A2: normal("K"), A3: normal("V"), E: normal("E"), X: same, Y: same });
}
