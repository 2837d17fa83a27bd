import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { createBackwardProblem } from "@attgrad/attention-problem";
import { definitionBackward } from "@attgrad/exact-gradient";
import { Matrix } from "@attgrad/matrix-core";
import { describe, expect, test } from "vitest";
import { doubles, soundArrays } from "../../testing/archives.ts";
import { type Answered, doublesOf, parseAnswers, requestBytes, startServer } from "../../testing/serve-client.ts";

const wave = (phase: number) => (i: number) => Math.sin(1.7 * i + phase);
const layer = {
	Q: doubles([7, 3], wave(1)),
	K: doubles([7, 3], wave(2)),
	V: doubles([7, 2], wave(3)),
	dO: doubles([7, 2], wave(4)),
};
const matrix = (rows: number, cols: number, phase: number) =>
	new Matrix(
		rows,
		cols,
		Float64Array.from({ length: rows * cols }, (_, i) => wave(phase)(i)),
	);
const truth = definitionBackward(
	createBackwardProblem(
		{ Q: matrix(7, 3, 1), K: matrix(7, 3, 2), V: matrix(7, 2, 3), dO: matrix(7, 2, 4) },
		{ visibility: { mask: "causal" } },
	),
);

const backward = (id: unknown, params: object = { mask: "causal" }, arrays: object = layer) =>
	requestBytes({ id, method: "backward", params }, arrays as typeof layer);

function expectTruth({ result, arrays }: Answered): void {
	expect(result).toMatchObject({ algorithm: "auto", chosen: { algorithm: "streaming" }, n_q: 7, mask: "causal" });
	for (const name of ["dQ", "dK", "dV"] as const) {
		const got = doublesOf(arrays[name]!);
		expect(got.length).toBe(truth[name].data.length);
		for (const [i, x] of got.entries()) expect(Math.abs(x - truth[name].data[i])).toBeLessThanOrEqual(1e-14);
	}
}

/** All answers to some bytes, after which the input ends. */
async function answersTo(bytes: readonly Uint8Array[], flags: readonly string[] = [], piece?: number) {
	const server = startServer(...flags);
	await server.send(Buffer.concat(bytes), piece);
	return server.end();
}

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

