import {
	type AnyGradientAlgorithm,
	type AttentionProblem,
	asDtype,
	createProblem,
	generateProblem,
} from "@attgrad/attention-problem";
import { arbitraryProblem } from "@attgrad/attention-problem/testing";
import { streamingGradient } from "@attgrad/exact-gradient";
import {
	ComputationError,
	createRuntime,
	Matrix,
	maxAbs,
	maxAbsDifference,
	type RowSource,
	type Runtime,
	unitRoundoff,
} from "@attgrad/matrix-core";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

type Problem = AttentionProblem;

/** Options of one algorithm under the contract, as the command line would give them. */
export interface ContractCase {
	readonly algorithm: AnyGradientAlgorithm;
	/** @default the algorithm's defaults */
	readonly options?: Record<string, unknown>;
	/** Problems that a certificate is tried on. @default 60 */
	readonly runs?: number;
}

/** Most that a gradient of the plain double computation is off by, relative to A1, values and keys: n · d roundings. */
const referenceRounding = ({ n, d, A1, A2, A3, Y, E, scale }: Problem): number => {
	const H = d * maxAbs(A3) * maxAbs(Y);
	return 2 ** -53 * scale * n * d * d * maxAbs(A1) * maxAbs(A2) * H * (H + maxAbs(E));
};

/** `referenceRounding` where the scores are rounded too: their size in roundings comes on top. */
const scoreRounding = (problem: Problem): number => {
	const { d, n, A1, A2, X, scale } = problem;
	const scores = scale * d * d * maxAbs(A1) * maxAbs(X) * maxAbs(A2);
	return referenceRounding(problem) * (1 + (d * scores) / n) * 8;
};

