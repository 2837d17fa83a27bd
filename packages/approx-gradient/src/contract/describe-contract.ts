import { type AnyGradientAlgorithm, type AttentionProblem, asDtype, generateProblem } from "@attgrad/attention-problem";
import { arbitraryProblem } from "@attgrad/attention-problem/testing";
import { ComputationError, createRuntime, Matrix, maxAbs, type Runtime, shortNumber } from "@attgrad/matrix-core";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it, type TestContext } from "vitest";
import { Attempts } from "./attempts.ts";
import { adversarialProblem, easyProblems, unevenProblems, unreadable } from "./problems.ts";
import { expectEasyRuns, expectSound } from "./sound-result.ts";

/** Options of one algorithm under the contract, as the command line would give them. */
export interface ContractCase {
	readonly algorithm: AnyGradientAlgorithm;
	/** @default the algorithm's defaults */
	readonly options?: Record<string, unknown>;
	/** Problems that a certificate is tried on. @default 60 */
	readonly runs?: number;
}

/** The algorithm under test, with its parsed options and a runtime in plain TypeScript. */
interface Subject {
	readonly algorithm: AnyGradientAlgorithm;
	readonly given: Record<string, unknown>;
	readonly options: unknown;
	readonly runtime: () => Runtime;
}

/**
 * Tests what every gradient algorithm must keep: it runs on easy problems and is right there, a proof is never
 * below the true error, an epsilon is proved or refused, missing memory is reported, the same seed gives the same
 * bits, inputs stay as they are, and n = 1, d = 1 and equal keys work. A test that has problems that the algorithm says
 * it supports fails where the algorithm runs on none of them; refusals are annotated with their reasons, and a test whose problems are
 * all refused is reported as skipped.
 */
export function describeAlgorithmContract({ algorithm, options = {}, runs = 60 }: ContractCase): void {
	const title = Object.keys(options).length > 0 ? `${algorithm.name} ${JSON.stringify(options)}` : algorithm.name;
	describe(title, () => {
		let runtime: Runtime;
		beforeAll(async () => {
			runtime = await createRuntime({ kernel: "js" });
		});
		afterAll(() => runtime.close());
		const subject = { algorithm, given: options, options: algorithm.options.parse(options), runtime: () => runtime };
		testDeclaration(subject);
		testErrors(subject, runs);
		testEdges(subject);
		testEpsilon(subject);
		testMemory(subject);
		testReadsOnly(subject);
	});
}

/** Runs a test with attempts of the algorithm; says then what was refused. */
function withAttempts({ algorithm, options, runtime }: Subject, test: (attempts: Attempts) => Promise<void>) {
	return async ({ annotate, skip }: TestContext): Promise<void> => {
		const attempts = new Attempts(algorithm, options, runtime());
		await test(attempts);
		const account = attempts.account();
		if (account === "") return;
		if (attempts.ranOnNone) skip(account);
		await annotate(account);
	};
}

function testDeclaration({ algorithm, options }: Subject): void {
	it("has a name, a summary of one line, and defaults for all options", () => {
		expect(algorithm.name).toMatch(/^[a-z][a-z0-9-]*$/);
		expect(algorithm.summary).not.toContain("\n");
		expect(algorithm.options.safeParse({}).success).toBe(true);
		expect(algorithm.options.safeParse({ "no-such-option": 1 }).success).toBe(false);
		for (const variant of Object.values(algorithm.variants ?? {}))
			expect(algorithm.options.safeParse(variant).success).toBe(true);
	});

	it("says at once, reading no rows, whether it takes a problem of any size", () => {
		for (const n of [1, 2 ** 20, 2 ** 45]) {
			const supported = algorithm.supports(unreadable(n, 3), options);
			if (supported !== true) expect(supported.reason.length).toBeGreaterThan(0);
		}
	});
}

function testErrors(subject: Subject, runs: number): void {
	const { algorithm, options, runtime } = subject;
	it("takes an easy problem, runs on those that it takes, and is near the gradient", async ({ annotate }) => {
		const run = (problem: AttentionProblem) => algorithm.run(problem, options, runtime());
		const refusals = await expectEasyRuns(algorithm, easyProblems(), run, (problem) =>
			algorithm.supports(problem, options),
		);
		if (refusals.length > 0) await annotate(`skipped ${refusals.join("; ")}`);
	});

	const soundOn = (problems: fc.Arbitrary<AttentionProblem>, seed: number) =>
		withAttempts(subject, (attempts) =>
			fc.assert(
				fc.asyncProperty(problems, (problem) => soundAttempt(subject, attempts, problem)),
				{ numRuns: runs, seed },
			),
		);
	const small = fc.oneof(...[0.3, 1, 2].map((B) => arbitraryProblem({ B, maxN: 70, maxD: 4 })));
	it("is within its certificate on small problems of every distribution", soundOn(small, 1));
	it("is within its certificate where errors align", soundOn(adversarialProblem(), 2));
	it(
		"is sound with masked keys, outliers and mixed magnitudes, in both number types, or says why not",
		withAttempts(subject, async (attempts) => {
			for (const [, problem] of unevenProblems())
				for (const dtype of ["f64", "f32"] as const) {
					const { roundedFrom: _, ...given } = asDtype(problem, dtype);
					await soundAttempt(subject, attempts, given);
				}
		}),
	);
}

/** Expects a problem to be refused, or a result that is sound. */
async function soundAttempt({ algorithm }: Subject, attempts: Attempts, problem: AttentionProblem): Promise<void> {
	const result = await attempts.run(problem);
	if (result) await expectSound(algorithm, problem, result);
}

