import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { decodeNpy } from "@attgrad/attention-problem";
import { backwardCasePath, backwardCases } from "@attgrad/attention-problem/testing";
import { type Matrix, maxAbsDifference, Matrix as Rows } from "@attgrad/matrix-core";
import { unzipSync } from "fflate";
import { describe, expect, test } from "vitest";
import type { GivenFlags } from "../../flags/flags.ts";
import { type ArrayBytes, doubles, writeArchive } from "../../testing/archives.ts";
import { attgrad, temporaryFolder } from "../../testing/command.ts";
import { readBackwardRequest } from "./request.ts";

const folder = temporaryFolder();
const cases = await backwardCases();
const wave = (phase: number) => (i: number) => Math.sin(1.7 * i + phase);

const jsonOf = async (...words: string[]) => {
	const { code, stdout, stderr } = await attgrad(["backward", ...words, "--json"]);
	expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
	expect(stdout.split("\n")).toHaveLength(2);
	return JSON.parse(stdout);
};

/** Numbers of nested arrays in a row. */
const flat = (nested: unknown): number[] => [nested].flat(9) as number[];

const flagsOf = ({ mask, window }: { readonly mask: string; readonly window?: number }) => [
	...["--mask", mask],
	...(window === undefined ? [] : ["--window", String(window)]),
];

describe("reference cases", () => {
	test.concurrent.each(cases.filter(({ name }) => ["window", "grouped", "packed", "more-queries"].includes(name)))(
		"$name",
		async ({ name, problem, answers, lse }) => {
			const out = join(folder, `${name}.npz`);
			const words = [backwardCasePath(name), ...flagsOf(problem.visibility), "--with-output", "--out", out];
			const answer = await jsonOf(...words);
			const { n_q, n_k, d, d_v, heads, scale } = problem;
			expect(answer).toMatchObject({
				status: "done",
				n_q,
				n_k,
				d,
				d_v,
				heads,
				scale,
				mask: problem.visibility.mask,
				out,
			});
			expect(answer).toMatchObject({ degree: null, rank: null, exactRows: null, certificate: { kind: "none" } });
			const arrays = unzipSync(readFileSync(out));
			for (const [array, wanted] of Object.entries(answers) as [string, Matrix][]) {
				const bytes = arrays[`${array}.npy`];
				const got = new Float64Array(bytes.slice(bytes.length - 8 * wanted.data.length).buffer);
				const worst = maxAbsDifference(new Rows(wanted.rows, wanted.cols, got), wanted);
				expect(worst, array).toBeLessThanOrEqual(1e-12);
			}
			const bytes = arrays["lse.npy"];
			const gotLse = new Float64Array(bytes.slice(bytes.length - 8 * lse.length).buffer);
			for (const [j, wanted] of lse.entries())
				if (Number.isFinite(wanted))
					expect(Math.abs(gotLse[j] - wanted)).toBeLessThanOrEqual(1e-12 * Math.max(1, Math.abs(wanted)));
				else expect(gotLse[j]).toBe(wanted);
		},
	);
});

const small = {
	Q: doubles([2, 5, 3], wave(1)),
	K: doubles([1, 4, 3], wave(2)),
	V: doubles([1, 4, 2], wave(3)),
	dO: doubles([2, 5, 2], wave(4)),
};
const layer = writeArchive(join(folder, "layer.npz"), small);

test.concurrent("arrays of heads keep their shapes, in the answer and in the file", async () => {
	const { gradients, output, lse } = await jsonOf(layer, "--with-output", "--algorithm", "definition");
	const shape = (nested: unknown): number[] => (Array.isArray(nested) ? [nested.length, ...shape(nested[0])] : []);
	expect([gradients.dQ, gradients.dK, gradients.dV, output, lse].map(shape)).toEqual([
		...[
			[2, 5, 3],
			[1, 4, 3],
			[1, 4, 2],
			[2, 5, 2],
			[2, 5],
		],
	]);
	const out = join(folder, "shapes.npz");
	await jsonOf(layer, "--out", out);
	const names = Object.keys(unzipSync(readFileSync(out)));
	expect(names).toEqual(["dQ.npy", "dK.npy", "dV.npy"]);
	const header = new TextDecoder("latin1").decode(unzipSync(readFileSync(out))["dK.npy"].slice(0, 128));
	expect(header).toContain("'shape': (1, 4, 3)");
	expect(() => decodeNpy(unzipSync(readFileSync(out))["dK.npy"])).toThrow("two axes");
});

