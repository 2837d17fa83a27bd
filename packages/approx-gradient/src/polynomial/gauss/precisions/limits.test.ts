import { type AttentionProblem, createProblem } from "@attgrad/attention-problem";
import { truthOf } from "@attgrad/attention-problem/reference";
import { availableKernels, ComputationError, createRuntime, Matrix, type Runtime } from "@attgrad/matrix-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { maxUp } from "../../../error-bound/index.ts";
import { profileOn } from "../../method/method-of.ts";
import { gaussUntilMissed } from "../gauss-gradient.ts";
import { type GaussRequest, gaussRequest, servesTwoPrecisions } from "../gauss-request.ts";

const kernels = (await availableKernels()).filter((kernel) => kernel !== "js");

const N = 16;

/** Single precision rounds these towards zero by nearly half an ulp, so that all roundings of rows go one way. */
const roundedDown = (x: number): number => x * (1 + 2 ** -24 - 2 ** -40);

/** A problem by the sizes of its entries. */
interface Sizes {
	readonly d?: number;
	/** |k_lb|, of pairs of keys. */
	readonly key: (b: number, pair: number) => number;
	/** |q_jb|, of pairs of queries. */
	readonly query: (pair: number, b: number) => number;
	/** |v_li|, of pairs of keys. */
	readonly value?: (pair: number, i: number) => number;
	/** |E_ji|. */
	readonly target?: number;
}

/**
 * Rows of queries, keys and values come in pairs of both signs: their centres are 0, and nothing changes their bits. Targets have the sign of the row's
 * first query coordinate, so that terms of all rows add up.
 */
function problemOf({ d = 2, key, query, value = () => 1, target = 0 }: Sizes): AttentionProblem {
	const paired = (entry: (pair: number, column: number) => number): Matrix =>
		Matrix.build(N, d, (row, column) => (-1) ** row * roundedDown(entry(row >> 1, column)));
	const sign = (pair: number, column: number): number => ((pair >> column) % 2 === 0 ? 1 : -1);
	const A1 = paired((pair, b) => sign(pair, b) * query(pair, b));
	return createProblem(
		{
			A1,
			A2: paired((pair, b) => sign(pair, b + 1) * key(b, pair)),
			A3: paired((pair, i) => sign(pair, 2 * i) * value(pair, i)),
			E: Matrix.build(N, d, (row) => -Math.sign(A1.at(row, 0)) * target),
			X: Matrix.identity(d),
			Y: Matrix.identity(d),
		},
		1,
	);
}

/** A request that two precisions serve. */
async function requestOf(problem: AttentionProblem, runtime: Runtime): Promise<GaussRequest> {
	const request = gaussRequest(problem, await profileOn(problem, runtime), runtime, "l1");
	expect(servesTwoPrecisions(request)).toBe(true);
	return request;
}

/** A run's bound and true error. */
async function attempt(problem: AttentionProblem, request: GaussRequest, degree: number) {
	const { result } = await gaussUntilMissed(request, degree, Number.POSITIVE_INFINITY);
	if (!result?.certificate) throw new Error("no result");
	const { gradient, exactRows, certificate } = result;
	const error = truthOf(problem).gradient.distanceTo(gradient);
	return { error, bound: certificate.bound, exactRows: exactRows ?? 0 };
}

const degrees = [
	[4, 3],
	[7, 3],
	[9, 4],
	[12, 3],
	[12, 11],
] as const;