describe("bad requests", () => {
	const withQ = (Q: unknown) => ({ ...layer, Q });
	const { dO: _, ...withoutUpstream } = layer;
	const polynomialWithWindow = { algorithm: "definition", epsilon: 1e-3 };
	test.concurrent("each is answered with an error, and the server goes on", async () => {
		const bad: [request: Uint8Array, kind: string, message: RegExp][] = [
			[Buffer.from("hello\n"), "protocol", /^a request must be a line of JSON$/],
			[Buffer.from("[1]\n"), "protocol", /^a request must be a JSON object, got \[1\]$/],
			[Buffer.from('{"id": 1, "arrays": [{"name": "Q", "bytes": -1}]}\n'), "protocol", /^arrays must be a list of/],
			[requestBytes({ method: 7 }, layer), "usage", /^method must be text, got 7$/],
			[requestBytes({ method: "backwrd" }, layer), "usage", /^unknown method: backwrd \(did you mean backward\?\)$/],
			[requestBytes({ method: "toString" }), "usage", /^unknown method: toString \(known: backward, /],
			[requestBytes({ method: "backward", params: [1] }, layer), "usage", /^params must be an object, got \[1\]$/],
			[backward(0, { mask: "alibi" }), "usage", /^mask must be one of none, causal, got "alibi"$/],
			[backward(0, { window: 3 }), "usage", /^window 3 needs mask "causal"$/],
			[backward(0, { mask: "causal", window: 0 }), "usage", /^window must be >= 1, got 0$/],
			[backward(0, { scale: "d" }), "usage", /^scale must be a number > 0, 1\/d or 1\/sqrt\(d\), got "d"$/],
			[backward(0, { scale: -1 }), "usage", /^scale must be a finite number > 0, got -1$/],
			[backward(0, { lengths: [3, 3] }), "usage", /^lengths add up to 6, but there are 7 queries$/],
			[backward(0, { lengths: [8, -1] }), "usage", /^lengths\[1\] must be a whole number >= 1, got -1$/],
			[backward(0, { lengths: [3, "x"] }), "usage", /^lengths\[1\] must be a finite number, got "x"$/],
			[backward(0, { algorithm: "flash" }), "usage", /^unknown backward algorithm: flash \(known: auto, exact, /],
			[backward(0, polynomialWithWindow), "usage", /^definition has no parameter epsilon \(known: mask, /],
			[backward(0, { epsilom: 1 }), "usage", /^auto has no parameter epsilom \(did you mean epsilon\?\)$/],
			[backward(0, {}, withoutUpstream), "usage", /^missing array: dO; backward takes Q, K, V and dO$/],
			[backward(0, {}, { ...layer, A1: layer.Q }), "usage", /^unknown array: A1; backward takes Q, K, V and dO$/],
			[backward(0, {}, withQ(doubles([7, 4], wave(1)))), "usage", /^Q \(7, 4\) and K \(7, 3\) do not go together: /],
			[backward(0, {}, withQ(doubles([7], wave(1)))), "usage", /^Q must have shape \(n, d\), .* got \(7\)$/],
			[backward(0, {}, withQ(doubles([7, 3], () => NaN))), "usage", /^Q\[0, 0\] is NaN; every entry must be finite$/],
			[
				backward(0, { dtype: "f32" }, withQ(doubles([7, 3], () => 1e300))),
				"usage",
				/^Q has the entry 1e\+300, too large/,
			],
			[backward(0, {}, withQ(Buffer.from("no array"))), "usage", /^Q: not a .npy array/],
			[backward(0, {}, withQ(requestBytes({}, { Q: layer.Q }).subarray(40, 200))), "usage", /^Q: /],
			[backward(0, { algorithm: "polynomial", epsilon: 1e-300 }), "computation", /^polynomial: no degree proves/],
			[
				requestBytes({ method: "gradient", params: { algorithm: "command" } }, soundArrays()),
				"usage",
				/^unknown algorithm/,
			],
			[requestBytes({ method: "gradient", params: { wrt: "Z" } }, soundArrays()), "usage", /^wrt must name/],
			[
				requestBytes({ method: "plan", params: { mask: "none" } }, soundArrays()),
				"usage",
				/^plan has no parameter mask/,
			],
		];
		const { answers, code, stderr } = await answersTo(bad.flatMap(([request]) => [request, backward("good")]));
		expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
		expect(answers).toHaveLength(2 * bad.length);
		for (const [i, [, kind, message]] of bad.entries()) {
			const { error, result, arrays } = answers[2 * i]!;
			expect({ kind: error?.kind, result, arrays }).toEqual({ kind, result: undefined, arrays: {} });
			expect(error?.message).toMatch(message);
			expectTruth(answers[2 * i + 1]!);
		}
	});

	test.concurrent("a request above the limit is refused before memory is taken, and its bytes are passed over", async () => {
		const size = 3 * 2 ** 20;
		const announced = { id: 2, method: "backward", arrays: [{ name: "Q", bytes: 2 ** 50 }] };
		const { answers, code } = await answersTo(
			[backward(0, {}, { Q: new Uint8Array(size) }), backward(1), Buffer.from(`${JSON.stringify(announced)}\n`)],
			["--memory", "2MB"],
		);
		expect(answers[0]!.error).toEqual({
			kind: "usage",
			message: `the arrays of a request may take ${2 * 2 ** 20} bytes (attgrad serve --memory), got ${size}`,
		});
		expect(answers[1]!.error).toBe(undefined);
		// the announced bytes never come
		expect(code).toBe(2);
	});

	test.concurrent("arrays behind a line that cannot be read are passed over", async () => {
		const noise = Uint8Array.from({ length: 1e5 }, (_, i) => (i * i * 7 + i * 13) % 251);
		const lines = Buffer.concat([Buffer.from('{"id": 1, "method": "backw\n'), noise, Buffer.from("\n")]);
		const { answers } = await answersTo([lines, backward("good")]);
		expect(answers.map(({ error }) => error?.kind)).toEqual(["protocol", undefined]);
		expectTruth(answers[1]!);
	});
});

describe("the end", () => {
	test.concurrent.each([
		[
			"within arrays",
			backward(2).subarray(0, -5),
			/^attgrad serve: standard input: the input ends 5 bytes before the end/,
		],
		["within a line", backward(2).subarray(0, 9), /^attgrad serve: standard input: the input ends within a line\n$/],
	])("input that ends %s: what came before is answered, exit 2", async (_, bytes, message) => {
		const { answers, code, stderr } = await answersTo([backward(1), bytes]);
		expect(code).toBe(2);
		expect(stderr).toMatch(message);
		expect(answers.map(({ id }) => id)).toEqual([1]);
	});

	test.concurrent("empty input is answered by nothing", async () => {
		expect(await answersTo([])).toEqual({ answers: [], code: 0, stderr: "" });
	});

	test.concurrent("the server ends with the process that --parent names, though its input stays open", async () => {
		const parent = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "ignore" });
		const server = startServer("--parent", String(parent.pid));
		await server.send(requestBytes({ id: 1, method: "ping" }));
		await new Promise((resolve) => server.process.stdout.once("data", resolve));
		const ended = new Promise((resolve) => server.process.once("exit", resolve));
		parent.kill("SIGKILL");
		expect(await ended).toBe(0);
	});

	test.concurrent("the server ends with the process that started it, though its input stays open", async () => {
		const executable = fileURLToPath(new URL("../../../bin/attgrad.mjs", import.meta.url));
		const program = `require("node:child_process").spawn(process.execPath, [${JSON.stringify(executable)}, "serve"], { stdio: "inherit" })`;
		const starter = spawn(process.execPath, ["-e", program], { stdio: ["pipe", "pipe", "inherit"] });
		const out: Buffer[] = [];
		starter.stdin.write(requestBytes({ id: 1, method: "version" }));
		await new Promise((resolve) => starter.stdout.on("data", (chunk) => resolve(out.push(chunk))));
		const closed = new Promise((resolve) => starter.stdout.once("close", resolve));
		starter.kill("SIGKILL");
		// closed once the server, which has it too, is gone
		await closed;
		expect(parseAnswers(Buffer.concat(out))[0]!.result.pid).not.toBe(starter.pid);
	});

	test.concurrent("a parent that does not exist is refused", async () => {
		const { code, stderr } = await startServer("--parent", "4194303").end();
		expect({ code, stderr }).toEqual({
			code: 2,
			stderr: "attgrad serve: --parent 4194303: there is no such process\n",
		});
	});
});
