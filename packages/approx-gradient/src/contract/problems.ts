import { type AttentionProblem, createProblem, generateProblem } from "@attgrad/attention-problem";
import { Matrix, maxAbs, type RowSource, unitRoundoff } from "@attgrad/matrix-core";
import fc from "fast-check";

/** Problems of small scores that every algorithm should take, in double precision. */
export const easyProblems = (): AttentionProblem[] =>
	[
		{ n: 63, d: 2 },
		{ n: 16, d: 1 },
		{ n: 111, d: 3 },
	].map((shape) => generateProblem({ distribution: "uniform", ...shape, B: 0.3, seed: 7 }));

/** A problem of which only the shapes can be known: reading a row fails. */
export function unreadable(n: number, d: number): AttentionProblem<RowSource> {
	const rows: RowSource = {
		rows: n,
		cols: d,
		dtype: "f64",
		readRows: () => {
			throw new Error("supports is to read no rows");
		},
	};
	const same = Matrix.identity(d);
	return { n, d, A1: rows, A2: rows, A3: rows, E: rows, X: same, Y: same, scale: 1 / d };
}

/** Problems whose errors add up instead of cancelling: all mass on extreme scores, targets and signs that follow them. */
export function adversarialProblem(): fc.Arbitrary<AttentionProblem> {
	return fc
		.record({
			n: fc.constantFrom(1, 2, 3, 16, 63, 65),
			d: fc.integer({ min: 1, max: 4 }),
			B: fc.constantFrom(0.1, 0.7, 1.5, 2.5),
			keySigns: fc.infiniteStream(fc.constantFrom(-1, 1)),
			size: fc.constantFrom(1e-3, 1, 1e3),
		})
		.map(({ n, d, B, keySigns, size }) => {
			const sign = () => keySigns.next().value as number;
			const side = Float64Array.from({ length: n }, sign);
			// keys at ±B along the diagonal, queries all at one end: scores ±B², values and inputs with the keys' signs
			const along = (j: number) => (j % 3 === 0 ? 1 : -1);
			return createProblem({
				A1: Matrix.build(n, d, (j) => size * along(j)),
				A2: Matrix.build(n, d, (l) => B * side[l]),
				A3: Matrix.build(n, d, (l, i) => side[l] * (i + 1)),
				E: Matrix.build(n, d, (j) => -2 * along(j)),
				X: Matrix.build(d, d, (a, b) => (a === b ? B / size : 0)),
				Y: Matrix.identity(d),
			});
		});
}

/** Most that a gradient of the plain double computation is off by, relative to A1, values and keys: n · d roundings. */
export const referenceRounding = ({ n, d, A1, A2, A3, Y, E, scale }: AttentionProblem): number => {
	const H = d * maxAbs(A3) * maxAbs(Y);
	return unitRoundoff("f64") * scale * n * d * d * maxAbs(A1) * maxAbs(A2) * H * (H + maxAbs(E));
};

/** `referenceRounding` where the scores are rounded too: their size in roundings comes on top. */
export const scoreRounding = (problem: AttentionProblem): number => {
	const { d, n, A1, A2, X, scale } = problem;
	const scores = scale * d * d * maxAbs(A1) * maxAbs(X) * maxAbs(A2);
	return referenceRounding(problem) * (1 + (d * scores) / n) * 8;
};