test.concurrent("exact is another name of streaming, and agrees with the definition; auto says what it picked", async () => {
	const exact = await jsonOf(layer, "--algorithm", "exact", "--mask", "causal");
	const definition = await jsonOf(layer, "--algorithm", "definition", "--mask", "causal", "--kernel", "js");
	const auto = await jsonOf(layer, "--mask", "causal");
	expect([exact.algorithm, definition.algorithm, auto.algorithm]).toEqual(["streaming", "definition", "auto"]);
	expect(auto.chosen).toMatchObject({ algorithm: "streaming" });
	for (const name of ["dQ", "dK", "dV"]) {
		const wanted = flat(definition.gradients[name]);
		for (const [i, x] of flat(exact.gradients[name]).entries())
			expect(Math.abs(x - wanted[i])).toBeLessThanOrEqual(1e-14);
		expect(auto.gradients[name]).toEqual(exact.gradients[name]);
	}
});

describe("polynomials", () => {
	test.concurrent.each(cases.filter(({ name }) => ["causal", "grouped", "packed"].includes(name)))(
		"$name: every error is within the bound that the answer claims, in the file too",
		async ({ name, problem, answers }) => {
			const out = join(folder, `polynomial-${name}.npz`);
			const words = [backwardCasePath(name), ...flagsOf(problem.visibility), "--algorithm", "polynomial"];
			const answer = await jsonOf(...words, "--epsilon", "1e-4", "--out", out);
			expect(answer).toMatchObject({ algorithm: "polynomial", options: { epsilon: 1e-4 }, out });
			expect(answer.certificate.kind).toBe("a-posteriori");
			expect([answer.degree, answer.rank, answer.exactRows]).toEqual(Array(3).fill(expect.any(Number)));
			const arrays = unzipSync(readFileSync(out));
			for (const array of ["dQ", "dK", "dV"] as const) {
				const wanted = answers[array];
				const bytes = arrays[`${array}.npy`]!;
				const got = new Float64Array(bytes.slice(bytes.length - 8 * wanted.data.length).buffer);
				const bound = answer.certificate.bounds[array];
				expect(bound).toBeLessThanOrEqual(1e-4);
				expect(maxAbsDifference(new Rows(wanted.rows, wanted.cols, got), wanted)).toBeLessThanOrEqual(bound);
				expect(answer.certificate.relative[array]).toBeCloseTo(bound / answer.largest[array], 6);
			}
		},
	);

	test.concurrent("a table tells degree, exact rows and what is proved of each", async () => {
		const { stdout, stderr, code } = await attgrad(["backward", layer, "--algorithm", "polynomial", "--degree", "3"]);
		expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
		expect(stdout).toMatch(/^polynomial +degree 3, rank 20$/m);
		expect(stdout).toMatch(/^exact rows +0 of 10$/m);
		// lines are wrapped
		expect(
			stdout.replaceAll(/\n {8,}/g, " ").match(/no entry is off by more than \S+.*\(a-posteriori\)$/gm),
		).toHaveLength(3);
	});

	test.concurrent("what no degree proves is exit 1, with a reason, and nothing is written", async () => {
		const out = join(folder, "unproved.npz");
		const words = ["backward", layer, "--algorithm", "polynomial", "--epsilon", "1e-300", "--out", out, "--json"];
		const { code, stdout, stderr } = await attgrad(words);
		expect(code).toBe(1);
		expect(JSON.parse(stdout)).toMatchObject({
			status: "failed",
			reason: expect.stringMatching(/^polynomial: no degree/),
		});
		expect(stderr).toMatch(/^attgrad backward: polynomial: no degree proves epsilon 1e-300; .*\n$/);
		expect(existsSync(out)).toBe(false);
	});
});

describe("feature maps", () => {
	test.concurrent("a map with a proof, and one without, which says so", async () => {
		const proved = await jsonOf(layer, "--algorithm", "nystrom", "--rank", "4");
		expect(proved).toMatchObject({ algorithm: "nystrom", rank: 4, certificate: { kind: "a-posteriori" } });
		const table = await attgrad(["backward", layer, "--algorithm", "nystrom", "--rank", "4"]);
		expect(table.stdout).toMatch(/^features +4$/m);
		const exact = await jsonOf(layer, "--algorithm", "exact");
		for (const name of ["dQ", "dK", "dV"])
			for (const [i, x] of flat(proved.gradients[name]).entries())
				expect(Math.abs(x - flat(exact.gradients[name])[i]!)).toBeLessThanOrEqual(proved.certificate.bounds[name]);
		const words = ["backward", layer, "--algorithm", "random-features", "--features", "64"];
		const { stdout } = await attgrad(words);
		expect(stdout).toMatch(/^remark +nothing is proved of the error$/m);
		expect(stdout).not.toContain("is off by");
	});

	test.concurrent("a table tells how many rows were computed exactly, and that all were", async () => {
		const words = ["backward", layer, "--algorithm", "hybrid", "--proves", "dQ"];
		const all = await attgrad([...words, "--relative", "1e-10"]);
		expect(all.stdout).toMatch(/^exact rows +all 10: every row was computed exactly$/m);
		const some = await attgrad([...words, "--rank", "4"]);
		expect(some.stdout).toMatch(/^features +\d, \d$/m);
		expect(some.stdout).toMatch(/^exact rows +\d of 10$/m);
	});

	test.concurrent("a mask is refused, with what takes it", async () => {
		const { code, stderr } = await attgrad(["backward", layer, "--algorithm", "nystrom", "--mask", "causal"]);
		expect({ code, stderr }).toEqual({
			code: 2,
			stderr:
				"attgrad backward: nystrom takes no mask, and the layer has a causal mask; hybrid, polynomial and streaming take all\n",
		});
	});
});

