import { type AttentionProblem, createProblem } from "@attgrad/attention-problem";
import { Matrix, type Random } from "@attgrad/matrix-core";

/** The sizes that an adversary gets: n tokens, width d, and B, about the square root of the largest score. */
export interface Sizes {
	readonly n: number;
	readonly d: number;
	readonly B: number;
}

type Adversary = (sizes: Sizes, random: Random) => AttentionProblem;

const sign = (random: Random): number => (random.integer(0, 1) === 0 ? -1 : 1);
const filled = (rows: number, cols: number, entry: (i: number, j: number) => number): Matrix =>
	Matrix.build(rows, cols, entry);

/** Every query is ±q and every key ±k along one line: all scores are at the ends of [-R, R]. */
const extremeScores: Adversary = ({ n, d, B }, random) => {
	const direction = Array.from({ length: d }, () => B * sign(random));
	const queries = Array.from({ length: n }, () => sign(random));
	const keys = Array.from({ length: n }, () => sign(random));
	return createProblem({
		A1: filled(n, d, (j, b) => queries[j] * direction[b]),
		A2: filled(n, d, (l, b) => keys[l] * direction[b]),
		A3: filled(n, d, () => random.uniform(-1, 1)),
		E: filled(n, d, () => random.uniform(-1, 1)),
		X: Matrix.identity(d),
		Y: Matrix.identity(d),
	});
};

/**
 * Errors of one sign: values follow the keys' side, all of A1 is positive where it matters, and the targets are far on
 * one side, so that every row's error adds up.
 */
const alignedSigns: Adversary = ({ n, d, B }, random) => {
	const side = Array.from({ length: n }, (_, l) => (l % 2 === 0 ? 1 : -1));
	return createProblem({
		A1: filled(n, d, () => B * random.uniform(0.9, 1)),
		A2: filled(n, d, (l) => B * side[l]),
		A3: filled(n, d, (l) => side[l]),
		E: filled(n, d, () => -10),
		X: Matrix.identity(d),
		Y: Matrix.identity(d),
	});
};

/** One key far from all others that has most of the weight, and queries that all look at it. */
const oneHeavyKey: Adversary = ({ n, d, B }, random) =>
	createProblem({
		A1: filled(n, d, () => B * random.uniform(0.5, 1)),
		A2: filled(n, d, (l) => (l === 0 ? B : -B * random.uniform(0.9, 1))),
		A3: filled(n, d, (l) => (l === 0 ? 1 : -1)),
		E: filled(n, d, () => random.uniform(-2, 2)),
		X: Matrix.identity(d),
		Y: filled(d, d, () => random.uniform(-1, 1)),
	});

/** Large offsets in keys, queries, values and targets: nothing is small until it is centred. */
const offsets: Adversary = ({ n, d, B }, random) => {
	const [far, high] = [10 ** random.uniform(0, 3), 10 ** random.uniform(0, 6)];
	return createProblem({
		A1: filled(n, d, () => random.uniform(-1, 1) * B + random.integer(0, 1)),
		A2: filled(n, d, () => far + B * random.uniform(-1, 1)),
		A3: filled(n, d, () => high + random.uniform(-1, 1)),
		E: filled(n, d, () => high + random.uniform(-1, 1)),
		X: Matrix.identity(d),
		Y: Matrix.identity(d),
	});
};

/** A1 has entries that X annihilates: they scale the gradient and cancel in the queries. */
const annihilated: Adversary = ({ n, d, B }, random) => {
	const huge = 10 ** random.uniform(2, 8);
	const kept = filled(n, d, () => random.uniform(-1, 1));
	return createProblem({
		A1: filled(n, d, (j, b) => (b === 0 ? huge : 0) + kept.at(j, b)),
		A2: filled(n, d, () => B * random.uniform(-1, 1)),
		A3: filled(n, d, () => random.uniform(-1, 1)),
		E: filled(n, d, () => random.uniform(-1, 1)),
		X: filled(d, d, (i, j) => (i === 0 ? random.uniform(-1, 1) / huge : i === j ? B : 0)),
		Y: Matrix.identity(d),
	});
};

/** Queries and keys of very different sizes, and widths that fall off quickly: badly scaled coordinates. */
const badlyScaled: Adversary = ({ n, d, B }, random) => {
	const size = 10 ** random.uniform(-6, 6);
	return createProblem({
		A1: filled(n, d, (_, b) => B * 2 ** -b * random.uniform(-1, 1)),
		A2: filled(n, d, (_, b) => (B / size) * 3 ** -b * random.uniform(-1, 1)),
		A3: filled(n, d, () => random.normal()),
		E: filled(n, d, () => random.normal()),
		X: filled(d, d, (i, j) => (i === j ? size : 0)),
		Y: filled(d, d, () => random.normal()),
	});
};

/** Rows that are zero, equal or unit vectors. */
const degenerate: Adversary = ({ n, d, B }, random) => {
	const row = (): number[] => {
		const at = random.integer(-1, d - 1);
		return Array.from({ length: d }, (_, b) => (b === at ? B * sign(random) : 0));
	};
	const rows = (): Matrix => Matrix.fromRows(Array.from({ length: n }, row));
	return createProblem({ A1: rows(), A2: rows(), A3: rows(), E: rows(), X: Matrix.identity(d), Y: Matrix.identity(d) });
};

/** Scores with factors far above 1/d, entries with heavy tails. */
const heavyTails: Adversary = ({ n, d, B }, random) => {
	const entry = (): number => (B * random.normal()) / Math.sqrt(random.uniform(0.05, 1));
	return createProblem(
		{
			A1: filled(n, d, entry),
			A2: filled(n, d, entry),
			A3: filled(n, d, entry),
			E: filled(n, d, entry),
			X: filled(d, d, (i, j) => (i === j ? 1 : 0.1 * random.normal())),
			Y: filled(d, d, () => random.normal()),
		},
		random.uniform(0.1, 1) / d,
	);
};

