import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { openSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type ArrayBytes, doubles, soundArrays } from "../../testing/archives.ts";
import { temporaryFolder } from "../../testing/command.ts";
import {
	type Answered,
	doublesOf,
	executable,
	parseAnswers,
	requestBytes,
	startServer,
} from "../../testing/serve-client.ts";
import { answersTo, backward, expectTruth, layer, wave } from "../../testing/serve-layer.ts";

const folder = temporaryFolder();

describe("requests and answers", () => {
	test.concurrent.each([1, 7, undefined])(
		"requests that come in pieces of %s bytes are answered in order",
		async (piece) => {
			const { answers, code, stderr } = await answersTo(
				[
					requestBytes({ id: 1, method: "version" }),
					backward("two"),
					requestBytes({ id: 3, method: "ping" }),
					backward({ four: 4 }, { mask: "causal", scale: null, withOutput: true }),
				],
				[],
				piece,
			);
			expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
			expect(answers.map(({ id }) => id)).toEqual([1, "two", 3, { four: 4 }]);
			expect(answers[0]!.result).toMatchObject({ protocol: 1, threads: 1 });
			expectTruth(answers[1]!);
			expectTruth(answers[3]!);
			expect(Object.keys(answers[3]!.arrays)).toEqual(["dQ", "dK", "dV", "O", "lse"]);
		},
	);

	test.concurrent("every method answers", async () => {
		const { dO: _, ...operands } = layer;
		const plain = { ...operands, V: doubles([7, 3], wave(3)) };
		const problem = soundArrays();
		const { answers } = await answersTo([
			requestBytes({ id: 0, method: "forward", params: { mask: "causal" } }, operands),
			requestBytes({ id: 1, method: "forward", params: { algorithm: "polynomial", epsilon: 1e-3 } }, plain),
			requestBytes({ id: 2, method: "gradient", params: { algorithm: "exact" } }, problem),
			requestBytes({ id: 3, method: "gradient", params: { wrt: "Y,A2" } }, problem),
			requestBytes({ id: 4, method: "gradient", params: { algorithm: "polynomial/reverse", epsilon: 1e-3 } }, problem),
			requestBytes({ id: 5, method: "plan", params: { epsilon: 1e-3 } }, problem),
			requestBytes({ id: 6, method: "plan", params: { mask: "causal" } }, layer),
		]);
		expect(answers.map(({ error }) => error)).toEqual(answers.map(() => undefined));
		expect(answers.map(({ arrays }) => Object.keys(arrays).join())).toEqual(["O,lse", "O", "X", "Y,A2", "X", "", ""]);
		expect(answers[1]!.result.certificate.bound).toBeLessThanOrEqual(1e-3);
		expect(answers[4]!.result.certificate.bound).toBeLessThanOrEqual(1e-3);
		const [exact, near] = [2, 4].map((at) => doublesOf(answers[at]!.arrays["X"]!));
		for (const [i, x] of exact!.entries()) expect(Math.abs(x - near![i]!)).toBeLessThanOrEqual(1e-3);
		expect(answers[5]!.result.chosen.algorithm).toBe("streaming");
		expect(answers[6]!.result).toMatchObject({ mask: "causal", chosen: { algorithm: "streaming" } });
	});

	test.concurrent("single precision stays single, a type that is asked for is taken", async () => {
		const single = Object.fromEntries(
			Object.entries(layer).map(([name, { shape, data }]) => {
				const numbers = Float32Array.from(new Float64Array(data.buffer));
				return [name, { descr: "<f4", shape, data: new Uint8Array(numbers.buffer) }];
			}),
		);
		const { answers } = await answersTo([
			backward(1, { mask: "causal" }, single),
			backward(2, { dtype: "f64", mask: "causal" }, single),
			backward(3, { dtype: "f32", mask: "causal" }),
		]);
		expect(answers.map(({ result }) => result.dtype)).toEqual(["f32", "f64", "f32"]);
		expect(answers.map(({ arrays }) => arrays["dQ"]!.includes("<f4"))).toEqual([true, false, true]);
	});

	test.concurrent("requests of different sizes do not disturb each other, read from a pipe or from a file", async () => {
		const of = (n: number, phase: number) =>
			Object.fromEntries(["Q", "K", "V", "dO"].map((name, i) => [name, doubles([n, 3], wave(phase + i))]));
		const given = [of(7, 1), of(3000, 2), of(5, 3), of(2900, 4), of(40, 5)];
		const requests = given.map((arrays, id) => backward(id, { mask: "causal", window: 3 }, arrays));
		const together = await answersTo(requests);
		const file = join(folder, "requests");
		writeFileSync(file, Buffer.concat(requests));
		const fromFile = parseAnswers(
			execFileSync(process.execPath, [executable, "serve"], { stdio: [openSync(file, "r"), "pipe", "inherit"] }),
		);
		for (const [i, request] of requests.entries()) {
			const { answers } = await answersTo([request]);
			expect(together.answers[i]!.arrays).toEqual(answers[0]!.arrays);
			expect(fromFile[i]!.arrays).toEqual(answers[0]!.arrays);
		}
	});

	test.concurrent("a client that reads nothing until it has sent all gets all", async () => {
		const big = doubles([60000, 4], wave(5));
		const server = startServer();
		server.process.stdout.pause();
		const params = { mask: "causal", window: 1 };
		for (let id = 0; id < 4; id++) await server.send(backward(id, params, { Q: big, K: big, V: big, dO: big }));
		await server.send(backward("last"));
		await new Promise((resolve) => setTimeout(resolve, 500));
		server.process.stdout.resume();
		const { answers } = await server.end();
		expect(answers.map(({ id }) => id)).toEqual([0, 1, 2, 3, "last"]);
		expectTruth(answers[4]!);
	});

	test.concurrent("no number of one request is in the answer to another, of any size, after errors, read at once or late", async () => {
		/** With a window of one key a query's weight is 1: O = V, dV = dO, and dQ and dK are 0. */
		const params = { mask: "causal", window: 1, withOutput: true };
		const of = (n: number, phase: number, single = false) =>
			Object.fromEntries(
				["Q", "K", "V", "dO"].map((name, i) => {
					const array = doubles([n, 4], wave(phase + i));
					return [name, single ? floats(array) : array];
				}),
			);
		const broken = { ...of(30000, 9), V: doubles([30000, 4], (i) => (i === 119_998 ? Number.NaN : 7)) };
		const given = [of(30000, 1), of(60000, 2), broken, of(2900, 3), of(7, 4), of(30000, 5, true), of(60001, 6)];
		const requests = given.map((arrays, id) => backward(id, params, arrays));
		const server = startServer();
		// the first answers are read before more is asked, the others only when all is asked
		for (const request of requests.slice(0, 2)) {
			const read = once(server.process.stdout, "data");
			await server.send(request);
			await read;
		}
		await new Promise((resolve) => setTimeout(resolve, 200));
		server.process.stdout.pause();
		for (const request of [...requests.slice(2), backward("window", { window: 0 }), ...requests])
			await server.send(request);
		await new Promise((resolve) => setTimeout(resolve, 500));
		server.process.stdout.resume();
		const { answers } = await server.end();
		expect(answers.map(({ id }) => id)).toEqual([0, 1, 2, 3, 4, 5, 6, "window", 0, 1, 2, 3, 4, 5, 6]);
		for (const { id, error, arrays } of answers) {
			if (given[id as number] === broken || id === "window") expect(error).toMatchObject({ kind: "usage" });
			else expectOneKey(arrays, given[id as number]!);
		}
	});
});

