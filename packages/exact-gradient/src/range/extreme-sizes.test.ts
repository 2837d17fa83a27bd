import { type AttentionProblem, asDtype, type MatrixName, matrixNames } from "@attgrad/attention-problem";
import { ExactMatrix, exactBackward, exactOutput, truthOf } from "@attgrad/attention-problem/reference";
import { availableKernels, createRuntime, Matrix, mapEntries, maxAbs, unitRoundoff } from "@attgrad/matrix-core";
import "@attgrad/matrix-core/testing";
import { expect, test } from "vitest";
import { problemGradients } from "../backward/problem-gradients.ts";
import { exactForward } from "../forward.ts";
import { inputGradients } from "../input-gradients.ts";
import { instance } from "../testing/instances.ts";
import { extremePower, isNormal, relativeError } from "../testing/relative-errors.ts";
import { ways } from "../testing/ways.ts";
import { scaledProblem } from "./scaled-problem.ts";

const [n, d] = [9, 3];

/** Powers of 10 by which matrices are multiplied, in parts of 1e200 in double precision and of 1e30 in single. */
type Powers = Partial<Record<MatrixName | "scale", number>>;

/** Sizes at which scores stay as they are and the gradient is a number. */
const sizes: readonly Powers[] = [
	{ A1: 1, X: -1 },
	{ A1: -1, X: 1 },
	{ A2: 1, X: -1 },
	{ A2: -1, X: 1 },
	{ A1: 1, A2: -1 },
	{ A1: -1, A2: 1 },
	{ A3: -1, E: -1, A1: 1, X: -1 },
	{ A3: -0.6, E: -0.6, A2: 1, X: -1 },
	{ A3: -1, Y: 1 },
	{ A3: 1, Y: -1 },
	{ A3: 0.5, E: 0.5, A1: -1, X: 1 },
	{ E: 0.5, A3: -0.6, A1: -0.2, X: 0.2 },
	{ A1: -1, A2: -1, X: 1, scale: 1 },
	{ X: 1, scale: -1 },
	{ X: -1, scale: 1 },
	{ A1: 0.6, X: -1.3, A2: 0.7 },
];

function scaledBy(powers: Powers, unit: number): AttentionProblem {
	const problem = instance({ n, d });
	const factor = (name: keyof Powers): number => 10 ** ((powers[name] ?? 0) * unit);
	const made = matrixNames.map((name) => [name, mapEntries(problem[name], (x) => x * factor(name))]);
	return { ...problem, ...Object.fromEntries(made), scale: problem.scale * factor("scale") };
}

for (const powers of sizes)
	test.each(ways)(`gradients at 1e±200 keep their digits, ${JSON.stringify(powers)}: $name`, async (way) => {
		const problem = scaledBy(powers, extremePower[way.dtype]);
		const { gradient, gradientY } = await way.run(problem);
		const truth = truthOf(asDtype(problem, way.dtype));
		// sums of n and of d terms, scores of size about 1
		const tolerance = 16 * n * Math.max(way.roundoff, way.sumRoundoff);
		expect(relativeError(truth.gradient, gradient)).toBeLessThan(tolerance);
		if (isNormal(truth.gradientY, "f64"))
			expect(relativeError(truth.gradientY, gradientY ?? Matrix.zeros(d, d))).toBeLessThan(tolerance);
	});

/** The matrix with column 0 of zeros. */
const withoutColumn = (matrix: Matrix): Matrix =>
	Matrix.build(matrix.rows, matrix.cols, (i, b) => (b === 0 ? 0 : matrix.at(i, b)), matrix.dtype);

const withoutColumns = [
	["A1", "X", (a: number, _: number) => a === 0],
	["A2", "X", (_: number, b: number) => b === 0],
	["A3", "Y", (a: number, _: number) => a === 0],
] as const;

