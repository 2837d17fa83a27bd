import { existsSync, mkdirSync, openSync, readdirSync, truncateSync, writeSync } from "node:fs";
import { join } from "node:path";
import { UsageError } from "@attgrad/matrix-core";
import { describe, expect, test } from "vitest";
import { type ArrayBytes, doubles, npyBytes, writeArchive } from "../../testing/archives.ts";
import { attgrad, temporaryFolder } from "../../testing/command.ts";
import { answerBackward } from "./run.ts";

const folder = temporaryFolder();
const wave = (phase: number) => (i: number) => Math.sin(1.7 * i + phase);
const array = (...shape: number[]) => doubles(shape, wave(shape.length));
const lengths = (...values: number[]) => doubles([values.length], (i) => values[i]!);
const heads = { Q: array(4, 6, 3), K: array(2, 6, 3), V: array(2, 6, 2), dO: array(4, 6, 2) };
const plain = { Q: array(6, 3), K: array(6, 3), V: array(6, 2), dO: array(6, 2) };
const { dO: _, ...withoutUpstream } = plain;

type Case = [what: string, arrays: Record<string, ArrayBytes>, flags: Record<string, string>, message: RegExp];

const cases: Case[] = [
	[
		"widths of queries and keys",
		{ ...plain, K: array(6, 4) },
		{},
		/Q \(6, 3\) and K \(6, 4\) do not go together: queries of width 3 and keys of width 4$/,
	],
	[
		"numbers of keys and values",
		{ ...plain, V: array(5, 2) },
		{},
		/K \(6, 3\) and V \(5, 2\) do not go together: 6 keys and 5 values$/,
	],
	[
		"numbers of heads of keys and values",
		{ ...heads, V: array(1, 6, 2) },
		{},
		/K \(2, 6, 3\) and V \(1, 6, 2\) do not go together: 2 heads of keys and 1 of values$/,
	],
	[
		"batches",
		{ Q: array(2, 1, 6, 3), K: array(1, 1, 6, 3), V: array(1, 1, 6, 2), dO: array(2, 1, 6, 2) },
		{},
		/Q \(2, 1, 6, 3\) and K \(1, 1, 6, 3\) do not go together: a batch of 2 and one of 1$/,
	],
	[
		"axes",
		{ ...plain, V: array(1, 6, 2) },
		{},
		/K \(6, 3\) and V \(1, 6, 2\) do not go together: they must have as many axes$/,
	],
	[
		"the shape of dO",
		{ ...plain, dO: array(6, 3) },
		{},
		/dO must have the shape of the output, \(6, 2\) \(Q is \(6, 3\), V is \(6, 2\)\), got \(6, 3\)$/,
	],
	[
		"heads that do not divide",
		{ ...heads, K: array(3, 6, 3), V: array(3, 6, 2) },
		{},
		/3 heads of keys do not divide 4 heads of queries$/,
	],
	[
		"lengths that do not add up",
		{ ...plain, lengths: lengths(2, 3) },
		{},
		/lengths add up to 5, but there are 6 queries$/,
	],
	["a length of zero", { ...plain, lengths: lengths(6, 0) }, {}, /lengths\[1\] must be a whole number >= 1, got 0$/],
	["a negative length", { ...plain, lengths: lengths(8, -2) }, {}, /lengths\[1\] must be a whole number >= 1, got -2$/],
	[
		"lengths of other keys than queries",
		{ ...plain, K: array(5, 3), V: array(5, 2), lengths: lengths(2, 4) },
		{},
		/lengths add up to 6, but there are 5 keys$/,
	],
	["half a length", { ...plain, lengths: lengths(2.5, 3.5) }, {}, /lengths\[0\] must be a whole number >= 1, got 2.5$/],
	["a window below 1", plain, { mask: "causal", window: "0" }, /^--window must be >= 1, got 0$/],
	["half a window", plain, { mask: "causal", window: "2.5" }, /^--window must be a whole number, got 2.5$/],
	["a mask of another name", plain, { mask: "casual" }, /^--mask must be one of none, causal, got casual/],
	["a window without causal", plain, { window: "3" }, /^--window 3 needs --mask causal$/],
	[
		"NaN",
		{ ...plain, K: doubles([6, 3], (i) => (i === 7 ? Number.NaN : 0)) },
		{},
		/K\[2, 1\] is NaN; every entry must be finite$/,
	],
	[
		"infinity",
		{ ...heads, V: doubles([2, 6, 2], (i) => (i === 23 ? -Infinity : 0)) },
		{},
		/V\[1, 5, 1\] is -Infinity; every entry must be finite$/,
	],
	[
		"values of no width",
		{ ...plain, V: array(6, 0), dO: array(6, 0) },
		{},
		/V must have no axis of length 0, got shape \(6, 0\)$/,
	],
	[
		"a dO that is missing",
		withoutUpstream,
		{},
		/missing array: dO, the upstream gradient, shaped like the output: \(6, 2\); attgrad forward needs none$/,
	],
	...["nystrom", "random-features", "support-basis", "clusters", "linear-attention"].flatMap((algorithm) =>
		[
			["mask", plain, { mask: "causal" }] as const,
			["window", plain, { mask: "causal", window: "2" }] as const,
			["packed sequences", { ...plain, lengths: lengths(2, 4) }, {}] as const,
		].map(
			([what, arrays, flags]): Case => [
				`${what} for ${algorithm}`,
				arrays,
				{ algorithm, ...flags },
				new RegExp(`^${algorithm}:? takes no mask.*(polynomial and streaming take all|use polynomial or exact)$`),
			],
		),
	),
	[
		"an option that the algorithm lacks",
		plain,
		{ algorithm: "exact", epsilon: "1e-3" },
		/^streaming has no option --epsilon \(it has none\); it is an option of .*polynomial/,
	],
	[
		"an n x n matrix that is too large",
		{ ...plain, Q: array(5000, 1), K: array(5000, 1), V: array(5000, 1), dO: array(5000, 1) },
		{ algorithm: "definition" },
		/^definition: 5000 x 5000 scores are more than 2e\+7; use streaming$/,
	],
];