const floats = ({ shape, data }: ArrayBytes): ArrayBytes => ({
	...{ descr: "<f4", shape },
	data: new Uint8Array(Float32Array.from(new Float64Array(data.buffer)).buffer),
});

/**
 * Expects O = V, dV = dO, and zeros for dQ and dK. Entries and scores are of size 1: values are moved by a centre and back, which rounds by 2u, and the weight is
 * the exponential of a difference of scores whose rounding is a few u. Entries of different requests differ by far more.
 */
function expectOneKey(answer: Answered["arrays"], { V, dO }: Readonly<Record<string, ArrayBytes>>): void {
	const numbersOf = ({ descr, data }: ArrayBytes) =>
		descr === "<f4" ? new Float32Array(data.buffer) : new Float64Array(data.buffer);
	const got = (name: string): ArrayBytes => {
		const npy = answer[name]!;
		return { ...V!, data: Uint8Array.from(npy.subarray(10 + npy.readUInt16LE(8))) };
	};
	const tolerance = V!.descr === "<f4" ? 16 * 2 ** -24 : 16 * 2 ** -53;
	for (const [name, truth] of Object.entries({ O: V!, dV: dO! })) {
		const numbers = numbersOf(got(name));
		const expected = numbersOf(truth);
		expect(numbers.length).toBe(expected.length);
		expect(numbers.every((x, i) => Math.abs(x - expected[i]!) <= tolerance)).toBe(true);
	}
	for (const name of ["dQ", "dK"]) {
		const numbers = numbersOf(got(name));
		expect(numbers.length).toBe(numbersOf(V!).length);
		expect(numbers.every((x) => x === 0)).toBe(true);
	}
}
