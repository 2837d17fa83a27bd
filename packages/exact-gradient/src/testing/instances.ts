import { type AttentionProblem, createProblem } from "@attgrad/attention-problem";
import { Matrix, scale, seededRandom } from "@attgrad/matrix-core";

export interface InstanceOptions {
	n: number;
	d: number;
	/** Entries of A1, A2, A3 and X are uniform in [-B, B]. @default 1 */
	B?: number;
	/** @default 1 */
	seed?: number;
	/** @default 1/d */
	scale?: number;
}

/** A dense random problem, nothing special about it. */
export function instance({ n, d, B = 1, seed = 1, scale: factor }: InstanceOptions): AttentionProblem {
	const uniform = (name: string, rows: number, bound: number) => {
		const random = seededRandom(seed, name);
		return Matrix.build(rows, d, () => random.uniform(-bound, bound));
	};
	return createProblem(
		{
			A1: uniform("A1", n, B),
			A2: uniform("A2", n, B),
			A3: uniform("A3", n, B),
			E: uniform("E", n, 1),
			X: uniform("X", d, B),
			Y: uniform("Y", d, 1),
		},
		factor,
	);
}

/**
 * A problem whose scores are whole numbers times a whole step, without rounding, and reach from −`size` to `size` or
 * little more: A1 and A2 hold whole numbers of size 2 at most, X = step · I, scale = 1. Huge scores then test the
 * exponentials, not the rounding of scores.
 */
export function exactScores({ n, d, size }: { n: number; d: number; size: number }): AttentionProblem {
	const random = seededRandom(size, "whole");
	const step = Math.ceil(size / (4 * d));
	const A1 = Matrix.build(n, d, (j) => (j === 0 ? 2 : random.integer(-2, 2)));
	const A2 = Matrix.build(n, d, (l) => [2, -2][l] ?? random.integer(-2, 2));
	const { A3, E, Y } = instance({ n, d });
	return createProblem({ A1, A2, A3, E, Y, X: scale(Matrix.identity(d), step) }, 1);
}

/** Sizes at which blocks, unrolled loops and tiles have a remainder. */
export const awkwardSizes = [1, 2, 3, 63, 65, 111, 257];

/** Widths at which they have one. */
export const awkwardWidths = [1, 3, 5, 7, 17];
