import { type BackwardProblem, createBackwardProblem, everyKey, type Visibility } from "@attgrad/attention-problem";
import { Matrix, multiply, type Random } from "@attgrad/matrix-core";
import { type AttackedProblem, pick } from "./problems.ts";

/** Operands to attack the backward pass with. */
export interface AttackedOperands {
	/** The numbers as they were given. */
	readonly given: BackwardProblem;
	/** The input of the algorithm. */
	readonly problem: BackwardProblem;
}

/** Operands of the operator made of a problem's matrices, Q = A1 X, K = A2, V = A3, dO = E, with a mask and one of its adversaries. */
export function operatorProblem(
	{ given: { A1, A2, A3, E, X, scale }, problem }: AttackedProblem,
	random: Random,
	masks: boolean,
): AttackedOperands {
	const { dtype } = problem.A1;
	const visibility = masks ? randomVisibility(A1.rows, random) : everyKey;
	// Queries and keys may differ in number where nothing is packed.
	const n_k = visibility.lengths ? A2.rows : random.integer(1, A2.rows);
	const disturb = pick(random, disturbances);
	const operands = disturb(
		{
			Q: finite(multiply(A1.as("f64"), X.as("f64"))),
			K: A2.as("f64").slice(0, n_k),
			V: A3.as("f64").slice(0, n_k),
			dO: E.as("f64"),
		},
		random,
	);
	const make = (stored: (matrix: Matrix) => Matrix): BackwardProblem => {
		const { Q, K, V, dO } = operands;
		return createBackwardProblem({ Q: stored(Q), K: stored(K), V: stored(V), dO: stored(dO) }, { scale, visibility });
	};
	const narrow = (matrix: Matrix): Matrix => inRange(matrix).as("f32");
	if (dtype === "f64") return both(make((matrix) => matrix));
	return { given: make((matrix) => narrow(matrix).as("f64")), problem: make(narrow) };
}

const both = (problem: BackwardProblem): AttackedOperands => ({ given: problem, problem });

const clamped =
	(most: number) =>
	(matrix: Matrix): Matrix =>
		Matrix.build(matrix.rows, matrix.cols, (i, j) => Math.max(-most, Math.min(most, matrix.at(i, j) || 0)));
const finite = clamped(1e300);
const inRange = clamped(1e38);

function randomVisibility(n: number, random: Random): Visibility {
	const mask = pick(random, ["none", "causal", "causal"] as const);
	const window = mask === "causal" && random.integer(0, 2) === 0 ? random.integer(1, n) : undefined;
	const cut = random.integer(0, 3) === 0 && n > 1 ? random.integer(1, n - 1) : undefined;
	return { mask, ...(window !== undefined && { window }), ...(cut !== undefined && { lengths: [cut, n - cut] }) };
}

type Operands = Readonly<Record<"Q" | "K" | "V" | "dO", Matrix>>;

const changed = (M: Matrix, change: (x: number, row: number, column: number) => number): Matrix =>
	finite(Matrix.build(M.rows, M.cols, (i, j) => change(M.at(i, j), i, j)));

/** Changes of the operands that masks make hard; some change nothing. */
const disturbances: readonly ((operands: Operands, random: Random) => Operands)[] = [
	(operands) => operands,
	(operands) => operands,
	/** One key early that outweighs all others. */
	function heavyEarly(operands, random) {
		const heavy = 10 ** random.uniform(0, 3);
		return { ...operands, K: changed(operands.K, (x, l) => (l === 0 ? heavy * x : x)) };
	},
	/** Early rows whose normaliser is far below that of later ones. */
	function tinyPrefix(operands, random) {
		const fall = 10 ** random.uniform(0, 3);
		const early = random.integer(1, operands.K.rows);
		return {
			...operands,
			Q: changed(operands.Q, (_, __, b) => (b === 0 ? 1 : 0.1)),
			K: changed(operands.K, (x, l) => (l < early ? x - fall : x)),
		};
	},
	/** A key that only the last queries see, far away. */
	function farLate(operands, random) {
		const far = 10 ** random.uniform(1, 30);
		return { ...operands, K: changed(operands.K, (x, l) => (l === operands.K.rows - 1 ? far * x : x)) };
	},
];
