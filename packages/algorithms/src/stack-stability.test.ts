import {
	endToEnd,
	largestPerturbation,
	type ProvedPass,
	perturbationOf,
	polynomialStack,
} from "@attgrad/approx-gradient";
import { type AttentionOperands, joinHeads, type OperatorGradients, runStack } from "@attgrad/attention-problem";
import { ExactMatrix, operatorTruth } from "@attgrad/attention-problem/reference";
import { createRuntime, Matrix, maxAbs, maxAbsDifference } from "@attgrad/matrix-core";
import { describe, expect, test } from "vitest";
import { stackGradients } from "./stack.ts";
import { randomStack } from "./testing/random-stack.ts";

const runtime = await createRuntime({ kernel: "js" });

/** Exact output and gradients of the operands of a layer, head by head. */
function headTruth({ Q, K, V, heads, n_q: n, scale, visibility }: AttentionOperands, dO: Matrix) {
	const visible = visibility.mask === "causal" ? (j: number, l: number) => l <= j : () => true;
	const parts = Array.from({ length: heads }, (_, head) => {
		const cut = (x: Matrix): Matrix => x.slice(head * n, (head + 1) * n);
		return operatorTruth({ Q: cut(Q), K: cut(K), V: cut(V), scale, visible }, cut(dO));
	});
	const below = (name: "output" | "dQ" | "dK" | "dV"): Matrix => {
		const made = parts.map((part) => part[name].toMatrix());
		return Matrix.build(heads * n, made[0].cols, (row, i) => made[Math.floor(row / n)].at(row % n, i));
	};
	return { output: below("output"), dQ: below("dQ"), dK: below("dK"), dV: below("dV") };
}

