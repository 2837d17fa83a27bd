import { type AttentionProblem, createProblem, generateProblem } from "@attgrad/attention-problem";
import { Matrix, type RowSource } from "@attgrad/matrix-core";
import fc from "fast-check";

/** Problems of small scores that every algorithm should take, in double precision. */
export const easyProblems = (): AttentionProblem[] =>
	[
		{ n: 63, d: 2 },
		{ n: 16, d: 1 },
		{ n: 111, d: 3 },
	].map((shape) => generateProblem({ distribution: "uniform", ...shape, B: 0.3, seed: 7 }));

/** A problem that shows its shapes only: reading a row fails. */
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

/** Small problems that centring, scaling by extremes and sums of mixed sizes get wrong, with names. */
export function unevenProblems(): [name: string, problem: AttentionProblem][] {
	const plain = generateProblem({ distribution: "uniform", n: 14, d: 2, B: 0.5, seed: 11 });
	const matrix = (entry: (j: number, b: number) => number): Matrix => Matrix.build(14, 2, entry);
	const identity = Matrix.identity(2);
	const masked = (far: number): AttentionProblem => ({
		...plain,
		A1: matrix((j, b) => (b === 1 ? 1 : plain.A1.at(j, b))),
		A2: matrix((l, b) => (b === 0 ? plain.A2.at(l, b) : l % 2 === 0 ? 0 : -far)),
		X: identity,
	});
	const unseen = { ...plain, X: Matrix.build(2, 2, (i, j) => (i === 0 && j === 0 ? 1 : 0)) };
	return [
		["an even one", plain],
		...[1e4, 1e9, 1e15, 1e30].map((far): [string, AttentionProblem] => [`keys masked by -${far}`, masked(far)]),
		[
			"an outlying key that no query sees",
			{ ...unseen, A2: matrix((l, b) => (l === 0 && b === 1 ? 1e12 : plain.A2.at(l, b))) },
		],
		[
			"a column of keys of another magnitude",
			{
				...plain,
				A2: matrix((l, b) => plain.A2.at(l, b) * (b === 1 ? 1e8 : 1)),
				X: Matrix.build(2, 2, (i, j) => (i !== j ? 0 : i === 1 ? 1e-8 : 1)),
			},
		],
		[
			"queries and values of all magnitudes",
			{
				...plain,
				A1: matrix((j, b) => plain.A1.at(j, b) * 10 ** ((7 * j + b) % 5)),
				A3: matrix((j, b) => plain.A3.at(j, b) * 10 ** ((3 * j + b) % 7)),
				X: Matrix.build(2, 2, (i, j) => (i === j ? 1e-5 : 0)),
			},
		],
	];
}
