import type { AttentionStack, StackWeights } from "@attgrad/attention-problem";
import { ExactMatrix, exactBackward, exactOutput } from "@attgrad/attention-problem/reference";
import { createRuntime, Matrix, maxAbs, maxAbsDifference } from "@attgrad/matrix-core";
import { describe, expect, test } from "vitest";
import { stackGradients } from "./stack.ts";
import { randomStack, type Shape } from "./testing/random-stack.ts";

const runtime = await createRuntime({ kernel: "js" });

const shapes: [string, Shape][] = [
	["one layer", { n: 9, d: 3, depth: 1, causal: false }],
	["two layers in a row", { n: 11, d: 3, depth: 2 }],
	["heads, W_O and residual", { n: 10, d: 4, depth: 2, heads: 2, width: 3, residual: true }],
	["three layers, residual", { n: 7, d: 2, depth: 3, residual: true }],
];

/** Every matrix that a gradient is in, with that gradient. */
const matricesOf = (stack: AttentionStack, dE: Matrix, layers: readonly StackWeights[]): [string, Matrix, Matrix][] => [
	["E", stack.E, dE],
	...stack.layers.flatMap((weights, at) =>
		(Object.keys(weights) as (keyof StackWeights)[]).flatMap((name): [string, Matrix, Matrix][] => {
			const [value, gradient] = [weights[name], layers[at][name]];
			return value && gradient ? [[`${name} of layer ${at + 1}`, value, gradient]] : [];
		}),
	),
];

const inner = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
	Array.from(a).reduce((sum, x, at) => sum + x * b[at], 0);

describe.each(shapes)("%s", (_, shape) => {
	const stack = randomStack(shape);

	test("exact gradients agree with finite differences in every entry", async () => {
		const { dE, layers } = await stackGradients(stack, { algorithm: "streaming" }, runtime);
		const loss = async () =>
			inner((await stackGradients(stack, { algorithm: "streaming" }, runtime)).output.data, stack.dO.data);
		for (const [name, { data }, gradient] of matricesOf(stack, dE, layers)) {
			const differences: number[] = [];
			for (let at = 0; at < data.length; at++) {
				const kept = data[at];
				const lossAt = async (step: number) => {
					data[at] = kept + step;
					return loss();
				};
				// Fourth order: truncation and rounding below 1e-11 of the sizes here.
				const step = 1e-3;
				const [a, b, c, e] = [await lossAt(step), await lossAt(-step), await lossAt(2 * step), await lossAt(-2 * step)];
				data[at] = kept;
				differences.push((8 * (a - b) - (c - e)) / (12 * step));
			}
			const wanted = new Matrix(gradient.rows, gradient.cols, Float64Array.from(differences));
			expect(maxAbsDifference(gradient, wanted), name).toBeLessThan(1e-7 * maxAbs(wanted));
		}
	});

	test("exact gradients are those of whole numbers, up to rounding", async () => {
		const got = await stackGradients(stack, { algorithm: "streaming" }, runtime);
		const truth = exactStack(stack);
		expect(truth.output.distanceTo(got.output)).toBeLessThan(1e-13 * maxAbs(got.output));
		for (const [name, , gradient] of matricesOf(stack, got.dE, got.layers))
			expect(truth.gradients.get(name)?.distanceTo(gradient), name).toBeLessThan(1e-13 * maxAbs(gradient));
	});

	test.each([1, 5, 9])(
		"degree %i: gradients are within the end-to-end bound of those in whole numbers",
		async (degree) => {
			const got = await stackGradients(stack, { algorithm: "polynomial", degree }, runtime);
			const truth = exactStack(stack);
			const bound = got.certificate?.endToEnd;
			expect(bound?.layers).toHaveLength(stack.layers.length);
			expect(truth.output.distanceTo(got.output)).toBeLessThanOrEqual(bound?.output ?? Number.NaN);
			for (const [name, , gradient] of matricesOf(stack, got.dE, got.layers)) {
				const [, weight = "E", layer = "1"] = /^(\w+) of layer (\d+)$/.exec(name) ?? [];
				const own = name === "E" ? bound?.dE : bound?.layers[Number(layer) - 1][weight as keyof StackWeights];
				const error = truth.gradients.get(name)?.distanceTo(gradient) ?? Number.POSITIVE_INFINITY;
				expect(error, name).toBeLessThanOrEqual(own ?? Number.NaN);
				expect(error).toBeGreaterThan(0);
			}
		},
	);
});

/** Output and gradients of a stack in whole numbers: every product and sum exact, weights to 57 digits. */
function exactStack({ E, layers, dO, heads, width, scale, visibility, residual }: AttentionStack) {
	const visible = visibility.mask === "causal" ? (j: number, l: number) => l <= j : () => true;
	const plus = (a: ExactMatrix, b: ExactMatrix): ExactMatrix => a.minus(b.scaled(-1));
	const columns = (x: Matrix, head: number): ExactMatrix =>
		ExactMatrix.of(Matrix.build(x.rows, width, (i, j) => x.at(i, head * width + j)));
	const rowsOf = (x: Matrix | undefined, head: number): ExactMatrix =>
		ExactMatrix.of(x ? x.slice(head * width, (head + 1) * width) : Matrix.identity(width));
	let x = ExactMatrix.of(E);
	const forwards = layers.map((weights) => {
		const input = x;
		const parts = Array.from({ length: heads }, (_, head) => {
			const [Q, K, V] = [weights.Q, weights.K, weights.V].map((W) => input.times(columns(W, head)));
			const operands = { Q, K, V, scale, visible };
			return { operands, made: exactOutput(operands), W_O: rowsOf(weights.W_O, head) };
		});
		const made = parts.map(({ made, W_O }) => made.output.times(W_O)).reduce(plus);
		x = residual ? plus(input, made) : made;
		return { weights, input, parts };
	});
	const output = x;
	const gradients = new Map<string, ExactMatrix>();
	let dy = ExactMatrix.of(dO);
	for (const [at, { weights, input, parts }] of [...forwards.entries()].reverse()) {
		const sums: ExactMatrix[] = residual ? [dy] : [];
		const made: Record<"Q" | "K" | "V" | "W_O", ExactMatrix[]> = { Q: [], K: [], V: [], W_O: [] };
		for (const [head, { operands, made: forward, W_O }] of parts.entries()) {
			const { dQ, dK, dV } = exactBackward(operands, forward, dy.times(W_O.transposed()));
			made.W_O.push(forward.output.transposed().times(dy));
			for (const [name, gradient] of [
				["Q", dQ],
				["K", dK],
				["V", dV],
			] as const) {
				made[name].push(input.transposed().times(gradient));
				sums.push(gradient.times(columns(weights[name], head).transposed()));
			}
		}
		for (const name of ["Q", "K", "V"] as const) gradients.set(`${name} of layer ${at + 1}`, beside(made[name]));
		if (weights.W_O) gradients.set(`W_O of layer ${at + 1}`, beside(made.W_O.map((x) => x.transposed())).transposed());
		dy = sums.reduce(plus);
	}
	gradients.set("E", dy);
	return { output, gradients };
}

/** Matrices of one height side by side. */
function beside(parts: readonly ExactMatrix[]): ExactMatrix {
	const least = Math.min(...parts.map(({ exponent }) => exponent));
	const [{ rows }] = parts;
	const data: bigint[] = [];
	for (let i = 0; i < rows; i++)
		for (const { cols, data: own, exponent } of parts)
			for (let j = 0; j < cols; j++) data.push(own[i * cols + j] << BigInt(exponent - least));
	return new ExactMatrix(rows, data.length / rows, data, least);
}
