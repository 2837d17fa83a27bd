import {
	type AnyGradientAlgorithm,
	type AttentionProblem,
	asDtype,
	createProblem,
	generateProblem,
	type MatrixName,
	provedRelative,
} from "@attgrad/attention-problem";
import { truthOf } from "@attgrad/attention-problem/reference";
import { streaming } from "@attgrad/exact-gradient";
import { availableKernels, createRuntime, Matrix, mapEntries, maxAbs, seededRandom } from "@attgrad/matrix-core";
import { describe, expect, test } from "vitest";
import { clusters, linearAttention, nystrom, supportBasis } from "../feature-maps/index.ts";
import { polynomial } from "../polynomial/polynomial.ts";
import { exactRounding } from "./candidates/exact-candidate.ts";

const runtime = await createRuntime();
const algorithms: readonly AnyGradientAlgorithm[] = [polynomial, nystrom, clusters, supportBasis, linearAttention];
const column = (...entries: number[]): Matrix => new Matrix(entries.length, 1, Float64Array.from(entries));
const random = seededRandom(1);
const uniform = (n: number, d: number, centre = 0): Matrix => Matrix.build(n, d, () => centre + random.uniform(-1, 1));
const one = Matrix.identity(1);

const problems: Record<string, AttentionProblem> = {
	"no light key": createProblem(
		{ A1: column(1, 1), A2: column(1e8, 1e8 + 1), A3: column(0.3, 0.7), E: column(1, 2), X: column(1e-9), Y: one },
		1,
	),
	"offset keys that no query sees": createProblem(
		{
			A1: uniform(3, 4),
			A2: uniform(3, 4, 1e6),
			A3: uniform(3, 4),
			E: uniform(3, 4),
			X: Matrix.zeros(4, 4),
			Y: Matrix.identity(4),
		},
		0.25,
	),
	"products below the normal range": createProblem(
		{
			A1: column(1e200, 2e200),
			A2: column(0.5, -0.5),
			A3: column(1e-170, 3e-170),
			E: column(1e150, 2e150),
			X: column(1e-200),
			Y: column(1e-170),
		},
		1,
	),
	"keys whose cubes overflow": createProblem(
		{ A1: column(1, 0.5), A2: column(1e110, -1e110), A3: column(0.3, 0.7), E: column(1, 2), X: column(1e-110), Y: one },
		1,
	),
	"equal keys": createProblem(
		{
			A1: uniform(5, 2),
			A2: Matrix.build(5, 2, (_, b) => 1e9 / (b + 3)),
			A3: uniform(5, 2),
			E: uniform(5, 2),
			X: Matrix.identity(2),
			Y: Matrix.identity(2),
		},
		1e-9,
	),
};

describe.each(Object.entries(problems))("%s", (_, problem) => {
	test.each(algorithms)("$name proves no less than its error, or nothing", async (algorithm) => {
		const { gradient, certificate } = await algorithm.run(
			problem,
			algorithm.options.parse({ ...(algorithm === polynomial && { degree: 4 }) }),
			runtime,
		);
		const error = truthOf(problem).gradient.distanceTo(gradient);
		expect(error).toBeLessThanOrEqual(certificate?.bound ?? Number.POSITIVE_INFINITY);
		expect(certificate?.kind === "none").toBe(certificate?.bound === Number.POSITIVE_INFINITY);
	});
});

test.each(algorithms)(
	"$name in single precision proves its error against the numbers that were given",
	async (algorithm) => {
		const given = createProblem(
			{
				A1: uniform(30, 2),
				A2: uniform(30, 2, 1e4),
				A3: uniform(30, 2),
				E: uniform(30, 2),
				X: Matrix.identity(2),
				Y: Matrix.identity(2),
			},
			1,
		);
		const options = algorithm.options.parse({
			...(algorithm !== nystrom && algorithm !== linearAttention && { degree: 8 }),
		});
		const rounded = asDtype(given, "f32");
		const { gradient, certificate } = await algorithm.run(rounded, options, runtime);
		const error = truthOf(given).gradient.distanceTo(gradient);
		expect(error).toBeLessThanOrEqual(certificate?.bound ?? 0);
		// The same numbers, given in single precision from the start, are proved closer.
		const plain = await algorithm.run({ ...rounded, roundedFrom: undefined }, options, runtime);
		expect(plain.certificate?.bound).toBeLessThan(certificate?.bound ?? 0);
	},
);

