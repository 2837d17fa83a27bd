import { readFileSync } from "node:fs";
import { join } from "node:path";
import { backwardCasePath, backwardCases } from "@attgrad/attention-problem/testing";
import { describe, expect, test } from "vitest";
import { doubles, writeArchive } from "../../testing/archives.ts";
import { attgrad, temporaryFolder } from "../../testing/command.ts";

const folder = temporaryFolder();
const wave = (phase: number) => (i: number) => Math.sin(1.7 * i + phase);

const jsonOf = async (...words: string[]) => {
	const { code, stdout, stderr } = await attgrad(["forward", ...words, "--json"]);
	expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
	return JSON.parse(stdout);
};

describe("reference cases", async () => {
	const cases = (await backwardCases()).filter(({ name }) => ["grouped", "causal-cross"].includes(name));
	test.concurrent.each(cases)("$name", async ({ name, problem: { visibility }, answers }) => {
		const out = join(folder, `${name}.npy`);
		const window = visibility.window === undefined ? [] : ["--window", String(visibility.window)];
		const words = [backwardCasePath(name), "--mask", visibility.mask, ...window];
		await jsonOf(...words, "--algorithm", "exact", "--out", out);
		const bytes = readFileSync(out);
		const got = new Float64Array(
			bytes.buffer.slice(bytes.byteOffset + bytes.length - 8 * answers.O.data.length, bytes.byteOffset + bytes.length),
		);
		for (const [i, wanted] of answers.O.data.entries()) expect(Math.abs(got[i] - wanted)).toBeLessThanOrEqual(1e-12);
	});
});

const layer = writeArchive(join(folder, "layer.npz"), {
	Q: doubles([2, 5, 3], wave(1)),
	K: doubles([1, 4, 3], wave(2)),
	V: doubles([1, 4, 2], wave(3)),
});

test.concurrent("heads keep their shapes; a query that sees no key has output 0, and no lse", async () => {
	const answer = await jsonOf(layer, "--mask", "causal");
	expect(answer).toMatchObject({ algorithm: "auto", heads: 2, keyHeads: 1, n_q: 5, n_k: 4, mask: "causal" });
	expect(answer.output.map((head: number[][]) => head.map((row) => row.length))).toEqual(
		Array(2).fill(Array(5).fill(2)),
	);
	expect(answer.output[1][0]).toEqual([0, 0]);
	expect(answer.lse[0][0]).toBe(null);
	expect(answer.lse[0][1]).toBeTypeOf("number");
});

describe("polynomials", async () => {
	const cases = (await backwardCases()).filter(({ name }) => ["causal", "grouped", "packed"].includes(name));
	const algorithms = [
		{ algorithm: "polynomial", flags: [] },
		{ algorithm: "hybrid", flags: ["--chunk", "5"] },
	];
	test.concurrent.each(cases.flatMap((given) => algorithms.map((run) => ({ ...given, ...run }))))(
		"$name, $algorithm: no row is off by more than the answer proves",
		async ({ name, problem, answers, algorithm, flags }) => {
			const out = join(folder, `${algorithm}-${name}.npy`);
			const words = [backwardCasePath(name), "--mask", problem.visibility.mask, "--algorithm", algorithm, ...flags];
			const answer = await jsonOf(...words, "--epsilon", "1e-4", "--out", out);
			expect(answer).toMatchObject({ algorithm, certificate: { kind: "a-posteriori" } });
			expect(answer.certificate.bound).toBeLessThanOrEqual(1e-4);
			const bytes = readFileSync(out);
			const { rows, cols, data } = answers.O;
			const got = new Float64Array(
				bytes.buffer.slice(bytes.byteOffset + bytes.length - 8 * data.length, bytes.byteOffset + bytes.length),
			);
			for (let row = 0; row < rows; row++) {
				let square = 0;
				for (let i = row * cols; i < (row + 1) * cols; i++) square += (got[i]! - data[i]!) ** 2;
				expect(Math.sqrt(square)).toBeLessThanOrEqual(answer.certificate.bound);
			}
		},
	);
});

test.concurrent("a table tells the same", async () => {
	const { stdout } = await attgrad(["forward", layer, "--scale", "1/sqrt(d)"]);
	const labels = Array.from(stdout.matchAll(/^(\S.*?) {2}/gm), ([, label]) => label);
	expect(labels).toEqual(["algorithm", "layer", "visible", "output", "time"]);
	expect(stdout).toContain("scale 0.5774");
});

const tokens = writeArchive(join(folder, "tokens.npz"), {
	E: doubles([4, 2], wave(1)),
	...Object.fromEntries(["Q", "K", "V"].map((name) => [name, doubles([2, 2], wave(2))])),
});
test.concurrent.each([
	[
		layer,
		["--algorithm", "polynomial", "--basis", "taylor"],
		"basis taylor is for one head without a mask: others have a polynomial of each row",
	],
	[layer, ["--window", "3"], "--window 3 needs --mask causal"],
	[layer, ["--layers", "2"], "--layers 2: Q, K, V are those of one layer; layers in a row need E and weights"],
	[layer, ["--scale", "d"], "--scale must be a number > 0, 1/d or 1/sqrt(d), got d"],
	[layer, ["--scale", "0x10"], "--scale must be a number > 0, 1/d or 1/sqrt(d), got 0x10"],
	[tokens, ["--mask", "causal"], "--mask causal: layers in a row have no mask; a layer of Q, K and V has"],
])("%s %j is refused in one line", async (path, words, expected) => {
	const { code, stdout, stderr } = await attgrad(["forward", path, ...words]);
	expect({ code, stdout, stderr }).toEqual({ code: 2, stdout: "", stderr: `attgrad forward: ${expected}\n` });
});