for (const [zeros, beside, isBeside] of withoutColumns)
	test.each(ways)(
		`a column of zeros in ${zeros} counts in no size, however large ${beside} is beside it: $name`,
		async (way) => {
			for (const power of [-0.9, 0.9]) {
				const given = instance({ n, d });
				const unit = 10 ** (power * extremePower[way.dtype]);
				const small = { A3: 10 ** (-0.5 * extremePower[way.dtype]), Y: 10 ** (0.5 * extremePower[way.dtype]) };
				const problem = {
					...given,
					A3: mapEntries(given.A3, (x) => x * small.A3),
					Y: mapEntries(given.Y, (x) => x * small.Y),
				};
				const changed = {
					...problem,
					[zeros]: withoutColumn(problem[zeros]),
					[beside]: Matrix.build(d, d, (a, b) => (isBeside(a, b) ? unit * (1 + a + b) : problem[beside].at(a, b))),
				};
				const { gradient } = await way.run(changed);
				const truth = truthOf(asDtype(changed, way.dtype));
				expect(relativeError(truth.gradient, gradient)).toBeLessThan(16 * n * Math.max(way.roundoff, way.sumRoundoff));
			}
		},
	);

test.each(ways)("the gradient in weights of zeros keeps its digits at an extreme scale: $name", async (way) => {
	for (const sign of [-1, 1]) {
		const sizes = { scale: 1.3 * sign, A1: -0.5 * sign, A3: 0.15 * sign, E: 0.15 * sign };
		const problem = { ...scaledBy(sizes, extremePower[way.dtype]), X: Matrix.zeros(d, d) };
		const truth = truthOf(asDtype(problem, way.dtype));
		const tolerance = 16 * n * Math.max(way.roundoff, way.sumRoundoff);
		expect(relativeError(truth.gradient, (await way.run(problem)).gradient)).toBeLessThan(tolerance);
	}
});

test.each(ways)("a gradient that is below the range of numbers is 0 with a remark, or refused: $name", async (way) => {
	// A3 and E at 1e-200: the gradient is 1e-400; in single precision, with A1 and A2, about 1e-370
	const unit = way.dtype === "f64" ? 200 : 40;
	const powers = way.dtype === "f64" ? { A3: -1, E: -1 } : { A3: -1, E: -1, A1: -1, A2: -1, Y: -1, scale: -4 };
	const result = await way.run(scaledBy(powers, unit)).catch((failure: unknown) => failure);
	if (result instanceof Error) return expect(result.message).toMatch(/leave the range/);
	expect(result).toMatchObject({ remark: expect.stringMatching(/^the largest entry is about 2\^-1[0-9]+, below/) });
});

const builds = await availableKernels();

test.each(builds)("outputs at 1e±200 keep their digits: %s", async (kernel) => {
	const runtime = await createRuntime({ kernel });
	for (const dtype of ["f64", "f32"] as const)
		for (const powers of sizes) {
			const problem = asDtype(scaledBy(powers, extremePower[dtype]), dtype);
			const output = Matrix.zeros(n, d, dtype);
			await exactForward.run(problem, {}, runtime, (from, rows) => output.data.set(rows.data, from * d));
			const truth = truthOf(problem).output;
			expect(relativeError(truth, output), `${dtype} ${JSON.stringify(powers)}`).toBeLessThan(
				16 * n * unitRoundoff(dtype),
			);
		}
	await runtime.close();
});

test.each(builds)("gradients in every matrix at 1e±200 are those of ordinary sizes, scaled: %s", async (kernel) => {
	const runtime = await createRuntime({ kernel });
	for (const powers of sizes) {
		// Powers of 10 of outputs and of targets: where they differ, the residuals are not those of ordinary sizes.
		const [values, targets] = [(powers.A3 ?? 0) + (powers.Y ?? 0), powers.E ?? 0];
		if (values !== targets) continue;
		const problem = scaledBy(powers, 200);
		const powerOf = (name: MatrixName) => 200 * (2 * values - (powers[name] ?? 0));
		const names = matrixNames.filter((name) => Math.abs(powerOf(name)) < 290);
		const { gradients } = await problemGradients(problem, names, runtime);
		const ordinary = await problemGradients(ordinaryOf(problem, powers), names, runtime);
		const byRows: Partial<Record<MatrixName, Matrix>> = { ...inputGradients(problem) };
		for (const name of names) {
			const expected = mapEntries(ordinary.gradients[name] ?? Matrix.zeros(0, 0), (x) => x * 10 ** powerOf(name));
			// both are exact but for roundings of 1e-15 of the largest entry, some 10 n d times
			const close = { rtol: 0, atol: 1e-12 * maxAbs(expected) };
			expect(gradients[name], `${name} ${JSON.stringify(powers)}`).toBeAllclose(expected, close);
			if (byRows[name]) expect(byRows[name]).toBeAllclose(expected, close);
		}
	}
	await runtime.close();
});

