import { type AttentionProblem, asDtype, createProblem, readProblem } from "@attgrad/attention-problem";
import { truthOf } from "@attgrad/attention-problem/reference";
import { availableKernels, createRuntime, type Dtype, Matrix, seededRandom, unitRoundoff } from "@attgrad/matrix-core";
import { expect, test } from "vitest";
import { exactForward } from "../forward.ts";
import { relativeError } from "../testing/relative-errors.ts";
import { doubleWays, ways } from "../testing/ways.ts";

const [n, d] = [16, 4];

/** A problem of uniform entries, but for the keys, which are made of uniform numbers u. */
function keysOf(
	key: (l: number, b: number, u: number) => number,
	query = (_b: number, u: number) => u,
): AttentionProblem {
	const uniform = (name: string, entry = (_row: number, _col: number, u: number) => u) => {
		const random = seededRandom(7, name);
		return Matrix.build(n, d, (row, col) => entry(row, col, random.uniform(-1, 1)));
	};
	const identity = Matrix.build(d, d, (i, j) => (i === j ? 1 : 0));
	return createProblem(
		{
			A1: uniform("A1", (_, b, u) => query(b, u)),
			A2: uniform("A2", key),
			A3: uniform("A3"),
			E: uniform("E"),
			X: identity,
			Y: identity,
		},
		0.25,
	);
}

/** The last coordinate of queries is 1, and of masked keys -size: their weights are 0. */
const masked = (size: number, isMasked = (l: number) => l >= n / 2) =>
	keysOf(
		(l, b, u) => (b === d - 1 && isMasked(l) ? -size : u),
		(b, u) => (b === d - 1 ? 1 : u),
	);

const sizes = [1e4, 1e9, 1e12, 1e15, 1e20, 1e30];
const cases: [string, AttentionProblem][] = [
	...sizes.map((size): [string, AttentionProblem] => [`half of the keys masked by -${size}`, masked(size)]),
	["all keys but two masked by -1e15", masked(1e15, (l) => l !== 3 && l !== 8)],
	["one key masked by -1e15", masked(1e15, (l) => l === 3)],
	[
		"one column of keys dominates, both signs",
		keysOf(
			(_, b, u) => (b === 1 ? u * 1e8 : u),
			(b, u) => (b === 1 ? u * 1e-8 : u),
		),
	],
	[
		"one far key that no query looks at",
		keysOf(
			(l, b, u) => (l === 5 && b === 2 ? 1e12 : u),
			(b, u) => (b === 2 ? 0 : u),
		),
	],
	[
		"keys of magnitudes from 1e-12 to 1e12",
		keysOf(
			(l, _, u) => u * 10 ** (3 * l - 24),
			(_, u) => u * 1e-12,
		),
	],
];

for (const [name, problem] of cases)
	test.each(ways)(`${name}: $name keeps its digits`, async ({ dtype, roundoff, sumRoundoff, run }) => {
		const { gradient, gradientY } = await run(problem);
		const truth = truthOf(asDtype(problem, dtype));
		// sums of n and of d terms, scores of size about 1, shifted keys at most twice as large: measured below 4 n u
		const tolerance = 16 * n * Math.max(roundoff, sumRoundoff);
		expect(relativeError(truth.gradient, gradient)).toBeLessThan(tolerance);
		expect(relativeError(truth.gradientY, gradientY ?? Matrix.zeros(d, d))).toBeLessThan(tolerance);
	});

test.each(doubleWays.filter(({ centresKeys }) => centresKeys))(
	"$name keeps the digits of keys at an offset of 1e6 beside masked keys",
	async ({ run }) => {
		const offset = keysOf(
			(l, b, u) => (b === d - 1 && l % 2 === 1 ? -1e15 : 1e6 + u),
			(b, u) => (b === d - 1 ? 1 : u),
		);
		const { gradient } = await run(offset);
		// without the shift: 1e6 u = 1e-10
		expect(relativeError(truthOf(offset).gradient, gradient)).toBeLessThan(1e-13);
	},
);

test.each(["1e09", "1e15"])("masked keys of a file, -%s", async (size) => {
	const { problem } = await readProblem(new URL(`../../fixtures/masked-keys-${size}.npz`, import.meta.url).pathname);
	for (const { name, run } of doubleWays) {
		const { gradient } = await run(problem);
		expect(relativeError(truthOf(problem).gradient, gradient), name).toBeLessThan(1e-13);
	}
});

test("queries so small that their squares underflow, with keys so large that scores are not", async () => {
	const problem = keysOf(
		(_, b, u) => (b === 0 ? u * 1e180 : u),
		(b, u) => (b === 0 ? u * 1e-177 : u * 1e-170),
	);
	for (const { name, run } of doubleWays) {
		const { gradientY } = await run(problem);
		// scores reach 250: their rounding is d · 250 u
		expect(relativeError(truthOf(problem).gradientY, gradientY ?? Matrix.zeros(d, d)), name).toBeLessThan(1e-12);
	}
});

const forwards = (await availableKernels()).flatMap((kernel) =>
	(["f64", "f32"] as Dtype[]).map((dtype) => ({ kernel, dtype })),
);

test.each(forwards)("outputs beside masked keys keep their digits: $kernel, $dtype", async ({ kernel, dtype }) => {
	const runtime = await createRuntime({ kernel });
	for (const [name, problem] of cases) {
		const { A1, A2, A3, X, Y, ...rest } = asDtype(problem, dtype);
		const layer = { A1, A2, A3, X, Y, ...rest };
		const outputs = Matrix.zeros(n, d, dtype);
		await exactForward.run(layer, {}, runtime, (from, rows) => outputs.data.set(rows.data, from * d));
		const { output } = truthOf(asDtype(problem, dtype));
		expect(relativeError(output, outputs), name).toBeLessThan(16 * n * unitRoundoff(dtype));
	}
	await runtime.close();
});
