import { readFileSync } from "node:fs";
import { join } from "node:path";
import { decodeNpy, type LayerWeights } from "@attgrad/attention-problem";
import { attentionForward, attentionLayers } from "@attgrad/exact-gradient";
import { Matrix, maxAbsDifference } from "@attgrad/matrix-core";
import { expect, test } from "vitest";
import { doubles, writeArchive } from "../../testing/archives.ts";
import { attgrad, temporaryFolder } from "../../testing/command.ts";

const folder = temporaryFolder();
const wave = (phase: number) => (i: number) => Math.sin(1.7 * i + phase);
const matrix = (rows: number, cols: number, phase: number) =>
	Matrix.build(rows, cols, (i, j) => wave(phase)(i * cols + j));
const [n, d] = [40, 2];

const projections = writeArchive(join(folder, "projections.npz"), {
	Q: doubles([n, d], wave(1)),
	K: doubles([n, d], wave(2)),
	V: doubles([n, d], wave(3)),
});
const stacked = writeArchive(join(folder, "stacked.npz"), {
	E: doubles([n, d], wave(4)),
	...Object.fromEntries(["Q", "K", "V"].map((name, at) => [name, doubles([3, d, d], wave(5 + at))])),
	scale: doubles([], () => 0.75),
});
/** The weights of the stacked file: layer after layer, each array its own. */
const weights = (layer: number): LayerWeights => {
	const of = (phase: number) => Matrix.build(d, d, (i, j) => wave(phase)(layer * d * d + i * d + j));
	return { Q: of(5), K: of(6), V: of(7) };
};

const jsonOf = async (...words: string[]) => {
	const { code, stdout, stderr } = await attgrad(["forward", ...words, "--json"]);
	// The choice of auto is told before it runs, a line for each layer.
	expect({ code, told: stderr.replaceAll(/^auto: (streaming|polynomial), .*\n/gm, "") }).toEqual({ code: 0, told: "" });
	expect(stdout.split("\n")).toHaveLength(2);
	return JSON.parse(stdout);
};

test.concurrent("given queries, keys and values are attended with the scale 1/d, within the certificate", async () => {
	const exact = attentionForward(matrix(n, d, 1), matrix(n, d, 2), matrix(n, d, 3), 1 / d);
	const words = [projections, "--algorithm", "polynomial", "--epsilon", "1e-6"];
	const answer = await jsonOf(...words);
	expect(answer).toMatchObject({ algorithm: "polynomial", status: "done", n, d, scale: 0.5, dtype: "f64" });
	const [layer] = answer.layers;
	expect(layer).toMatchObject({ certificate: { kind: "a-posteriori" }, throughError: layer.certificate.bound });
	expect(layer.certificate.bound).toBeLessThanOrEqual(1e-6);
	expect(maxAbsDifference(Matrix.fromRows(answer.output), exact)).toBeLessThanOrEqual(layer.certificate.bound + 1e-14);
	const streamed = await jsonOf(projections, "--algorithm", "exact");
	expect(streamed).toMatchObject({ algorithm: "streaming", layers: [{ degree: null, certificate: null }] });
	expect(maxAbsDifference(Matrix.fromRows(streamed.output), exact)).toBeLessThanOrEqual(1e-14);
});

test.concurrent("stacked weights are layers in a row, and the output goes to the file", async () => {
	const out = join(folder, "out.npy");
	const answer = await jsonOf(stacked, "--algorithm", "polynomial", "--epsilon", "1e-9", "--out", out);
	expect(answer).toMatchObject({ out, scale: 0.75 });
	expect(answer).not.toHaveProperty("output");
	expect(answer.layers).toHaveLength(3);
	// attentionLayers has the scale 1/d: the rest goes into Q
	const layers = [0, 1, 2].map((at) => ({
		...weights(at),
		Q: Matrix.build(d, d, (i, j) => 0.75 * d * weights(at).Q.at(i, j)),
	}));
	const exact = attentionLayers(layers, matrix(n, d, 4)).at(-1)!;
	const bound = answer.layers[2].throughError;
	expect(bound).toBeGreaterThan(answer.layers[2].certificate.bound);
	expect(maxAbsDifference(decodeNpy(readFileSync(out)), exact)).toBeLessThanOrEqual(bound + 1e-14);
	const first = await jsonOf(stacked, "--algorithm", "exact", "--layers", "1");
	const one = attentionLayers(layers.slice(0, 1), matrix(n, d, 4))[0]!;
	expect(maxAbsDifference(Matrix.fromRows(first.output), one)).toBeLessThanOrEqual(1e-14);
});

