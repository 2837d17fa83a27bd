import {
	type BackwardProblem,
	createBackwardProblem,
	generateProblem,
	headsOf,
	type Visibility,
	visibleKeys,
} from "@attgrad/attention-problem";
import { operatorTruth } from "@attgrad/attention-problem/reference";
import { definitionBackward } from "@attgrad/exact-gradient";
import {
	availableKernels,
	ComputationError,
	createRuntime,
	type Dtype,
	Matrix,
	maxAbsDifference,
	multiply,
	seededRandom,
} from "@attgrad/matrix-core";
import { afterAll, describe, expect, test, vi } from "vitest";
import { polynomial } from "../polynomial/polynomial.ts";
import { exactPass } from "./hybrid/exact-part.ts";
import { backwardPolynomial } from "./polynomial-backward.ts";

// As it is, with its calls counted.
vi.mock("./hybrid/exact-part.ts", { spy: true });

const runtimes = await Promise.all(
	(await availableKernels()).map((kernel) => createRuntime({ kernel, threads: kernel === "js" ? 1 : 2 })),
);
afterAll(() => Promise.all(runtimes.map((runtime) => runtime.close())));

interface Sizes {
	readonly batch?: number;
	readonly heads?: number;
	readonly keyHeads?: number;
	/** Added to every key, and to every value. */
	readonly offset?: number;
	readonly dtype?: Dtype;
	/** Of the first key, times the others. */
	readonly sink?: number;
	readonly n_q?: number;
	readonly n_k?: number;
	readonly visibility?: Visibility;
}

/** Queries of which one in five looks at the first key, which is far longer than the others, or away from it. */
function sinks({
	batch = 1,
	heads = 1,
	keyHeads = heads,
	offset = 0,
	dtype = "f64",
	sink = 100,
	n_q = 20,
	n_k = 31,
	visibility = { mask: "none" },
}: Sizes = {}) {
	const random = seededRandom(5, `${heads} ${offset} ${sink}`);
	const [d, d_v] = [3, 2];
	const rows = (count: number, cols: number, entry: (row: number) => number): Matrix =>
		Matrix.build(count, cols, entry).as(dtype);
	const Q = rows(batch * heads * n_q, d, (j) => (j % 5 === 4 ? 4 : 0.02) * random.uniform(-1, 1));
	const K = rows(batch * keyHeads * n_k, d, (l) => offset + (l % n_k === 0 ? sink : 1) * 0.05 * random.uniform(0.5, 1));
	const V = rows(batch * keyHeads * n_k, d_v, () => offset + random.uniform(-1, 1));
	const dO = rows(batch * heads * n_q, d_v, () => random.uniform(-1, 1));
	const array = (rows: Matrix, heads: number) => ({
		rows,
		shape: [batch, heads, rows.rows / (batch * heads), rows.cols],
	});
	return createBackwardProblem(
		{ Q: array(Q, heads), K: array(K, keyHeads), V: array(V, keyHeads), dO: array(dO, heads) },
		{ scale: 0.7, visibility },
	);
}

type Truth = Record<"dQ" | "dK" | "dV" | "output", Matrix>;

/** The sums of all heads by whole numbers, which take a while: once for all kernels. */
const truths = new Map<string, Truth>();

function truthOf(problem: BackwardProblem, key: string): Truth {
	const known = truths.get(key);
	if (known) return known;
	const { batch, heads, keyHeads, n_q, n_k, d, d_v, scale, visibility } = problem;
	const [queries, keys] = [batch * heads * n_q, batch * keyHeads * n_k];
	const of = { dQ: Matrix.zeros(queries, d), dK: Matrix.zeros(keys, d), dV: Matrix.zeros(keys, d_v) };
	const made = { ...of, output: Matrix.zeros(queries, d_v) };
	const { lo, hi } = visibleKeys(visibility, n_q, n_k);
	for (const { index, keyIndex, Q, K, V, dO } of headsOf(problem)) {
		if (!dO) expect.unreachable("there is an upstream gradient");
		const truth = operatorTruth({ Q, K, V, scale, visible: (j, l) => lo[j] <= l && l < hi[j] }, dO);
		made.dQ.data.set(truth.dQ.toMatrix().data, index * n_q * d);
		made.output.data.set(truth.output.toMatrix().data, index * n_q * d_v);
		for (const [name, width] of [
			["dK", d],
			["dV", d_v],
		] as const)
			for (const [at, x] of truth[name].toMatrix().data.entries()) made[name].data[keyIndex * n_k * width + at] += x;
	}
	truths.set(key, made);
	return made;
}