test.concurrent("the scale is the one that is given before the file's", async () => {
	const own = writeArchive(join(folder, "scale.npz"), { ...small, scale: doubles([], () => 0.75) });
	expect((await jsonOf(own, "--scale", "1/sqrt(d)")).scale).toBe(1 / Math.sqrt(3));
});

test.concurrent("a table tells the same", async () => {
	const { stdout, code } = await attgrad(["backward", layer, "--mask", "causal", "--window", "2"]);
	expect(code).toBe(0);
	const labels = Array.from(stdout.matchAll(/^(\S.*?) {2}/gm), ([, label]) => label);
	expect(labels).toEqual(["algorithm", "layer", "visible", "dQ", "dK", "dV", "time"]);
	expect(stdout).toContain("heads 2 on 1 of keys, n_q 5, n_k 4, d 3, d_v 2");
	expect(stdout).toContain("causal, window 2");
});

const plain = {
	Q: doubles([4, 2], wave(1)),
	K: doubles([4, 2], wave(2)),
	V: doubles([4, 2], wave(3)),
	dO: doubles([4, 2], wave(4)),
};
const { dO: _, ...withoutUpstream } = plain;
test.concurrent.each<[string, Record<string, ArrayBytes>, string[], RegExp]>([
	["no dO", withoutUpstream, [], /missing array: dO, the upstream gradient, shaped like the output: \(4, 2\)/],
	["infinity", { ...plain, dO: doubles([4, 2], (i) => (i === 5 ? Infinity : 0)) }, [], /dO\[2, 1\] is Infinity/],
	["a window below 1", plain, ["--mask", "causal", "--window", "0"], /--window must be >= 1, got 0/],
	["an unknown algorithm", plain, ["--algorithm", "flash"], /--algorithm must be one of auto, exact/],
])("%s is refused in one line, and nothing is written", async (name, arrays, words, expected) => {
	const path = writeArchive(join(folder, `${name.replaceAll(" ", "-")}.npz`), arrays);
	const out = join(folder, `${name.replaceAll(" ", "-")}-out.npz`);
	const { code, stdout, stderr } = await attgrad(["backward", path, "--out", out, ...words]);
	expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
	expect(stderr).toMatch(/^attgrad backward: [^\n]*\n$/);
	expect(stderr).toMatch(expected);
	expect(existsSync(out)).toBe(false);
});

test.each<[GivenFlags, string]>([
	[{ window: "3" }, "--window 3 needs --mask causal"],
	[{ mask: "alibi" }, "--mask must be one of none, causal, got alibi"],
	[{ scale: "1/n" }, "--scale must be a number > 0, 1/d or 1/sqrt(d), got 1/n"],
	[{ scale: "-1" }, "--scale must be a number > 0, 1/d or 1/sqrt(d), got -1"],
	[{ scale: "" }, "--scale"],
])("%j is refused", (given, expected) => {
	expect(() => readBackwardRequest(given)).toThrow(expected);
});

test("a scale has a name or is a number", () => {
	expect(readBackwardRequest({}).scale).toBe(undefined);
	expect(readBackwardRequest({ scale: "1/sqrt(d)" }).scale).toBe("1/sqrt(d)");
	expect(readBackwardRequest({ scale: "2.5" }).scale).toBe(2.5);
});

test.concurrent("an output that is no archive is refused", async () => {
	const { code, stderr } = await attgrad(["backward", layer, "--out", join(folder, "g.npy")]);
	expect({ code, stderr }).toEqual({
		code: 2,
		stderr: `attgrad backward: --out must end in .npz, got ${join(folder, "g.npy")}\n`,
	});
});
