import { execFileSync } from "node:child_process";
import { openSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { doubles, soundArrays } from "../../testing/archives.ts";
import { temporaryFolder } from "../../testing/command.ts";
import { doublesOf, executable, parseAnswers, requestBytes, startServer } from "../../testing/serve-client.ts";
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
});