/** All keys are equal, or differ in their last digits only: the gradient is 0, or all of it is rounding. */
const equalKeys: Adversary = ({ n, d, B }, random) => {
	const key = Array.from({ length: d }, () => 10 ** random.uniform(-3, 8) * sign(random));
	const step = random.integer(0, 1) * 2 ** -52;
	return createProblem({
		A1: filled(n, d, () => B * random.uniform(-1, 1)),
		A2: filled(n, d, (_, b) => key[b] * (1 + step * random.integer(0, 3))),
		A3: filled(n, d, () => random.uniform(-1, 1)),
		E: filled(n, d, () => random.uniform(-1, 1)),
		X: filled(d, d, (i, j) => (i === j ? 1 / Math.abs(key[j]) : 0)),
		Y: Matrix.identity(d),
	});
};

/** Half of the keys are masked by a coordinate that is far away and that every query has. */
const maskedKeys: Adversary = ({ n, d, B }, random) => {
	const far = 10 ** random.uniform(1, 20);
	return createProblem({
		A1: filled(n, d, (_, b) => (b === d - 1 ? 1 : B * random.uniform(-1, 1))),
		A2: filled(n, d, (l, b) => (b === d - 1 ? (l % 2 === 1 ? -far : 0) : B * random.uniform(-1, 1))),
		A3: filled(n, d, () => random.uniform(-1, 1)),
		E: filled(n, d, () => random.uniform(-1, 1)),
		X: Matrix.identity(d),
		Y: Matrix.identity(d),
	});
};

/** Keys far from 0 that no query sees: X is 0, or small in the large coordinates. */
const unseenOffsets: Adversary = ({ n, d, B }, random) => {
	const far = 10 ** random.uniform(2, 10);
	const seen = random.integer(0, 1) * (random.integer(0, 1) === 0 ? 1 : 1 / far);
	return createProblem({
		A1: filled(n, d, () => random.uniform(-1, 1)),
		A2: filled(n, d, () => far + B * random.uniform(-1, 1)),
		A3: filled(n, d, () => random.uniform(-1, 1)),
		E: filled(n, d, () => random.uniform(-1, 1)),
		X: filled(d, d, (i, j) => (i === j ? seen : 0)),
		Y: Matrix.identity(d),
	});
};

/** One column of every matrix is far larger than the others. */
const oneColumn: Adversary = ({ n, d, B }, random) => {
	const large = 10 ** random.uniform(1, 12);
	const column = random.integer(0, d - 1);
	const rows = (size: number): Matrix =>
		filled(n, d, (_, b) => size * (b === column ? large : 1) * random.uniform(-1, 1));
	return createProblem({
		A1: rows(B),
		A2: rows(B),
		A3: rows(1),
		E: rows(1),
		X: filled(d, d, (i, j) => (i !== j ? 0 : i === column ? 1 / large ** 2 : 1)),
		Y: Matrix.identity(d),
	});
};

/** Entries of all magnitudes side by side. */
const mixedMagnitudes: Adversary = ({ n, d, B }, random) => {
	const spread = random.uniform(0, 12);
	const entry = (): number => B * random.uniform(-1, 1) * 10 ** random.uniform(-spread, spread);
	return createProblem({
		A1: filled(n, d, entry),
		A2: filled(n, d, entry),
		A3: filled(n, d, entry),
		E: filled(n, d, entry),
		X: filled(d, d, () => random.uniform(-1, 1) * 10 ** (-2 * spread)),
		Y: filled(d, d, () => random.uniform(-1, 1)),
	});
};

/** Masked keys whose values are far too: what stands behind a mask may be anything. */
const farValues: Adversary = (sizes, random) => {
	const problem = maskedKeys(sizes, random);
	const far = 10 ** random.uniform(1, 20);
	return { ...problem, A3: filled(sizes.n, sizes.d, (l, i) => problem.A3.at(l, i) * (l % 2 === 1 ? far : 1)) };
};

/** One row or one entry of a matrix is far larger than all others: of queries, values, targets, or a weight. */
const oneOutlier: Adversary = ({ n, d, B }, random) => {
	const far = 10 ** random.uniform(1, 15);
	const outlier = random.integer(0, 5);
	const at = (rows: number) => [random.integer(0, rows - 1), random.integer(-1, d - 1)] as const;
	const made = (index: number, rows: number, entry: (i: number, j: number) => number): Matrix => {
		const [row, column] = at(rows);
		return filled(rows, d, (i, j) =>
			index === outlier && i === row && (column < 0 || j === column) ? far * entry(i, j) : entry(i, j),
		);
	};
	const uniform = (size: number) => () => size * random.uniform(-1, 1);
	return createProblem({
		A1: made(0, n, uniform(B)),
		A2: made(1, n, uniform(B)),
		A3: made(2, n, uniform(1)),
		E: made(3, n, uniform(1)),
		X: made(4, d, (i, j) => (i === j ? 1 : 0.1 * random.uniform(-1, 1))),
		Y: made(5, d, (i, j) => (i === j ? 1 : 0.1 * random.uniform(-1, 1))),
	});
};

/** Ways to make an error bound fail, by name. */
export const adversaries: Readonly<Record<string, Adversary>> = {
	extremeScores,
	alignedSigns,
	oneHeavyKey,
	offsets,
	annihilated,
	badlyScaled,
	degenerate,
	heavyTails,
	equalKeys,
	maskedKeys,
	farValues,
	oneOutlier,
	unseenOffsets,
	oneColumn,
	mixedMagnitudes,
};
