import { createRuntime, Matrix, seededRandom } from "@attgrad/matrix-core";
import { describe, expect, it } from "vitest";
import { exactCore } from "./cores/exact-core.ts";
import { createAdam } from "./network/adam.ts";
import { type AttentionCore, joinHeads, splitHeads } from "./network/attention.ts";
import { boundEntries } from "./network/bound-entries.ts";
import { crossEntropy, IGNORED } from "./network/cross-entropy.ts";
import { linear, mlp, type Pass, rmsNorm, silu } from "./network/layer.ts";
import { type Batch, createModel, type LanguageModel, lossOf } from "./network/model.ts";
import { clearGradients, normalParameter, type Parameter } from "./network/parameter.ts";
import { plainCore } from "./network/plain-core.ts";
import { rotate } from "./network/rotary.ts";

const random = seededRandom(3, "network");
const normal = (rows: number, cols: number) => Matrix.build(rows, cols, () => random.normal());
const weight = (rows: number, cols: number) => normalParameter("w", rows, cols, 0.7, random);

/** <u, f(x)> and central differences of it in every entry of `at`; step 1e-5: truncation and rounding are below 1e-9 of the sizes here. */
function differences(value: () => number, { data }: Matrix): Float64Array {
	const step = 1e-5;
	return Float64Array.from(data, (kept, i) => {
		data[i] = kept + step;
		const above = value();
		data[i] = kept - step;
		const below = value();
		data[i] = kept;
		return (above - below) / (2 * step);
	});
}

const largest = (values: ArrayLike<number>) => Array.from(values).reduce((most, x) => Math.max(most, Math.abs(x)), 0);

function expectClose(got: ArrayLike<number>, expected: ArrayLike<number>, relative = 1e-7): void {
	const size = largest(expected);
	expect(largest(Array.from(got, (x, i) => x - expected[i]))).toBeLessThanOrEqual(relative * size);
	expect(size).toBeGreaterThan(0);
}

const inner = (a: Matrix, b: Matrix) => dot(a.data, b.data);

function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
	let sum = 0;
	for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
	return sum;
}

describe("the backward pass of each layer is its derivative", () => {
	const x = normal(7, 6);
	const gain = weight(1, 6);
	const wide = weight(6, 5);
	const back = weight(5, 6);
	const cases: [string, (x: Matrix) => Pass, Parameter[]][] = [
		["linear", (x) => linear(x, wide), [wide]],
		["RMSNorm", (x) => rmsNorm(x, gain), [gain]],
		["SiLU", silu, []],
		["MLP", (x) => mlp(x, wide, back), [wide, back]],
		["norm bound", (x) => boundEntries(x, { kind: "norm", gain: 3 }), []],
		["capped norm", (x) => boundEntries(x, { kind: "cap", gain: 3 }), []],
		["rotary positions", (x) => ({ output: rotate(x, 7), backward: (gradient) => rotate(gradient, 7, -1) }), []],
	];
	it.each(cases)("%s", (_, layer, parameters) => {
		const pass = layer(x);
		const upstream = normal(pass.output.rows, pass.output.cols);
		clearGradients(parameters);
		const gradient = pass.backward(upstream);
		const value = () => inner(upstream, layer(x).output);
		expectClose(gradient.data, differences(value, x));
		for (const { value: at, gradient } of parameters) expectClose(gradient.data, differences(value, at));
	});

	it("cross-entropy", () => {
		const logits = normal(7, 6);
		const targets = Int32Array.of(0, 5, IGNORED, 3, 3, IGNORED, 1);
		const value = () => crossEntropy(logits, targets).loss;
		expectClose(crossEntropy(logits, targets).gradient.data, differences(value, logits));
		expect(crossEntropy(logits, targets).counted).toBe(5);
	});
});

describe("rows of queries and keys", () => {
	it("have scores within the gain, whichever way they are bounded", () => {
		const [Q, K] = [normal(40, 4), normal(40, 4)].map((rows) => Matrix.build(40, 4, (i, j) => 50 * rows.at(i, j)));
		for (const kind of ["norm", "cap"] as const) {
			const [q, k] = [Q, K].map((rows) => boundEntries(rows, { kind, gain: 2.5 }).output);
			for (let i = 0; i < 40; i++)
				for (let j = 0; j < 40; j++)
					expect(Math.abs(inner(q.slice(i, i + 1), k.slice(j, j + 1)))).toBeLessThanOrEqual(2.5 * (1 + 1e-14));
		}
	});

	it("turn back to themselves, and keep products of equal distance", () => {
		const x = normal(10, 5);
		expectClose(rotate(rotate(x, 5), 5, -1).data, x.data, 1e-14);
		const same = Matrix.build(9, 4, (_, j) => x.at(0, j));
		const turned = rotate(same, 9);
		const product = (i: number, j: number) => inner(turned.slice(i, i + 1), turned.slice(j, j + 1));
		expect(Math.abs(product(2, 5) - product(4, 7))).toBeLessThan(1e-13);
	});

	it("are split into heads and joined again", () => {
		const x = normal(2 * 5, 3 * 4);
		expect(joinHeads(splitHeads(x, 2, 5, 3), 2, 5, 3)).toEqual(x);
		expect(splitHeads(x, 2, 5, 3).row((1 * 3 + 2) * 5 + 4)).toEqual(x.row(1 * 5 + 4).subarray(8, 12));
	});
});