/** Expects rows without a polynomial, and every entry of every gradient and the outputs within their bounds, against whole numbers. */
async function expectProved(problem: BackwardProblem, runtime: (typeof runtimes)[number], key: string): Promise<void> {
	const options = backwardPolynomial.options.parse({ degree: 5 });
	const got = await backwardPolynomial.run(problem, options, runtime, { output: true, rowBounds: true });
	expect(got.exactRows).toBeGreaterThan(0);
	expect(got.exactRows).toBeLessThan(problem.batch * problem.heads * problem.n_q);
	const of = truthOf(problem, key);
	for (const [at, x] of of.output.data.entries())
		expect(Math.abs((got.output?.data[at] ?? Number.NaN) - x)).toBeLessThan(0.01);
	for (const name of ["dQ", "dK", "dV"] as const)
		for (const [at, x] of of[name].data.entries()) {
			const bound = got.certificate?.rowBounds?.[name][Math.floor(at / of[name].cols)] ?? 0;
			// The truth is rounded, once for each head of a group, and so is a result in single precision.
			const rounded =
				(problem.heads / problem.keyHeads) * 2 ** -52 * (1 + Math.abs(x)) +
				(problem.Q.dtype === "f32" ? 2 ** -24 : 0) * Math.abs(x);
			expect(Math.abs(got[name].data[at] - x), `${name} ${at}`).toBeLessThanOrEqual(bound + rounded);
		}
}

const causal: Visibility = { mask: "causal" };

/** Masks with rows of their own intervals that no polynomial serves, enough for a pass of their own. */
const masked: readonly Sizes[] = [
	{ n_q: 220, n_k: 220, visibility: causal },
	{ n_q: 150, n_k: 220, visibility: causal, offset: 1e3 },
	{ n_q: 220, n_k: 150, visibility: causal, dtype: "f32" },
	{ n_q: 330, n_k: 330, visibility: { ...causal, window: 120 } },
	{ heads: 4, keyHeads: 2, n_q: 150, n_k: 150, visibility: causal, offset: -3 },
	{ n_q: 350, n_k: 350, visibility: { mask: "none", lengths: [200, 1, 149] } },
	{ n_q: 350, n_k: 350, visibility: { ...causal, lengths: [250, 3, 97] } },
];

describe.each(runtimes)("rows that no polynomial serves, kernel $kernel", (runtime) => {
	test.each<Sizes>([
		{},
		{ batch: 2, heads: 2 },
		{ heads: 4, keyHeads: 2 },
		{ offset: 1e3 },
		{ offset: -1e6, sink: 1000 },
		{ dtype: "f32" },
	])("are within their bounds: %j", (sizes) => expectProved(sinks(sizes), runtime, JSON.stringify(sizes)));

	test.each(masked)("are within their bounds under masks, by the exact pass: %j", async (sizes) => {
		vi.mocked(exactPass).mockClear();
		await expectProved(sinks(sizes), runtime, JSON.stringify(sizes));
		if (runtime.kernel !== "js") expect(exactPass).toHaveBeenCalled();
	});

	test.each([
		[1e150, 1e-312],
		[1e100, 1e20],
		[1e-150, 1e140],
	])("are within their bounds for queries of size %d at a scale of %d", async (size, scale) => {
		const { Q, K, V, dO } = sinks();
		const times = ({ rows, cols, data }: Matrix, factor: number) =>
			Matrix.build(rows, cols, (j, b) => data[j * cols + b] * factor);
		const given = { Q: times(Q, size), K: times(K, 1 / size / scale), V, dO };
		await expectProved(createBackwardProblem(given, { scale }), runtime, `${size} ${scale}`);
	});

	test("fail where values about their centre overflow", async () => {
		const { Q, K, V, dO, scale } = sinks();
		const far = Matrix.build(V.rows, V.cols, (l) => (l === 0 ? 1.7e308 : -0.9e308));
		const problem = createBackwardProblem({ Q, K, V: far, dO }, { scale });
		const options = backwardPolynomial.options.parse({ degree: 5 });
		await expect(backwardPolynomial.run(problem, options, runtime)).rejects.toThrow(ComputationError);
	});

	test("have rounding that heads with keys of their own do not share", async () => {
		const floorsOf = async (heads: number) => {
			const { Q, K, V, dO, scale } = sinks();
			const repeated = ({ rows, cols, data }: Matrix) => ({
				rows: Matrix.build(heads * rows, cols, (row, b) => data[(row % rows) * cols + b]),
				shape: [1, heads, rows, cols],
			});
			const given = { Q: repeated(Q), K: repeated(K), V: repeated(V), dO: repeated(dO) };
			const options = backwardPolynomial.options.parse({ degree: 5 });
			const got = await backwardPolynomial.run(createBackwardProblem(given, { scale }), options, runtime);
			expect(got.exactRows).toBeGreaterThan(0);
			return got.certificate?.floatFloor;
		};
		expect(await floorsOf(4)).toEqual(await floorsOf(1));
	});

	test("have the numbers and lse of the exact pass", async () => {
		const problem = sinks({ heads: 4, keyHeads: 2, offset: 3 });
		const options = backwardPolynomial.options.parse({ degree: 9 });
		const got = await backwardPolynomial.run(problem, options, runtime, { output: true });
		for (const { index, Q, K } of headsOf(problem))
			for (let j = 0; j < problem.n_q; j++) {
				let sum = 0;
				for (let l = 0; l < problem.n_k; l++) {
					let score = 0;
					for (let b = 0; b < problem.d; b++) score += problem.scale * Q.at(j, b) * K.at(l, b);
					sum += Math.exp(score);
				}
				expect(got.lse?.[index * problem.n_q + j]).toBeCloseTo(Math.log(sum), 8);
			}
	});
});

test.each(masked)("gradients are the same for every number of threads: %j", async (sizes) => {
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
});

test.each<Sizes>([{}, { n_k: 1200, visibility: { mask: "causal", window: 900 } }])(
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
