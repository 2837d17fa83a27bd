import {
	type AttentionProblem,
	asDtype,
	distributions,
	generateProblem,
	matrixNames,
} from "@attgrad/attention-problem";
import { Matrix, type Random, UsageError } from "@attgrad/matrix-core";
import { adversaries } from "./adversaries.ts";

/** A problem to attack with. */
export interface AttackedProblem {
	/** The numbers as they were given: what the truth is about. */
	readonly given: AttentionProblem;
	/** The input of the algorithm: the same problem, or that problem rounded to single precision. */
	readonly problem: AttentionProblem;
	readonly name: string;
}

export const pick = <T>(random: Random, choices: readonly T[]): T => choices[random.integer(0, choices.length - 1)];

/** Mostly small: a truth takes n² steps, and what breaks a bound breaks it at n = 2. */
const ROWS = [1, 1, 2, 2, 2, 2, 3, 3, 3, 4, 4, 5, 6, 8];
const MORE_ROWS = [17, 33, 64, 111];

/** A problem from a distribution or an adversary, perhaps at the ends of the range, in double, single, or rounded to single. */
export function randomProblem(seed: number, random: Random): AttackedProblem {
	const sizes = {
		n: pick(random, random.integer(0, 499) === 0 ? MORE_ROWS : ROWS),
		d: pick(random, [1, 1, 2, 2, 2, 3]),
		B: 0.05 * 60 ** random.uniform(),
	};
	const type = pick(random, ["f64", "f64", "f32", "rounded"] as const);
	const source = pick(random, [...distributions, ...Object.keys(adversaries)]);
	const made = adversaries[source]?.(sizes, random) ?? generateProblem({ ...sizes, distribution: source, seed });
	const scaling = random.integer(0, 2) === 0 ? pick(random, scalings) : asIs;
	const range = type === "f64" ? 300 : pick(random, [5, 15, 30, 36]);
	const given = scaling(made, random, range);
	const name = `${source} ${scaling.name} n ${sizes.n} d ${sizes.d} B ${sizes.B.toPrecision(3)} ${type}`;
	if (type === "f64") return { given, problem: given, name };
	try {
		const rounded = asDtype(given, "f32");
		if (type === "rounded") return { given, problem: rounded, name };
		// Numbers that are of single precision from the start.
		const problem = { ...rounded, roundedFrom: undefined };
		return { given: asDtype(problem, "f64"), problem, name };
	} catch (failure) {
		if (!(failure instanceof UsageError)) throw failure;
		return { given, problem: given, name: `${name}, beyond its range` };
	}
}

/** Changes the sizes of a problem's matrices; results stay finite wherever they can be. */
type Scaling = (problem: AttentionProblem, random: Random, range: number) => AttentionProblem;

const by = (matrix: Matrix, factor: number): Matrix =>
	Matrix.build(matrix.rows, matrix.cols, (i, j) => {
		const x = matrix.at(i, j) * factor;
		return Number.isFinite(x) ? x : Math.sign(x) * 1e300;
	});

const asIs: Scaling = (problem) => problem;

/** Queries large and X small, or the other way: scores stay as they are. */
const balancedQueries: Scaling = (problem, random, range) => {
	const size = 10 ** random.uniform(-range, range);
	return { ...problem, A1: by(problem.A1, size), X: by(problem.X, 1 / size) };
};

/** Keys large and X small, or the other way. */
const balancedKeys: Scaling = (problem, random, range) => {
	const size = 10 ** random.uniform(-range, range);
	return { ...problem, A2: by(problem.A2, size), X: by(problem.X, 1 / size) };
};

/** Values and targets of another size, made by A3 or by Y, or by both in part. */
const scaledValues: Scaling = (problem, random, range) => {
	const [first, second] = [10 ** random.uniform(-range, range), 10 ** random.uniform(-range, range)];
	const target = random.integer(0, 1) === 0 ? first * second : 10 ** random.uniform(-range / 2, range / 2);
	return {
		...problem,
		A3: by(problem.A3, first),
		Y: by(problem.Y, second),
		E: by(problem.E, Number.isFinite(target) ? target : 1),
	};
};

/** Any matrix at any size. */
const anySizes: Scaling = (problem, random, range) => {
	const scaled = matrixNames.map((name) => [name, by(problem[name], 10 ** random.uniform(-range, range))]);
	return { ...problem, ...Object.fromEntries(scaled) };
};

/** All entries of one matrix are near the least numbers there are. */
const subnormal: Scaling = (problem, random, range) => {
	const name = pick(random, matrixNames);
	return { ...problem, [name]: by(problem[name], range < 300 ? 2 ** -148 : 2 ** -1070) };
};

/** Two at once. */
const both: Scaling = (problem, random, range) =>
	pick(random, [scaledValues, subnormal])(
		pick(random, [balancedQueries, balancedKeys])(problem, random, range),
		random,
		range,
	);

const scalings: readonly Scaling[] = [balancedQueries, balancedKeys, scaledValues, anySizes, subnormal, both];