const batch = (vocabulary: number, sequences: number, n: number): Batch => {
	const tokens = () => Int32Array.from({ length: sequences * n }, () => random.integer(0, vocabulary - 1));
	return { batch: sequences, n, tokens: tokens(), targets: tokens() };
};

/** Central differences of the loss along a random direction in each parameter, against the gradient. */
async function expectGradient(model: LanguageModel, data: Batch, core: AttentionCore): Promise<void> {
	clearGradients(model.parameters);
	await lossOf(model, data, core);
	const loss = async () => (await lossOf(model, data, core, { backward: false })).loss;
	const total = Math.sqrt(model.parameters.reduce((sum, { gradient }) => sum + inner(gradient, gradient), 0));
	for (const { name, value, gradient } of model.parameters) {
		const direction = Float64Array.from(value.data, () => random.normal());
		const length = Math.sqrt(direction.reduce((sum, x) => sum + x * x, 0));
		const kept = value.data.slice();
		const at = async (step: number) => {
			for (let i = 0; i < kept.length; i++) value.data[i] = kept[i] + (step * direction[i]) / length;
			return loss();
		};
		// Fourth order: truncation 1e-12, rounding 1e-16 / 1e-3.
		const step = 1e-3;
		const [a, b, c, e] = [await at(step), await at(-step), await at(2 * step), await at(-2 * step)];
		value.data.set(kept);
		const expected = (8 * (a - b) - (c - e)) / (12 * step);
		const got = dot(gradient.data, direction) / length;
		expect(Math.abs(got - expected), name).toBeLessThan(1e-7 * total);
	}
}

describe("a language model", async () => {
	const operator = exactCore(await createRuntime({ kernel: "js" }));
	it.each([
		["none", "the definition", plainCore],
		["norm", "the definition", plainCore],
		["cap", "the definition", plainCore],
		["none", "the operator", operator],
		["norm", "the operator", operator],
	] as const)(
		"has the gradient of its loss in every weight, entries bounded: %s, attention by %s",
		async (kind, _, core) => {
			const bound = kind === "none" ? { kind } : { kind, gain: 2 };
			const model = createModel({ vocabulary: 11, layers: 2, heads: 2, width: 4, bound }, 5);
			await expectGradient(model, batch(11, 2, 9), core);
		},
	);

	it("does not see the tokens behind", async () => {
		const model = createModel({ vocabulary: 7, layers: 2, heads: 2, width: 4, bound: { kind: "none" } }, 1);
		const data = batch(7, 1, 8);
		const first = { ...data, targets: data.targets.map((target, i) => (i < 4 ? target : IGNORED)) };
		const changed = { ...first, tokens: first.tokens.map((token, i) => (i < 4 ? token : (token + 1) % 7)) };
		const losses = await Promise.all([first, changed].map((data) => lossOf(model, data, plainCore)));
		expect(losses[0].loss).toBe(losses[1].loss);
	});

	it("learns by Adam, the same for the same seed", async () => {
		const course = async () => {
			const model = createModel({ vocabulary: 5, layers: 1, heads: 1, width: 4, bound: { kind: "none" } }, 2);
			const data: Batch = {
				batch: 1,
				n: 6,
				tokens: Int32Array.of(0, 1, 2, 3, 4, 0),
				targets: Int32Array.of(1, 2, 3, 4, 0, 1),
			};
			const step = createAdam(model.parameters, { rate: 0.03 });
			const losses: number[] = [];
			for (let at = 0; at < 60; at++) {
				clearGradients(model.parameters);
				losses.push((await lossOf(model, data, plainCore)).loss);
				step();
			}
			return losses;
		};
		const [one, two] = [await course(), await course()];
		expect(one).toEqual(two);
		expect(one[59]).toBeLessThan(0.1 * one[0]);
	});
});
