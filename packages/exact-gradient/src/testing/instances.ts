import { type AttentionProblem, createProblem } from "@attgrad/attention-problem";
import { Matrix, seededRandom } from "@attgrad/matrix-core";

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
export function instance({ n, d, B = 1, seed = 1, scale }: InstanceOptions): AttentionProblem {
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
		scale,
	);
}

/**
 * A problem whose scores are small whole numbers times `step`, without rounding: A1 and A2 hold small whole numbers,
 * X = step · I, scale = 1. Huge scores then test the exponentials, not the rounding of scores.
 */
export function exactScores({
	n,
	d,
	step,
	seed = 1,
}: {
	n: number;
	d: number;
	step: number;
	seed?: number;
}): AttentionProblem {
	const random = seededRandom(seed, "whole");
	const whole = () => Matrix.build(n, d, () => random.integer(-2, 2));
	const { A3, E, Y } = instance({ n, d, seed });
	return createProblem(
		{ A1: whole(), A2: whole(), A3, E, Y, X: Matrix.build(d, d, (i, j) => (i === j ? step : 0)) },
		1,
	);
}

/** Sizes at which blocks, unrolled loops and tiles have a remainder. */
export const awkwardSizes = [1, 2, 3, 63, 65, 111, 257];

/** Widths at which they have one. */
export const awkwardWidths = [1, 3, 5, 7, 17];
