import {
	type AttentionProblem,
	type BackwardProblem,
	createProblem,
	generateProblem,
} from "@attgrad/attention-problem";
import { arbitraryBackwardProblem } from "@attgrad/attention-problem/testing";
import { Matrix, multiply, qr, seededRandom } from "@attgrad/matrix-core";

/**
 * Queries and keys whose spread falls off by `decay` from one direction to the next, in coordinates turned at random;
 * X = Y = I.
 */
export function decayingProblem({
	n,
	d,
	B,
	decay,
	seed,
}: {
	n: number;
	d: number;
	B: number;
	decay: number;
	seed: number;
}) {
	const random = seededRandom(seed, "decaying");
	const turn = qr(Matrix.build(d, d, () => random.normal())).Q;
	const decaying = (): Matrix =>
		multiply(
			Matrix.build(n, d, (_, i) => B * decay ** i * random.uniform(-1, 1)),
			turn,
		);
	const uniform = (): Matrix => Matrix.build(n, d, () => random.uniform(-1, 1));
	const same = Matrix.identity(d);
	return createProblem({ A1: decaying(), A2: decaying(), A3: uniform(), E: uniform(), X: same, Y: same });
}

/** The problem with every key moved by `keys`, and every row of A1 X by `queries` where X = I. */
export function moved(problem: AttentionProblem, keys: number, queries = 0): AttentionProblem {
	const by = (matrix: Matrix, offset: number): Matrix =>
		Matrix.build(matrix.rows, matrix.cols, (i, j) => matrix.at(i, j) + offset);
	return { ...problem, A2: by(problem.A2, keys), A1: by(problem.A1, queries) };
}

/** Arbitrary problems of the backward pass of one head without a mask, entries of a spread. */
export const arbitraryHead = (spread: number) =>
	arbitraryBackwardProblem({ among: ["none"], maxN: 40, maxD: 4, maxHeads: 1, spread });

/** M with every entry changed. */
export const changed = (M: Matrix, change: (x: number, row: number, column: number) => number): Matrix =>
	Matrix.build(M.rows, M.cols, (i, j) => change(M.at(i, j), i, j), M.dtype);

/** Operands of a head that take the place of others, by name. */
export type Adversary = [name: string, change: Partial<Pick<BackwardProblem, "Q" | "K" | "V" | "dO">>];

/** Changes of a random head under which bounds have to hold. */
export const adversaries = ({ Q, K, V, dO }: BackwardProblem): Adversary[] => [
	["one key a hundred times longer", { K: changed(K, (x, l) => (l === 2 ? 100 * x : x)) }],
	[
		"one coordinate a thousand times larger",
		{
			Q: changed(Q, (x, _, b) => (b === 1 ? 1000 * x : x)),
			K: changed(K, (x, _, b) => (b === 1 ? 3 + x / 1000 : x)),
		},
	],
	["rows that look at one key", { Q: changed(Q, (x) => 40 * x), K: changed(K, (x) => 4 * x) }],
	["values far from zero", { V: changed(V, (x) => 1e6 + x) }],
	["equal keys", { K: changed(K, (_x, _l, b) => b - 0.5) }],
	["equal queries", { Q: changed(Q, (_x, _l, b) => b - 0.5) }],
	["one large upstream gradient", { dO: changed(dO, (x, j) => (j === 3 ? 1e5 * x : x)) }],
];

/** Uniform tokens whose spread falls by a factor from one coordinate to the next, with X = I. */
export function narrowingProblem(n: number, d: number, B: number, factor: number, seed = 1): AttentionProblem {
	const uniform = generateProblem({ distribution: "uniform", n, d, B, seed });
	const narrowed = (rows: Matrix) => Matrix.build(n, d, (j, b) => rows.at(j, b) * factor ** b);
	const [A1, A2] = [narrowed(uniform.A1), narrowed(uniform.A2)];
	return createProblem({ ...uniform, A1, A2, X: Matrix.identity(d) }, uniform.scale);
}