describe("mixed stability", () => {
	const deep = randomStack({ n: 90, d: 4, depth: 5, heads: 2, width: 2, residual: true });

	test("proven sizes are kept at the computed inputs, and the perturbed stack has the computed gradients", async () => {
		const run = await polynomialStack(deep, { degree: 5 }, runtime);
		const perturbations = run.layers.map((pass) => perturbationOf(deep, pass));
		const biases: { e: Matrix; r: OperatorGradients }[] = [];
		for (const [at, pass] of run.layers.entries()) {
			const truth = headTruth(pass.operands, pass.dO);
			const e = difference(pass.attended.output, truth.output);
			const r = {
				dQ: difference(pass.gradients.dQ, truth.dQ),
				dK: difference(pass.gradients.dK, truth.dK),
				dV: difference(pass.gradients.dV, truth.dV),
			};
			biases.push({ e, r });
			expect(longest(e) / longest(pass.attended.output)).toBeLessThanOrEqual(perturbations[at].output);
			for (const name of ["dQ", "dK", "dV"] as const) {
				const share = total(r[name]) / total(pass.gradients[name]);
				expect(share, name).toBeLessThanOrEqual(perturbations[at][name]);
				expect(share).toBeGreaterThan(0);
			}
		}
		const perturbed = await runStack(deep, {
			forward: async (operands, layer) => {
				const zero = Matrix.zeros(operands.Q.rows, operands.V.cols);
				return { output: sum(headTruth(operands, zero).output, biases[layer].e) };
			},
			backward: async ({ dO, ...operands }, layer) => {
				const { dQ, dK, dV } = headTruth(operands, dO);
				const { r } = biases[layer];
				return { dQ: sum(dQ, r.dQ), dK: sum(dK, r.dK), dV: sum(dV, r.dV) };
			},
		});
		expect(maxAbsDifference(perturbed.dE, run.dE)).toBeLessThan(1e-13 * maxAbs(run.dE));
		for (const [at, { dWeights }] of run.layers.entries())
			for (const name of ["Q", "K", "V"] as const)
				expect(maxAbsDifference(perturbed.layers[at].dWeights[name], dWeights[name])).toBeLessThan(
					1e-12 * maxAbs(dWeights[name]),
				);
	}, 60_000);

	test("keeps what is asked for at every depth, while the end-to-end bound grows", async () => {
		const bounds: number[] = [];
		for (const depth of [1, 2, 4]) {
			const stack = randomStack({ n: 90, d: 4, depth, heads: 2, width: 2, residual: true, spread: 0.2 });
			const { certificate, dE } = await stackGradients(stack, { algorithm: "polynomial", relative: 2 ** -8 }, runtime);
			expect(certificate?.perturbation).toBeLessThanOrEqual(2 ** -8);
			expect(certificate?.perturbation).toBeGreaterThan(0);
			bounds.push((certificate?.endToEnd.dE ?? Number.NaN) / maxAbs(dE));
		}
		expect(bounds[1]).toBeGreaterThan(10 * bounds[0]);
		expect(bounds[2]).toBeGreaterThan(1000 * bounds[1]);
	});

	test("rounding is a perturbation of the products with weights, above none and below 1e-11", async () => {
		const run = await polynomialStack(deep, { degree: 3 }, runtime);
		for (const pass of run.layers) {
			const { rounding } = perturbationOf(deep, pass);
			expect(rounding).toBeGreaterThan(2 ** -53);
			expect(rounding).toBeLessThan(1e-11);
			const wide = joinHeads(pass.operands.Q, deep.heads);
			const truth = ExactMatrix.of(pass.input).times(ExactMatrix.of(pass.weights.Q));
			expect(truth.distanceTo(wide)).toBeLessThanOrEqual(rounding * longest(wide));
		}
	});

	test("a perturbation is the largest of its parts", () => {
		expect(largestPerturbation({ output: 1, dQ: 2, dK: 5, dV: 3, rounding: 4 })).toBe(5);
	});

	test("a local bound that is infinite makes the end-to-end bound infinite", async () => {
		const run = await polynomialStack(deep, { degree: 5 }, runtime);
		const spoilt: ProvedPass[] = run.layers.map((pass, at) =>
			at === 0
				? { ...pass, attended: { ...pass.attended, rowBounds: pass.attended.rowBounds.map(() => Infinity) } }
				: pass,
		);
		expect(endToEnd(deep, run.layers).dE).toBeLessThan(Infinity);
		expect(endToEnd(deep, spoilt).dE).toBe(Infinity);
		expect(endToEnd(deep, spoilt).output).toBe(Infinity);
	});

	test("a long stack is not computed at a degree that serves few rows, and refused where none serves", async () => {
		const long = { n: 600, d: 2, depth: 1, heads: 1, width: 2 };
		const { routes, certificate } = await stackGradients(
			randomStack({ ...long, spread: 0.2 }),
			{ algorithm: "polynomial", relative: 0.02 },
			runtime,
		);
		expect(certificate?.perturbation).toBeLessThanOrEqual(0.02);
		for (const { forward, backward } of routes ?? [])
			for (const { degree, exactRows } of [forward, backward]) {
				expect(degree).toBeGreaterThan(1);
				expect(exactRows).toBeLessThan(200);
			}
		await expect(
			stackGradients(randomStack({ ...long, spread: 60 }), { algorithm: "polynomial", relative: 0.02 }, runtime),
		).rejects.toThrow(/forward through layer 1; no degree serves the scores/);
	});

	test("an accuracy that nothing proves is refused, naming the layer", async () => {
		await expect(stackGradients(deep, { algorithm: "polynomial", relative: 1e-20 }, runtime)).rejects.toThrow(
			/no degree proves relative 1e-20 forward through layer 1; degree \d+ proves/,
		);
	});
});

const difference = (a: Matrix, b: Matrix): Matrix => Matrix.build(a.rows, a.cols, (i, j) => a.at(i, j) - b.at(i, j));
const sum = (a: Matrix, b: Matrix): Matrix => Matrix.build(a.rows, a.cols, (i, j) => a.at(i, j) + b.at(i, j));
const lengths = (x: Matrix): number[] => Array.from({ length: x.rows }, (_, row) => Math.hypot(...x.row(row)));
const longest = (x: Matrix): number => Math.max(...lengths(x));
const total = (x: Matrix): number => lengths(x).reduce((a, b) => a + b);