describe("sizes whose products leave the range of numbers are named by the refusal", () => {
	const given = generateProblem({ distribution: "uniform", n: 100, d: 2, B: 1, seed: 1 });
	const sized = (sizes: Partial<Record<MatrixName, number>>): AttentionProblem => {
		const times = (name: MatrixName) => mapEntries(given[name], (x) => (sizes[name] ?? 1) * x);
		const [A1, A2, A3, E, X, Y] = [times("A1"), times("A2"), times("A3"), times("E"), times("X"), times("Y")];
		return createProblem({ A1, A2, A3, E, X, Y });
	};
	const refusal = (algorithm: AnyGradientAlgorithm, sizes: Partial<Record<MatrixName, number>>) =>
		expect(algorithm.run(sized(sizes), algorithm.options.parse({ relative: 1e-3 }), runtime)).rejects;
	const wayOut = "bring their entries nearer to 1, or use the exact method";

	test.each([polynomial, clusters, supportBasis])("$name", async (algorithm) => {
		await refusal(algorithm, { A1: 1e-300, X: 1e300 }).toThrow(
			/^sizes are beyond what the certificate of a polynomial can count: A1 is about \de-30\d, X about \de\+\d+; bring/,
		);
		await refusal(algorithm, { A2: 1e-300, X: 1e300 }).toThrow(/A2 is about \de-30\d, X about \de\+\d+; bring/);
		await refusal(algorithm, { A3: 1e200, E: 1e200 }).toThrow(/A3 is about \de\+\d+, E about \de\+\d+; bring/);
	});

	test("ordinary sizes whose scores are too large for polynomials are refused for that, and proved by methods that can", async () => {
		await refusal(polynomial, { A1: 1e3 }).toThrow(/^no polynomial of a degree up to 12 serves most rows at radius \d/);
		const problem = sized({ A1: 1e3 });
		for (const algorithm of [clusters, supportBasis] as AnyGradientAlgorithm[]) {
			const result = await algorithm.run(problem, algorithm.options.parse({ relative: 1e-3 }), runtime);
			const bound = result.certificate?.bound ?? Infinity;
			expect(provedRelative(bound, maxAbs(result.gradient))).toBeLessThanOrEqual(1e-3);
			expect(truthOf(problem).gradient.distanceTo(result.gradient)).toBeLessThanOrEqual(bound);
		}
	});

	test("a normaliser that is no number comes from features of such sizes, not from too few of them", async () => {
		const problem = sized({ A2: 1e-300, X: 1e300 });
		for (const algorithm of [clusters, supportBasis] as AnyGradientAlgorithm[])
			await expect(algorithm.run(problem, algorithm.options.parse({ degree: 6 }), runtime)).rejects.toThrow(
				new RegExp(`^${algorithm.name}: the normaliser of row 0 is NaN: queries and keys of such sizes .*; ${wayOut}$`),
			);
	});
});

test("the exact method in single precision counts what is lost between Y and A3 of opposite sizes", async () => {
	const values = [1.3e12, -4.8e11, 1.35e12, -1.31e12, 1.12e12, 1.82e12];
	const sides = values.map((_, l) => (l % 2 === 0 ? 1 : -1));
	const given = createProblem({
		A1: column(...sides.map((side) => 5.65e13 * side)),
		A2: column(...sides.map((side) => -2.5 * side)),
		A3: column(...values),
		E: column(3.7e-14, 5e-14, 4.5e-14, 1.6e-14, 9e-15, 1.3e-15),
		X: column(-4.43e-14),
		Y: column(-1.6e-26),
	});
	const { roundedFrom: _, ...single } = asDtype(given, "f32");
	const truth = truthOf(asDtype(single, "f64")).gradient;
	for (const kernel of await availableKernels()) {
		const on = await createRuntime({ kernel, threads: 1 });
		const { gradient } = await streaming.run(single, streaming.options.parse({}), on);
		const { kind, bound } = exactRounding(single);
		expect([kind, truth.distanceTo(gradient) <= bound], kernel).toEqual(["a-priori", true]);
	}
});
