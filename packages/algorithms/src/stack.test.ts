import {
	endToEnd,
	largestPerturbation,
	type ProvedPass,
	perturbationOf,
	polynomialStack,
} from "@attgrad/approx-gradient";
import {
	type AttentionOperands,
	type AttentionStack,
	createStack,
	joinHeads,
	type OperatorGradients,
	runStack,
	type StackWeights,
} from "@attgrad/attention-problem";
import { ExactMatrix, exactBackward, exactOutput, operatorTruth } from "@attgrad/attention-problem/reference";
import { createRuntime, Matrix, maxAbs, maxAbsDifference, seededRandom } from "@attgrad/matrix-core";
import { describe, expect, test } from "vitest";
import { stackGradients } from "./stack.ts";

const runtime = await createRuntime({ kernel: "js" });

interface Shape {
	readonly n: number;
	readonly d: number;
	readonly depth: number;
	readonly heads?: number;
	readonly width?: number;
	readonly residual?: boolean;
	readonly causal?: boolean;
	/** Standard deviation of scores, about. */
	readonly spread?: number;
}

/** A stack of normal entries, the same for the same shape. */
function randomStack({
	n,
	d,
	depth,
	heads,
	width,
	residual = false,
	causal = true,
	spread = 0.5,
}: Shape): AttentionStack {
	const random = seededRandom(7 * n + depth, "stack");
	const normal = (rows: number, cols: number, deviation: number) =>
		Matrix.build(rows, cols, () => deviation * random.normal());
	const columns = heads === undefined ? d : heads * (width ?? 2);
	const layers = Array.from({ length: depth }, (): StackWeights => {
		const [Q, K] = [0, 0].map(() => normal(d, columns, Math.sqrt(spread / Math.sqrt(columns / (heads ?? 1)) / d)));
		const V = normal(d, columns, 1 / Math.sqrt(d));
		return { Q, K, V, ...(heads !== undefined && { W_O: normal(columns, d, 1 / Math.sqrt(columns)) }) };
	});
	const settings = { residual, scale: 1, ...(heads !== undefined && { heads }) };
	const given = { E: normal(n, d, 1), layers, dO: normal(n, d, 1 / n) };
	return createStack(given, { ...settings, ...(causal && { visibility: { mask: "causal" as const } }) });
}

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
