import { type AttentionProblem, inMemory } from "@attgrad/attention-problem";
import { ComputationError, Matrix, type Numbers, type RowSource, UsageError } from "@attgrad/matrix-core";
import { describe, expect, test } from "vitest";
import "@attgrad/matrix-core/testing";
import { denseGradient } from "../dense.ts";
import { instance } from "../testing/instances.ts";
import { streamingGradient } from "./streaming.ts";

/** Rows that are read through the interface only, with a note of what was read. */
class ReadRows implements RowSource {
	readonly matrix: Matrix;
	readonly reads: [number, number][] = [];

	constructor(matrix: Matrix) {
		this.matrix = matrix;
	}

	get rows() {
		return this.matrix.rows;
	}

	get cols() {
		return this.matrix.cols;
	}

	get dtype() {
		return this.matrix.dtype;
	}

	readRows(from: number, to: number, target: Numbers): void {
		this.reads.push([from, to]);
		this.matrix.readRows(from, to, target);
	}
}

const behindReads = ({ A1, A2, A3, E, ...rest }: AttentionProblem) => ({
	...rest,
	A1: new ReadRows(A1),
	A2: new ReadRows(A2),
	A3: new ReadRows(A3),
	E: new ReadRows(E),
});

describe("blocks", () => {
	test("the block size does not change the result, to the last bit", async () => {
		const problem = instance({ n: 111, d: 5 });
		const one = await streamingGradient(problem, { blockRows: 1 });
		for (const blockRows of [undefined, 2, 3, 4, 63, 64, 111, 5000])
			expect(await streamingGradient(problem, { blockRows })).toEqual(one);
	});

	test.each([0, -1, 1.5, Number.NaN])("blockRows = %d is refused", async (blockRows) => {
		await expect(streamingGradient(instance({ n: 2, d: 1 }), { blockRows })).rejects.toThrow(UsageError);
	});

	test("A1 and E are read block by block and once, keys and value inputs once", async () => {
		const problem = behindReads(instance({ n: 10, d: 2 }));
		await streamingGradient(problem, { blockRows: 4 });
		const blocks = [
			[0, 4],
			[4, 8],
			[8, 10],
		];
		expect(problem.A1.reads).toEqual(blocks);
		expect(problem.E.reads).toEqual(blocks);
		expect(problem.A2.reads).toEqual([[0, 10]]);
		expect(problem.A3.reads).toEqual([[0, 10]]);
	});

	test("rows from a source give what the matrix in memory gives", async () => {
		const problem = instance({ n: 33, d: 3 });
		expect(await streamingGradient(behindReads(problem))).toEqual(await streamingGradient(inMemory(problem)));
	});
});

describe("long computations", () => {
	// 4 n² d = 7e7 multiplications are more than one turn
	const problem = instance({ n: 1500, d: 8 });

	test("progress rises to n", async () => {
		const seen: number[] = [];
		await streamingGradient(problem, {
			onProgress: (done, total) => {
				expect(total).toBe(1500);
				seen.push(done);
			},
		});
		expect(seen.length).toBeGreaterThanOrEqual(2);
		expect(seen.at(-1)).toBe(1500);
		expect(seen).toEqual([...new Set(seen)].sort((a, b) => a - b));
	});

	test("the event loop turns meanwhile", async () => {
		let turns = 0;
		const count = () => {
			turns++;
			next = setImmediate(count);
		};
		let next = setImmediate(count);
		await streamingGradient(problem);
		clearImmediate(next);
		expect(turns).toBeGreaterThanOrEqual(2);
	});
});

describe("numbers that are not finite", () => {
	test.each(["A1", "A2", "A3", "E"] as const)("NaN in the rows of %s is a failure, not a result", async (name) => {
		const problem = behindReads(instance({ n: 6, d: 2 }));
		problem[name].matrix.data[7] = Number.NaN;
		await expect(streamingGradient(problem)).rejects.toThrow(ComputationError);
		await expect(streamingGradient(problem)).rejects.toThrow(/not finite/);
	});

	test("products that overflow are a failure in every algorithm", async () => {
		const problem = instance({ n: 3, d: 2 });
		const huge = { ...problem, A3: Matrix.build(3, 2, () => 1e300), Y: Matrix.build(2, 2, () => 1e300) };
		await expect(streamingGradient(huge)).rejects.toThrow(ComputationError);
		expect(() => denseGradient(huge)).toThrow(ComputationError);
	});
});

describe("keys with a common offset", () => {
	test("of 10⁶ cost no accuracy", async () => {
		const problem = instance({ n: 40, d: 3 });
		// whole multiples of 2⁻³⁰, so that the offset is added without rounding
		const keys = Matrix.build(40, 3, (l, b) => Math.round(problem.A2.at(l, b) * 2 ** 30) / 2 ** 30);
		const shifted = { ...problem, A2: Matrix.build(40, 3, (l, b) => keys.at(l, b) + 2 ** 20) };
		const { gradient } = await streamingGradient({ ...problem, A2: keys });
		// the same centred keys up to the rounding of the midrange: a few roundings
		expect((await streamingGradient(shifted)).gradient).toBeAllclose(gradient, { rtol: 1e-14, atol: 1e-15 });
	});
});