test.each(builds)(
	"gradients in columns of zeros of A1 and of A2 keep their digits, whatever X has between the two: %s",
	async (kernel) => {
		const runtime = await createRuntime({ kernel });
		const given = instance({ n, d });
		for (const [inRow, inColumn] of [
			[1e-200, 1],
			[1, 1e-200],
			[1e-200, 1e-200],
		]) {
			const ofZeros = (a: number, b: number) => (a === 0 && b === 0 ? 1e200 : a === 0 ? inRow : b === 0 ? inColumn : 1);
			const X = Matrix.build(d, d, (a, b) => given.X.at(a, b) * ofZeros(a, b));
			const problem = { ...given, X, A1: withoutColumn(given.A1), A2: withoutColumn(given.A2) };
			const [A1, A2, A3, E, weights, Y] = [problem.A1, problem.A2, problem.A3, problem.E, X, problem.Y].map((matrix) =>
				ExactMatrix.of(matrix),
			);
			const operands = { Q: A1.times(weights), K: A2, V: A3.times(Y), scale: problem.scale };
			const forward = exactOutput(operands);
			const { dQ, dK } = exactBackward(operands, forward, forward.output.minus(E));
			const truth = { A1: dQ.times(weights.transposed()).toMatrix(), A2: dK.toMatrix() };
			const byRows = inputGradients(problem);
			const { gradients } = await problemGradients(problem, ["A1", "A2"], runtime);
			const first = (matrix: Matrix | undefined) => Matrix.build(n, 1, (j) => matrix?.at(j, 0) ?? Number.NaN);
			for (const name of ["A1", "A2"] as const)
				for (const made of [gradients[name], byRows[name]]) {
					const expected = first(truth[name]);
					// sums of n and of d terms
					const close = { rtol: 0, atol: 32 * n * unitRoundoff("f64") * maxAbs(expected) };
					expect(first(made), `${name} at ${[inRow, inColumn]}`).toBeAllclose(expected, close);
				}
		}
		await runtime.close();
	},
);

/** The problem before its matrices were multiplied. */
function ordinaryOf(problem: AttentionProblem, powers: Powers): AttentionProblem {
	const made = matrixNames.map((name) => [
		name,
		mapEntries(problem[name], (x) => x / 10 ** (200 * (powers[name] ?? 0))),
	]);
	return { ...problem, ...Object.fromEntries(made), scale: problem.scale / 10 ** (200 * (powers.scale ?? 0)) };
}

test("ordinary sizes are left as they are, masks and zeros too", () => {
	const problem = instance({ n, d });
	expect(scaledProblem(problem)).toBeUndefined();
	const masked = {
		...problem,
		A2: Matrix.build(n, d, (l, b) => (b === 0 && l % 3 === 0 ? -1e300 : problem.A2.at(l, b))),
	};
	const few = { ...problem, A2: Matrix.build(n, d, (l, b) => (b === 0 && l === 0 ? -1e300 : problem.A2.at(l, b))) };
	expect(scaledProblem(few)?.exponents.A2.every((k) => k === 0)).toBe(true);
	expect(scaledProblem(masked)?.problem.A2.at(1, 1)).toBe(problem.A2.at(1, 1));
	expect(scaledProblem({ ...problem, A1: Matrix.zeros(n, d) })).toBeUndefined();
});