test.concurrent("auto says for each layer what it picked and why", async () => {
	const answer = await jsonOf(stacked);
	for (const layer of answer.layers) expect(layer.chosen).toMatch(/^(polynomial|streaming): .*predicted/);
	const { stdout } = await attgrad(["forward", stacked, "--algorithm", "polynomial"]);
	const labels = Array.from(stdout.matchAll(/^(\S.*?) {2}/gm), ([, label]) => label);
	expect(labels).toEqual(["algorithm", "layers", "layer 1", "layer 2", "layer 3", "output", "time"]);
	expect(stdout).toMatch(/nor by more than \S+ from the exact layers 1 to 3/);
});

test.concurrent("what cannot be certified is told in the answer and on standard error, and no file is left", async () => {
	const out = join(folder, "unreachable.npy");
	const words = [projections, "--algorithm", "polynomial", "--epsilon", "1e-18", "--json", "--out", out];
	const { code, stdout, stderr } = await attgrad(["forward", ...words]);
	const { status, reason } = JSON.parse(stdout);
	expect({ code, status, stderr }).toEqual({ code: 1, status: "invalid", stderr: `attgrad forward: ${reason}\n` });
	expect(() => readFileSync(out)).toThrow(/ENOENT/);
});

const sound = {
	E: doubles([4, 2], wave(1)),
	...Object.fromEntries(["Q", "K", "V"].map((name) => [name, doubles([2, 2], wave(2))])),
};
test.concurrent.each<[string, Record<string, ReturnType<typeof doubles>> | undefined, string[], RegExp]>([
	["no values", { Q: sound.E, K: sound.E }, [], /missing array: V; a layer file holds/],
	["an array of a problem", { ...sound, A1: sound.E }, [], /unknown array: A1; a layer file holds/],
	[
		"weights of another width",
		{ ...sound, V: doubles([3, 3], wave(1)) },
		[],
		/V must be 2 x 2 \(E is 4 x 2\), got shape \(3, 3\)/,
	],
	[
		"keys of another length",
		{ Q: sound.E, K: doubles([5, 2], wave(1)), V: sound.E },
		[],
		/K \(5, 2\) and V \(4, 2\) do not go together: 5 keys and 4 values/,
	],
	["stacks of two lengths", { ...sound, Q: doubles([2, 2, 2], wave(1)) }, [], /K must be 2 x 2 x 2/],
	["an entry that is NaN", { ...sound, Q: doubles([2, 2], () => Number.NaN) }, [], /Q.*(NaN|nan)/],
	["a scale below zero", { ...sound, scale: doubles([], () => -1) }, [], /scale must be a finite number > 0, got -1/],
	["rows that are NaN", { ...sound, E: doubles([4, 2], () => Number.NaN) }, ["--algorithm", "exact"], /E.*(NaN|nan)/],
	["several layers of projections", undefined, ["--layers", "2"], /layers in a row need E and weights/],
	["a foreign option", undefined, ["--algorithm", "exact", "--epsilon", "1"], /streaming has no option --epsilon/],
	[
		"an unknown algorithm",
		undefined,
		["--algorithm", "nystrom"],
		/--algorithm must be one of auto, exact, streaming, polynomial/,
	],
	["no layer", undefined, ["--layers", "0"], /--layers must be >= 1, got 0/],
])("%s is refused in one line", async (name, arrays, words, expected) => {
	const path = arrays ? writeArchive(join(folder, `${name.replaceAll(" ", "-")}.npz`), arrays) : projections;
	const { code, stdout, stderr } = await attgrad(["forward", path, ...words]);
	expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
	expect(stderr).toMatch(/^attgrad forward: [^\n]*\n$/);
	expect(stderr).toMatch(expected);
});
