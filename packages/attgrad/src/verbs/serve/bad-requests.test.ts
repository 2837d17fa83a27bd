import { describe, expect, test } from "vitest";
import { doubles, soundArrays } from "../../testing/archives.ts";
import { requestBytes } from "../../testing/serve-client.ts";
import { answersTo, backward, expectTruth, layer, wave } from "../../testing/serve-layer.ts";

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
			[
				backward(0, { algorithm: "polynomial", degree: 3, epsilon: 1e-3 }),
				"usage",
				/^polynomial: give one of degree, /,
			],
			[
				backward(0, { algorithm: "hybrid", rank: 3, relative: 0.1 }),
				"usage",
				/^hybrid: give one of rank, epsilon and /,
			],
			[backward(0, {}, withoutUpstream), "usage", /^missing array: dO; backward takes Q, K, V and dO$/],
			[backward(0, {}, { ...layer, A1: layer.Q }), "usage", /^unknown array: A1; backward takes Q, K, V and dO$/],
			[backward(0, {}, withQ(doubles([7, 4], wave(1)))), "usage", /^Q \(7, 4\) and K \(7, 3\) do not go together: /],
			[backward(0, {}, withQ(doubles([7], wave(1)))), "usage", /^Q must have shape \(n, d\), .* got \(7\)$/],
			[backward(0, {}, withQ(doubles([7, 3], () => NaN))), "usage", /^Q\[0, 0\] is NaN; every entry must be finite$/],
			[
				backward(0, { dtype: "f32" }, withQ(doubles([7, 3], (i) => (i === 4 ? -Infinity : 1)))),
				"usage",
				/^Q\[1, 1\] is -Infinity; every entry must be finite$/,
			],
			[
				requestBytes({ method: "gradient" }, { ...soundArrays(), A3: doubles([4, 2], (i) => (i === 5 ? NaN : 1)) }),
				"usage",
				/^problem: A3\[2, 1\] is NaN; every entry must be finite$/,
			],
			[
				requestBytes(
					{ method: "gradient", params: { dtype: "f32" } },
					{ ...soundArrays(), E: doubles([4, 2], () => 1e39) },
				),
				"usage",
				/^problem: E\[0, 0\] is Infinity as f32; every entry must be finite$/,
			],
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
