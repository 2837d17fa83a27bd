import { type AttentionProblem, createProblem } from "@attgrad/attention-problem";
import { truthOf } from "@attgrad/attention-problem/reference";
import { ColumnShift, createRuntime, Matrix, maxAbs, seededRandom } from "@attgrad/matrix-core";
import { expect, test } from "vitest";
import { approximateAlgorithms } from "../index.ts";
import { keyCentres, valueCentres } from "./centres.ts";
import { spansOf } from "./spans.ts";

const [n, d] = [40, 3];

type Entry = (row: number, column: number, u: number) => number;

const same: Entry = (_row, _column, u) => u;

/** A problem of uniform entries u but for those that are said; all queries see the last coordinate as it is. */
function problemOf({ keys = same, values = same }: { keys?: Entry; values?: Entry }): AttentionProblem {
	const uniform = (name: string, entry = same) => {
		const random = seededRandom(3, name);
		return Matrix.build(n, d, (l, b) => entry(l, b, random.uniform(-1, 1)));
	};
	return createProblem({
		A1: uniform("A1", (_, b, u) => (b === d - 1 ? 1 : u)),
		A2: uniform("A2", keys),
		A3: uniform("A3", values),
		E: uniform("E"),
		X: Matrix.identity(d),
		Y: Matrix.identity(d),
	});
}

const isMasked = (l: number) => l % 2 === 1;
const masked =
	(far: number): Entry =>
	(l, b, u) =>
		b === d - 1 ? (isMasked(l) ? -far : 0) : u;

/** Algorithms that compute rows or keys exactly where features do not serve, and distances at which no row has them. */
const cases: [string, object, number[]][] = [
	["support-basis", { degree: 4 }, [1e4, 1e6, 1e9, 1e15, 1e20]],
	["hybrid", { rank: 8 }, [1e9, 1e15, 1e20]],
	["polynomial", { basis: "gauss", degree: 4 }, [1e4, 1e6]],
];

for (const [name, options, distances] of cases)
	test.each(distances)(`${name}: ordinary keys keep their digits beside keys masked by -%s`, async (far) => {
		const found = approximateAlgorithms.find((algorithm) => algorithm.name === name);
		if (!found) throw new Error(`no ${name}`);
		const runtime = await createRuntime({ kernel: "js" });
		// Masked rows may hold any values: one outlier, or all of them. A polynomial takes its values about their midrange.
		const behind: Entry[] = [
			same,
			(l, _, u) => (isMasked(l) ? far * u : u),
			(l, b, u) => (l === 1 && b === 0 ? far : u),
		];
		for (const values of name === "polynomial" ? behind.slice(0, 1) : behind) {
			const problem = problemOf({ keys: masked(far), values });
			const { gradient, certificate } = await found.run(problem, found.options.parse(options), runtime);
			const truth = truthOf(problem).gradient;
			const error = truth.distanceTo(gradient);
			expect(error).toBeLessThanOrEqual(certificate?.bound ?? 0);
			// all rows are exact, and shifted keys are at most twice as large: sums of n terms; values lose 10 bits at most
			expect(error / maxAbs(truth.toMatrix())).toBeLessThan(8 * n * (values === same ? 2 ** -53 : 2 ** -43));
		}
		await runtime.close();
	});

test("features that far keys make 0 are refused in one line", async () => {
	const runtime = await createRuntime({ kernel: "js" });
	const refused: [string, object, RegExp][] = [
		["nystrom", { rank: 8 }, /^nystrom: scores reach \d+, .*use streaming, support-basis or hybrid$/],
		["random-features", { features: 8 }, /^random-features: scores reach \d+, /],
		["polynomial", { degree: 4 }, /scores reach \d+/],
	];
	for (const [name, options, message] of refused) {
		const found = approximateAlgorithms.find((algorithm) => algorithm.name === name);
		const run = found?.run(problemOf({ keys: masked(1e4) }), found.options.parse(options), runtime);
		await expect(run).rejects.toThrow(message);
	}
	await runtime.close();
});

test("midranges stay where no extreme sets them", () => {
	const { keyCentre, keyHalf, valueCentre } = spansOf(problemOf({ keys: (_l, _b, u) => 1e6 + u }));
	for (let b = 0; b < d; b++) {
		expect(Math.abs(keyCentre[b] - 1e6)).toBeLessThan(0.2);
		expect(keyHalf[b]).toBeLessThanOrEqual(1);
		expect(Math.abs(valueCentre[b])).toBeLessThan(0.2);
	}
});

test("centres: no entry is further than the half-range, which is at least half the range; equal entries have none", () => {
	const random = seededRandom(11);
	for (let round = 0; round < 200; round++) {
		const size = 10 ** random.uniform(-8, 8);
		const rows = Array.from({ length: random.integer(1, 9) }, () =>
			random.integer(0, 2) === 0 ? 1e12 * random.uniform(-1, 1) : size + random.uniform(-1, 1),
		);
		const columns = new ColumnShift(1);
		columns.add(Float64Array.from(rows));
		for (const { centre, half } of [
			keyCentres(columns, [1]),
			keyCentres(columns, [1e-20]),
			valueCentres(columns, [1]),
		]) {
			for (const row of rows) expect(Math.abs(row - centre[0])).toBeLessThanOrEqual(half[0]);
			expect(half[0]).toBeGreaterThanOrEqual((Math.max(...rows) - Math.min(...rows)) / 2);
		}
	}
	const equal = new ColumnShift(1);
	equal.add(Float64Array.of(1e6 + 0.1, 1e6 + 0.1));
	expect(keyCentres(equal, [1])).toEqual({ centre: Float64Array.of(1e6 + 0.1), half: Float64Array.of(0) });
});