describe("a bad input is refused in one line that names it, and nothing is written", () => {
	test.each(cases)("%s", async (what, arrays, flags, message) => {
		const name = what.replaceAll(" ", "-");
		const layer = writeArchive(join(folder, `${name}.npz`), arrays);
		const out = join(folder, `${name}-out.npz`);
		const failure: unknown = await answerBackward({ layer, out, json: true, ...flags }).catch((error) => error);
		expect(failure).toBeInstanceOf(UsageError);
		const text = (failure as UsageError).message;
		expect(text).toMatch(message);
		expect(text).not.toContain("\n");
		expect(readdirSync(folder).filter((file) => file.startsWith(`${name}-out`))).toEqual([]);
	});
});

/** A folder of arrays n x 1 of zeros that take no room on the disk. */
function sparseLayer(name: string, n: number): string {
	const path = join(folder, name);
	mkdirSync(path);
	for (const array of ["Q", "K", "V", "dO"]) {
		const header = npyBytes({ descr: "<f8", shape: [n, 1], data: new Uint8Array() });
		const file = join(path, `${array}.npy`);
		writeSync(openSync(file, "w"), header);
		truncateSync(file, header.length + 8 * n);
	}
	return path;
}

describe("so many pairs that only approximation is possible: the command says what would do, exit 2", () => {
	test.concurrent.each([
		["backward", [], ".npz", ", or --mask causal with a --window"],
		["forward", ["--mask", "causal"], ".npy", ", or --mask causal with a --window"],
	])("%s %j", async (verb, words, ending, masks) => {
		const layer = sparseLayer(`pairs-${verb}`, 1e8);
		const out = join(folder, `${verb}-out${ending}`);
		const { code, stdout, stderr } = await attgrad([verb, layer, ...words, "--algorithm", "exact", "--out", out]);
		expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
		expect(stderr).toMatch(
			new RegExp(
				`^attgrad ${verb}: streaming: 100000000 x 100000000 visible pairs would take about \\d+ days; use --algorithm polynomial with --relative or --epsilon${masks}\n$`,
			),
		);
		expect(existsSync(out)).toBe(false);
	});
});