function testEdges(subject: Subject): void {
	it(
		"gives the zero gradient for one token and for equal keys, or says why not",
		withAttempts(subject, async (attempts) => {
			const one = generateProblem({ distribution: "uniform", n: 1, d: 3, B: 1, seed: 1 });
			const some = generateProblem({ distribution: "uniform", n: 63, d: 2, B: 1, seed: 2 });
			const equal = { ...some, A2: Matrix.build(63, 2, (_, b) => 0.5 - b) };
			for (const problem of [one, equal]) {
				const result = await attempts.run(problem);
				if (result) expect(maxAbs(result.gradient)).toBeLessThanOrEqual(1e-12);
			}
		}),
	);

	it(
		"takes width 1, or says why not",
		withAttempts(subject, (attempts) =>
			soundAttempt(subject, attempts, generateProblem({ distribution: "uniform", n: 33, d: 1, B: 1, seed: 3 })),
		),
	);

	it(
		"takes single precision, or says why not",
		withAttempts(subject, async (attempts) => {
			// The larger ones are beyond what some methods can prove in single precision.
			for (const distribution of ["uniform", "heavy-tailed"])
				for (const shape of [
					{ n: 111, d: 3, B: 0.5 },
					{ n: 16, d: 2, B: 1 },
				])
					await soundAttempt(subject, attempts, generateProblem({ distribution, ...shape, seed: 4, dtype: "f32" }));
		}),
	);
}

function testEpsilon({ algorithm, given: options, runtime }: Subject): void {
	it("proves an epsilon that is asked for, or says what keeps it from that", async ({ annotate, skip }) => {
		if (!Object.hasOwn(algorithm.options.shape, "epsilon")) skip("the algorithm has no option epsilon");
		for (const dtype of ["f64", "f32"] as const)
			for (const epsilon of [1e-2, 1e-6, 1e-13, 1e-30]) {
				const { degree: _degree, rank: _rank, ...others } = options;
				const given = algorithm.options.safeParse({ ...others, epsilon });
				expect(given.success).toBe(true);
				const problem = generateProblem({ distribution: "uniform", n: 63, d: 2, B: 1, seed: 8, dtype });
				try {
					const { certificate, picked } = await algorithm.run(problem, given.data, runtime());
					// An exact method that was chosen is its own proof in double precision; in single precision its rounding is proved.
					if (certificate === undefined)
						expect({ dtype, picked: picked !== undefined }).toEqual({ dtype: "f64", picked: true });
					else if (certificate.kind !== "estimate") expect(certificate.bound).toBeLessThanOrEqual(epsilon);
				} catch (error) {
					if (!(error instanceof ComputationError)) throw error;
					expect(error.message).toContain(`epsilon ${shortNumber(epsilon)}`);
					// The bound that it could prove instead; degrees, ranks and sizes have no exponent.
					const bounds = error.message.match(/\b\d(\.\d+)?e[-+]\d+/g)?.map(Number) ?? [];
					expect(Math.max(...bounds)).toBeGreaterThan(epsilon);
					await annotate(`refused ${dtype}, epsilon ${epsilon}: ${error.message}`);
				}
			}
	});
}

function testMemory({ algorithm, options }: Subject): void {
	it("says so where its kernels have less memory than they need", async ({ skip }) => {
		const problem = generateProblem({ distribution: "uniform", n: 2000, d: 3, B: 0.2, seed: 9 });
		const supported = algorithm.supports(problem, options);
		if (supported !== true) skip(supported.reason);
		const small = await createRuntime({ memoryLimit: 2 ** 17 });
		try {
			const result = await algorithm.run(problem, options, small);
			expect(Number.isFinite(result.loss)).toBe(true);
		} catch (error) {
			if (!(error instanceof ComputationError)) throw error;
			expect(error.status).toBe("out-of-memory");
		} finally {
			await small.close();
		}
	});
}

function testReadsOnly(subject: Subject): void {
	it(
		"gives the same bits for the same seed, and leaves its inputs as they are",
		withAttempts(subject, async (attempts) => {
			const problem = generateProblem({ distribution: "gaussian", n: 63, d: 3, B: 0.5, seed: 5 });
			const { A1, A2, A3, E, X, Y } = problem;
			const before = [A1, A2, A3, E, X, Y].map((matrix) => matrix.copy().data);
			const first = await attempts.run(problem);
			const second = await attempts.run(problem);
			expect(second?.gradient.data).toEqual(first?.gradient.data);
			expect(second?.loss).toBe(first?.loss);
			expect([A1, A2, A3, E, X, Y].map((matrix) => matrix.data)).toEqual(before);
		}),
	);

	it(
		"reads rows from a source as it reads them from memory",
		withAttempts(subject, async (attempts) => {
			const problem = generateProblem({ distribution: "biased", n: 111, d: 2, B: 1, seed: 6 });
			const source = (matrix: Matrix) => ({
				rows: matrix.rows,
				cols: matrix.cols,
				dtype: matrix.dtype,
				readRows: matrix.readRows.bind(matrix),
			});
			const { A1, A2, A3, E } = problem;
			const streamed = { ...problem, A1: source(A1), A2: source(A2), A3: source(A3), E: source(E) };
			const result = await attempts.run(problem);
			if (!result) return;
			const { gradient } = await subject.algorithm.run(streamed, subject.options, subject.runtime());
			expect(gradient.data).toEqual(result.gradient.data);
		}),
	);
}
