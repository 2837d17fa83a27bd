import type { Dtype } from "@attgrad/matrix-core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ResultMemory } from "./result-memory.ts";

const MOST = 2 ** 20;

/** A request: the types and lengths of its results, and how many answers are written before the next one. */
const request = fc.record({
	results: fc.array(fc.record({ dtype: fc.constantFrom<Dtype>("f64", "f32"), length: fc.nat(60000) }), {
		maxLength: 4,
	}),
	written: fc.nat(3),
});

test("a result begins as zeros and is no other's until its answer is written, whatever the sizes and the pace of the client", () => {
	fc.assert(
		fc.property(fc.array(request, { maxLength: 30 }), (requests) => {
			const memory = new ResultMemory(MOST);
			const answers: { readonly id: number; readonly results: (Float64Array | Float32Array)[]; done(): void }[] = [];
			const finish = () => {
				const answer = answers.shift();
				if (!answer) return;
				for (const numbers of answer.results) expect(numbers.every((x) => x === answer.id)).toBe(true);
				answer.done();
			};
			for (const [id, { results, written }] of requests.entries()) {
				const made = results.map(({ dtype, length }) => {
					const numbers = memory.allocate(dtype, length);
					expect(numbers.length).toBe(length);
					expect(numbers.every((x) => x === 0)).toBe(true);
					return numbers.fill(id + 1);
				});
				answers.push({ id: id + 1, results: made, done: memory.endRequest() });
				for (let i = 0; i < written; i++) finish();
			}
			while (answers.length > 0) finish();
		}),
		{ numRuns: 200 },
	);
});

describe("memory of results", () => {
	const bytes = (memory: ResultMemory, length: number) => memory.allocate("f64", length).buffer as ArrayBuffer;

	test("is used again when its answer is written, and not before", () => {
		const memory = new ResultMemory();
		const first = bytes(memory, 20000);
		const written = memory.endRequest();
		const second = bytes(memory, 20000);
		expect(second).not.toBe(first);
		memory.endRequest();
		written();
		expect(bytes(memory, 10000)).toBe(first);
		expect(bytes(memory, 10000)).not.toBe(first);
	});

	test("is used once, however often the end of writing is told", () => {
		const memory = new ResultMemory();
		const first = bytes(memory, 20000);
		const written = memory.endRequest();
		written();
		written();
		expect(bytes(memory, 20000)).toBe(first);
		expect(bytes(memory, 20000)).not.toBe(first);
	});

	test("is kept up to a number of bytes, the latest first", () => {
		const memory = new ResultMemory(8 * 50000);
		const made = [20000, 20000, 20000].map((length) => bytes(memory, length));
		memory.endRequest()();
		expect(bytes(memory, 20000)).toBe(made[1]);
		expect(bytes(memory, 20000)).toBe(made[2]);
		expect(made).not.toContain(bytes(memory, 20000));
	});
});
