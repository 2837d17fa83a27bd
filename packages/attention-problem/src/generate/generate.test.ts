import { createHash } from "node:crypto";
import { type Dtype, Matrix, UsageError } from "@attgrad/matrix-core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { distributions, type GenerateOptions, generateProblem, generateRows, matrixNames } from "../index.ts";

const base: GenerateOptions = { distribution: "uniform", n: 20, d: 3, B: 1, seed: 11 };

/** First digits of a hash over the bits of all matrices. */
function fingerprint(options: GenerateOptions): string {
	const problem = generateProblem(options);
	const hash = createHash("sha256");
	for (const name of matrixNames) hash.update(new Uint8Array(problem[name].data.buffer));
	return hash.digest("hex").slice(0, 16);
}

// Stored results name a problem by its seed: a change here makes all of them another problem's.
test("every distribution gives the bits that it always gave", () => {
	const prints = (dtype: Dtype) =>
		Object.fromEntries(
			distributions.map((distribution) => [distribution, fingerprint({ ...base, n: 5000, d: 4, distribution, dtype })]),
		);
	expect(prints("f64")).toMatchInlineSnapshot(`
		{
		  "biased": "ab90d06ce63ba9fb",
		  "clustered": "4a39e7727ad912f6",
		  "gaussian": "8b9e3ce1d63bc335",
		  "heavy-tailed": "b4efb3faf35e8bd1",
		  "hypercube": "49197d3c14ac201a",
		  "low-rank": "635682e8a15058d1",
		  "massive": "d543de866ab87a17",
		  "sinks": "b8ea28048e60ee15",
		  "uniform": "ec30c088159cad3c",
		}
	`);
	expect(prints("f32")).toMatchInlineSnapshot(`
		{
		  "biased": "5a72f9b95ec49e48",
		  "clustered": "11f7899dd241e1ca",
		  "gaussian": "6440ccbfe04ad977",
		  "heavy-tailed": "07857a22c65357ca",
		  "hypercube": "13705501b61ff6d5",
		  "low-rank": "dd213284830671e1",
		  "massive": "4cd6698d8da6a412",
		  "sinks": "1a03c32a0d37b255",
		  "uniform": "e1f747052c9ef47b",
		}
	`);
});

describe.each(distributions)("%s", (distribution) => {
	test("gives the same rows one by one, in blocks, and all at once", () => {
		const range = fc.record({ from: fc.nat(9000), length: fc.nat(4200) });
		const options = { ...base, n: 9001, d: 2, distribution };
		for (const dtype of ["f64", "f32"] as const) {
			const whole = generateProblem({ ...options, dtype });
			const streamed = generateRows({ ...options, dtype });
			fc.assert(
				fc.property(range, fc.constantFrom("A1", "A2", "A3", "E"), ({ from, length }, name) => {
					const to = Math.min(9001, from + length);
					const rows = Matrix.zeros(to - from, 2, dtype);
					streamed[name].readRows(from, to, rows.data);
					expect(rows).toEqual(whole[name].slice(from, to).copy());
				}),
				{ numRuns: 20 },
			);
		}
	});

	test("in single precision is that in double precision, rounded", () => {
		const double = generateProblem({ ...base, distribution });
		const single = generateProblem({ ...base, distribution, dtype: "f32" });
		for (const name of matrixNames) expect(single[name]).toEqual(double[name].as("f32"));
	});

	test("depends on the seed, and each matrix has numbers of its own", () => {
		const problem = generateProblem({ ...base, distribution });
		const other = generateProblem({ ...base, distribution, seed: 12 });
		for (const name of ["A3", "E", "X", "Y"] as const) expect(other[name]).not.toEqual(problem[name]);
		expect(problem.A3).not.toEqual(problem.E);
	});

	test("exists for one token of width one", () => {
		const problem = generateProblem({ ...base, n: 1, d: 1, distribution });
		expect(problem.A1.data).toHaveLength(1);
		expect(problem.A1.at(0, 0)).not.toBe(0);
	});

	test("has A3 and E in [-1, 1) and Y in [-1, 1)/√d", () => {
		const problem = generateProblem({ ...base, n: 500, d: 4, distribution });
		for (const name of ["A3", "E"] as const) {
			expect(problem[name].data.every((x) => x >= -1 && x < 1)).toBe(true);
			expect(Math.max(...problem[name].data)).toBeGreaterThan(0.98);
		}
		expect(problem.Y.data.every((x) => x >= -0.5 && x < 0.5)).toBe(true);
	});
});

test("a problem made row by row holds a block, not the matrix", () => {
	const rows = generateRows({ ...base, n: 1_000_000_000_000 });
	const target = new Float64Array(3 * 3);
	rows.A2.readRows(999_999_999_990, 999_999_999_993, target);
	expect(target.every((x) => x !== 0 && Math.abs(x) <= 1)).toBe(true);
});

describe("options", () => {
	const complaint = (change: object) => {
		try {
			generateProblem({ ...base, ...change });
		} catch (error) {
			expect(error).toBeInstanceOf(UsageError);
			return (error as Error).message;
		}
		return "none";
	};

	test.each([
		[{ n: 0 }, "generate: n must be a whole number >= 1, got 0"],
		[{ n: 2.5 }, "generate: n must be a whole number >= 1, got 2.5"],
		[{ n: "8" }, "generate: n must be a whole number >= 1, got 8"],
		[{ n: undefined }, "generate: n must be a whole number >= 1, got undefined"],
		[{ d: 0 }, "generate: d must be a whole number >= 1, got 0"],
		[{ B: 0 }, "generate: B must be a finite number > 0, got 0"],
		[{ B: -1 }, "generate: B must be a finite number > 0, got -1"],
		[{ B: Number.NaN }, "generate: B must be a finite number > 0, got NaN"],
		[{ B: Number.POSITIVE_INFINITY }, "generate: B must be a finite number > 0, got Infinity"],
		[{ B: 1e301 }, "generate: B must be at most 1e+300 for f64, got 1e+301"],
		[{ B: 1e31, dtype: "f32" }, "generate: B must be at most 1e+30 for f32, got 1e+31"],
		[{ seed: -1 }, "generate: seed must be a whole number >= 0, got -1"],
		[{ seed: 2 ** 53 }, "generate: seed must be a whole number >= 0, got 9007199254740992"],
		[{ dtype: "f16" }, "generate: dtype must be f64 or f32, got f16"],
		[{ width: 3 }, "generate: unknown option: width"],
	])("%o are refused by name", (change, message) => {
		expect(complaint(change)).toBe(message);
	});

	test("an unknown distribution is refused with the known ones", () => {
		expect(complaint({ distribution: "cauchy" })).toBe(
			`generate: unknown distribution: cauchy (known: ${distributions.join(", ")})`,
		);
	});
});