describe.each(kernels)("bounds of two precisions hold near their limits on the kernel %s", (kernel) => {
	let runtime: Runtime;
	beforeAll(async () => {
		runtime = await createRuntime({ kernel, threads: 2 });
	});
	afterAll(() => runtime.close());

	/** That the bound holds at all degrees. */
	async function holds(problem: AttentionProblem): Promise<GaussRequest> {
		const request = await requestOf(problem, runtime);
		for (const [degree, doubleUpTo] of degrees) {
			const { error, bound } = await attempt(problem, { ...request, doubleUpTo }, degree);
			expect(error).toBeLessThanOrEqual(bound);
		}
		return request;
	}

	it("where coordinates are near 4, and rows with such queries are exact", async () => {
		const { space } = await holds(
			problemOf({ key: () => 3.99, query: (pair) => (pair === 0 ? 3.99 : 3.99 / 2 ** (1 + pair)), target: 10 }),
		);
		for (const reach of [space.keyReach, space.queryReach]) expect(maxUp(reach)).toBeGreaterThan(3.98);
	});

	it("where values are near 1e-6 and 1e6", async () => {
		for (const size of [1.001e-6, 0.999e6])
			for (const target of [0, 1, 1e12]) {
				const value = (pair: number): number => size / 2 ** (pair % 4);
				const { profile } = await holds(problemOf({ key: () => 2, query: (pair) => 1 / (1 + pair), value, target }));
				expect(Math.abs(maxUp(profile.valueHalfRange) / size - 1)).toBeLessThan(1e-6);
			}
	});

	it("where most of the bound is rounding, which the bounds of double precision do not cover", async () => {
		const problem = problemOf({ d: 3, key: () => 0.75, query: (pair) => 0.75 - pair / 32, target: 4 });
		const request = await requestOf(problem, runtime);
		const double = await attempt(problem, request, 11);
		const two = await attempt(problem, { ...request, doubleUpTo: 3 }, 11);
		expect(double.error).toBeLessThanOrEqual(double.bound);
		expect(two.error).toBeGreaterThan(double.bound);
		expect(two.error).toBeLessThanOrEqual(two.bound);
	});

	it("where one pair of keys is large, and rounding is counted by mean powers below the largest", async () => {
		const key = (_: number, pair: number): number => (pair === 0 ? 2 : 0.25);
		const problem = problemOf({ d: 3, key, query: (pair) => 0.5 - pair / 64, target: 4 });
		const request = await requestOf(problem, runtime);
		for (const [degree, doubleUpTo] of [
			[11, 3],
			[14, 3],
			[14, 6],
		]) {
			const double = await attempt(problem, request, degree);
			const two = await attempt(problem, { ...request, doubleUpTo }, degree);
			expect(two.error).toBeGreaterThan(double.bound);
			expect(two.error).toBeLessThanOrEqual(two.bound);
		}
	});

	it("where rows are rounded by nearly 1e-4, and those beyond are exact", async () => {
		// The rounding of a row grows with the power 6 of its reach, and the reaches of neighbours are at most an eighth apart.
		const problem = problemOf({ key: () => 1, query: (pair) => 2 + pair / 4, target: 1 });
		const request = await requestOf(problem, runtime);
		const double = await attempt(problem, request, 6);
		const two = await attempt(problem, { ...request, doubleUpTo: 3 }, 6);
		expect(double.exactRows).toBe(0);
		expect(two.exactRows).toBeGreaterThan(0);
		expect(two.exactRows).toBeLessThan(N);
		expect(two.error).toBeGreaterThan(double.bound);
		expect(two.error).toBeLessThanOrEqual(two.bound);
	});

	it("where powers, or values of a column, are below the range of single precision", async () => {
		await holds(problemOf({ key: () => 1e-6, query: () => 1e-6, target: 1 }));
		await holds(problemOf({ key: (b) => [1, 1e-25][b], query: (pair, b) => [1 / (1 + pair), 1e-25][b], target: 1 }));
		await holds(problemOf({ key: () => 1, query: () => 0.5, value: (_, i) => [1, 1e-42][i] }));
	});

	it("where residuals are near the end of the range of single precision, and none is claimed beyond it", async () => {
		let failed = 0;
		for (const exponent of [30, 34, 36, 36.5, 37, 37.5, 38, 38.5, 39, 60]) {
			const problem = problemOf({ key: () => 1, query: (pair) => 1 / (1 + pair), target: 10 ** exponent });
			const request = await requestOf(problem, runtime);
			try {
				const { error, bound } = await attempt(problem, { ...request, doubleUpTo: 3 }, 6);
				expect(error).toBeLessThanOrEqual(bound);
			} catch (failure) {
				expect(failure).toBeInstanceOf(ComputationError);
				failed++;
			}
		}
		expect(failed).toBeGreaterThan(0);
		expect(failed).toBeLessThan(8);
	});
});
