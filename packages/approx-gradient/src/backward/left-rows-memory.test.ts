import { createBackwardProblem, generateProblem } from "@attgrad/attention-problem";
import { definitionBackward } from "@attgrad/exact-gradient";
import { availableKernels, ComputationError, createRuntime, maxAbsDifference, multiply } from "@attgrad/matrix-core";
import { expect, test } from "vitest";
import { polynomial } from "../polynomial/polynomial.ts";
import { maskedSinks, type SinkSizes, sinks } from "../testing/sinks.ts";
import { backwardPolynomial } from "./polynomial-backward.ts";

test.each(maskedSinks)(
	"gradients with rows that no polynomial serves are the same for every number of threads: %j",
	async (sizes) => {
		const problem = sinks(sizes);
		const options = backwardPolynomial.options.parse({ degree: 5 });
		const made = await Promise.all(
			[1, 2, 5].map(async (threads) => {
				const runtime = await createRuntime({ threads });
				const { dQ, dK, dV, output, lse, certificate } = await backwardPolynomial.run(problem, options, runtime, {
					output: true,
				});
				await runtime.close();
				return [dQ, dK, dV, output]
					.map((matrix) => Array.from(matrix?.data ?? []))
					.concat([Array.from(lse ?? [])], [Object.values(certificate?.bounds ?? {})]);
			}),
		);
		expect(made[1]).toEqual(made[0]);
		expect(made[2]).toEqual(made[0]);
	},
);

test.each<SinkSizes>([{}, { n_k: 1200, visibility: { mask: "causal", window: 900 } }])(
	"heads of a group that go in pieces: bounds hold for the sums, and exact rows count once: %j",
	async (sizes) => {
		const problem = sinks({ heads: 4, keyHeads: 2, offset: 3, n_q: 1200, ...sizes });
		const options = backwardPolynomial.options.parse({ degree: 5 });
		const kernel = (await availableKernels()).at(-1) ?? "js";
		const run = async (memoryLimit: number) => {
			const own = await createRuntime({ kernel, threads: 1, memoryLimit });
			const made = await backwardPolynomial.run(problem, options, own, { output: true, rowBounds: true });
			await own.close();
			return made;
		};
		const whole = await run(2 ** 26);
		expect(whole.exactRows).toBeGreaterThan(500);
		const truth = definitionBackward(problem);
		let inPieces = 0;
		for (let memoryLimit = 2 ** 20; memoryLimit > 2 ** 17; memoryLimit *= 0.8) {
			const made = await run(memoryLimit);
			// Each piece has a tilt ν and chunks of its own: a row at the limit may be exact in one run alone. Rows that count twice are hundreds.
			expect(Math.abs((made.exactRows ?? 0) - (whole.exactRows ?? 0))).toBeLessThan(40);
			for (const name of ["dQ", "dK", "dV"] as const) {
				const bound = made.certificate?.bounds[name] ?? Number.NaN;
				// The definition has rounding of its own.
				expect(maxAbsDifference(made[name], truth[name])).toBeLessThanOrEqual(bound + 1e-12);
				expect(bound).toBeLessThan(2 * (whole.certificate?.bounds[name] ?? 0));
			}
			for (const [j, lse] of (whole.lse ?? []).entries()) expect(made.lse?.[j]).toBeCloseTo(lse, 8);
			if (maxAbsDifference(made.dV, whole.dV) > 0) inPieces++;
		}
		expect(inPieces).toBeGreaterThan(2);
	},
);

test("where memory is short the rows are exact in plain TypeScript", async () => {
	const given = generateProblem({ distribution: "sinks", n: 4000, d: 4, B: 6, seed: 2 });
	const { A1, A2, A3, X, Y, E, scale } = given;
	const problem = createBackwardProblem({ Q: multiply(A1, X), K: A2, V: multiply(A3, Y), dO: E }, { scale });
	const [ofGradient, ofPass] = [
		polynomial.options.parse({ basis: "gauss", degree: 5 }),
		backwardPolynomial.options.parse({ degree: 5 }),
	];
	const kernel = (await availableKernels()).at(-1) ?? "js";
	const plenty = await createRuntime({ kernel, threads: 1 });
	const [gradient, pass] = [
		await polynomial.run(given, ofGradient, plenty),
		await backwardPolynomial.run(problem, ofPass, plenty),
	];
	await plenty.close();
	let refused = 0;
	for (let memoryLimit = 2 ** 19; memoryLimit < 2 ** 22; memoryLimit *= 1.3) {
		const small = await createRuntime({ kernel, threads: 1, memoryLimit });
		const made = await backwardPolynomial.run(problem, ofPass, small);
		expect(made.exactRows).toBe(80);
		for (const name of ["dQ", "dK", "dV"] as const) {
			const bounds = [made, pass].map(({ certificate }) => certificate?.bounds[name] ?? Infinity);
			expect(maxAbsDifference(made[name], pass[name])).toBeLessThanOrEqual(bounds[0] + bounds[1]);
		}
		try {
			const own = await polynomial.run(given, ofGradient, small);
			expect(own.exactRows).toBe(80);
			const bounds = [own, gradient].map(({ certificate }) => certificate?.bound ?? Infinity);
			expect(maxAbsDifference(own.gradient, gradient.gradient)).toBeLessThanOrEqual(bounds[0] + bounds[1]);
		} catch (failure) {
			if (!(failure instanceof ComputationError && failure.status === "out-of-memory")) throw failure;
			refused++;
		}
		await small.close();
	}
	expect(refused).toBeLessThan(4);
});