/** A problem of which only the shapes can be known: whoever reads a row fails. */
function unreadable(n: number, d: number): AttentionProblem<RowSource> {
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

/**
 * What every gradient algorithm must keep, as tests: it is right on small problems or says why not, a proof is never
 * below the true error, an epsilon is proved or refused, memory that is not there is told of, the same seed gives the same
 * bits, inputs stay as they are, and n = 1, d = 1 and equal keys work.
 */
export function describeAlgorithmContract({ algorithm, options = {}, runs = 60 }: ContractCase): void {
	const parsed = algorithm.options.parse(options);
	const title = Object.keys(options).length > 0 ? `${algorithm.name} ${JSON.stringify(options)}` : algorithm.name;
	let runtime: Runtime;

	/** The result, or undefined where the algorithm says that it does not take the problem. */
	const attempt = async (problem: Problem) => {
		const supported = algorithm.supports(problem, parsed);
		if (supported !== true) {
			expect(supported.reason.length).toBeGreaterThan(0);
			return undefined;
		}
		try {
			return await algorithm.run(problem, parsed, runtime);
		} catch (error) {
			if (!(error instanceof ComputationError)) throw error;
			expect(error.message).toMatch(/^[a-z]/);
			expect(error.message).not.toContain("\n");
			return undefined;
		}
	};
	const expectSound = async (problem: Problem): Promise<void> => {
		const result = await attempt(problem);
		if (!result) return;
		expect([result.gradient.rows, result.gradient.cols]).toEqual([problem.d, problem.d]);
		expect(result.gradient.data.every(Number.isFinite)).toBe(true);
		expect(Number.isFinite(result.loss)).toBe(true);
		const { certificate } = result;
		const isExact = algorithm.exact || (result.picked !== undefined && certificate === undefined);
		if (isExact) {
			const { gradient } = await streamingGradient(asDtype(problem, "f64"));
			// First order in u, and largest entries for all entries: 8 covers the higher orders where u n is small.
			const unit = unitRoundoff(problem.A1.dtype) / unitRoundoff("f64");
			expect(maxAbsDifference(result.gradient, gradient)).toBeLessThanOrEqual(8 * unit * scoreRounding(problem));
		}
		if (certificate === undefined || certificate.kind === "none") return;
		expect(certificate.bound).toBeGreaterThanOrEqual(0);
		expect(certificate.radius).toBeGreaterThanOrEqual(0);
		expect(certificate.relativeError).toBeGreaterThanOrEqual(0);
		expect(certificate.bound).toBeGreaterThanOrEqual(certificate.floatFloor);
		if (certificate.kind === "estimate") return;
		const { gradient } = await streamingGradient(asDtype(problem, "f64"));
		const error = maxAbsDifference(result.gradient, gradient);
		expect(error).toBeLessThanOrEqual(certificate.bound + referenceRounding(problem));
	};

	describe(title, () => {
		beforeAll(async () => {
			runtime = await createRuntime({ kernel: "js" });
		});
		afterAll(() => runtime.close());

		it("has a name, a summary of one line, and defaults for all options", () => {
			expect(algorithm.name).toMatch(/^[a-z][a-z0-9-]*$/);
			expect(algorithm.summary).not.toContain("\n");
			expect(algorithm.options.safeParse({}).success).toBe(true);
			expect(algorithm.options.safeParse({ "no-such-option": 1 }).success).toBe(false);
			for (const variant of Object.values(algorithm.variants ?? {}))
				expect(algorithm.options.safeParse(variant).success).toBe(true);
		});

		it("is near the gradient on an easy problem, or says why it does not take it", async () => {
			const problem = generateProblem({ distribution: "uniform", n: 63, d: 2, B: 0.3, seed: 7 });
			if (algorithm.supports(problem, parsed) !== true) return;
			const { gradient } = await algorithm.run(problem, parsed, runtime);
			const exact = await streamingGradient(problem);
			expect(maxAbsDifference(gradient, exact.gradient)).toBeLessThan(maxAbs(exact.gradient) / 2);
		});

		it("is within its certificate on small problems of every distribution", async () => {
			const problems = fc.oneof(...[0.3, 1, 2].map((B) => arbitraryProblem({ B, maxN: 70, maxD: 4 })));
			await fc.assert(fc.asyncProperty(problems, expectSound), { numRuns: runs, seed: 1 });
		});

		it("is within its certificate where errors align", async () => {
			await fc.assert(fc.asyncProperty(adversarialProblem(), expectSound), { numRuns: runs, seed: 2 });
		});

		it("gives the zero gradient for one token and for equal keys, or says why not", async () => {
			const one = generateProblem({ distribution: "uniform", n: 1, d: 3, B: 1, seed: 1 });
			const some = generateProblem({ distribution: "uniform", n: 63, d: 2, B: 1, seed: 2 });
			const equal = { ...some, A2: Matrix.build(63, 2, (_, b) => 0.5 - b) };
			for (const problem of [one, equal]) {
				const result = await attempt(problem);
				if (result) expect(maxAbs(result.gradient)).toBeLessThanOrEqual(1e-12);
			}
		});

		it("takes width 1", () => expectSound(generateProblem({ distribution: "uniform", n: 33, d: 1, B: 1, seed: 3 })));

		it("takes single precision, or says why not", async () => {
			for (const distribution of ["uniform", "heavy-tailed"])
				await expectSound(generateProblem({ distribution, n: 111, d: 3, B: 0.5, seed: 4, dtype: "f32" }));
		});

		it("proves an epsilon that is asked for, or says what keeps it from that", async () => {
			if (!Object.hasOwn(algorithm.options.shape, "epsilon")) return;
			for (const dtype of ["f64", "f32"] as const)
				for (const epsilon of [1e-2, 1e-6, 1e-13, 1e-30]) {
					const { degree: _degree, rank: _rank, ...others } = options;
					const given = algorithm.options.safeParse({ ...others, epsilon });
					expect(given.success).toBe(true);
					const problem = generateProblem({ distribution: "uniform", n: 63, d: 2, B: 1, seed: 8, dtype });
					try {
						const { certificate, picked } = await algorithm.run(problem, given.data, runtime);
						// An exact method that was chosen is its own proof in double precision; in single precision its rounding is proved.
						if (certificate === undefined)
							expect({ dtype, picked: picked !== undefined }).toEqual({ dtype: "f64", picked: true });
						else if (certificate.kind !== "estimate") expect(certificate.bound).toBeLessThanOrEqual(epsilon);
					} catch (error) {
						if (!(error instanceof ComputationError)) throw error;
						expect(error.message).toContain(`${epsilon}`);
						expect(error.message.replaceAll(`${epsilon}`, "")).toMatch(/\d/);
					}
				}
		});

		it("says at once, reading no rows, whether it takes a problem of any size", () => {
			for (const n of [1, 2 ** 20, 2 ** 45]) {
				const supported = algorithm.supports(unreadable(n, 3), parsed);
				if (supported !== true) expect(supported.reason.length).toBeGreaterThan(0);
			}
		});

		it("says so where its kernels have less memory than they need", async () => {
			const problem = generateProblem({ distribution: "uniform", n: 2000, d: 3, B: 0.2, seed: 9 });
			const small = await createRuntime({ memoryLimit: 2 ** 17 });
			try {
				if (algorithm.supports(problem, parsed) !== true) return;
				const result = await algorithm.run(problem, parsed, small);
				expect(Number.isFinite(result.loss)).toBe(true);
			} catch (error) {
				if (!(error instanceof ComputationError)) throw error;
				expect(error.status).toBe("out-of-memory");
			} finally {
				await small.close();
			}
		});

		it("gives the same bits for the same seed, and leaves its inputs as they are", async () => {
			const problem = generateProblem({ distribution: "gaussian", n: 63, d: 3, B: 0.5, seed: 5 });
			const { A1, A2, A3, E, X, Y } = problem;
			const before = [A1, A2, A3, E, X, Y].map((matrix) => matrix.copy().data);
			const first = await attempt(problem);
			const second = await attempt(problem);
			expect(second?.gradient.data).toEqual(first?.gradient.data);
			expect(second?.loss).toBe(first?.loss);
			expect([A1, A2, A3, E, X, Y].map((matrix) => matrix.data)).toEqual(before);
		});

		it("reads rows from a source as it reads them from memory", async () => {
			const problem = generateProblem({ distribution: "biased", n: 111, d: 2, B: 1, seed: 6 });
			const source = (matrix: Matrix) => ({
				rows: matrix.rows,
				cols: matrix.cols,
				dtype: matrix.dtype,
				readRows: matrix.readRows.bind(matrix),
			});
			const { A1, A2, A3, E } = problem;
			const streamed = { ...problem, A1: source(A1), A2: source(A2), A3: source(A3), E: source(E) };
			const result = await attempt(problem);
			if (result) expect((await algorithm.run(streamed, parsed, runtime)).gradient.data).toEqual(result.gradient.data);
		});
	});
}

/** Problems whose errors add up instead of cancelling: all mass on extreme scores, targets and signs that follow them. */
function adversarialProblem(): fc.Arbitrary<Problem> {
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
