import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Matrix, maxAbsDifference, seededRandom } from "@attgrad/matrix-core";
import { unzipSync } from "fflate";
import { describe, expect, test } from "vitest";
import { backwardStack, createStack } from "../../../index.ts";
import { type ArrayBytes, doubles, writeArchive } from "../../../testing/archives.ts";
import { attgrad, temporaryFolder } from "../../../testing/command.ts";

const folder = temporaryFolder();
const random = seededRandom(5, "stack file");
const array = (shape: readonly number[], deviation = 1): ArrayBytes =>
	doubles(shape, () => deviation * random.normal());
const numbersOf = ({ data }: ArrayBytes): Float64Array => new Float64Array(data.slice().buffer);

/** Two layers of two heads of width 3, n = 80, d = 4. */
const heads = {
	...{ E: array([80, 4]), dO: array([80, 4]) },
	...{
		Q: array([2, 2, 4, 3], 0.3),
		K: array([2, 2, 4, 3], 0.3),
		V: array([2, 2, 4, 3], 0.5),
		W_O: array([2, 2, 3, 4], 0.4),
	},
};
const headsFile = writeArchive(join(folder, "heads.npz"), heads);
const small = {
	...{ E: array([6, 2]), dO: array([6, 2]) },
	...{ Q: array([3, 2, 2], 0.5), K: array([3, 2, 2], 0.5), V: array([3, 2, 2], 0.5) },
};
const smallFile = writeArchive(join(folder, "small.npz"), small);

const jsonOf = async (...words: string[]) => {
	const { code, stdout, stderr } = await attgrad(["backward", ...words, "--json"]);
	expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
	return JSON.parse(stdout);
};

/** The part of a weight array that belongs to a layer and head. */
const headOf = (weights: ArrayBytes, layer: number, head: number): Matrix => {
	const [, count, rows, cols] = weights.shape;
	const from = (layer * count + head) * rows * cols;
	return new Matrix(rows, cols, numbersOf(weights).slice(from, from + rows * cols));
};

describe("attgrad backward of a stack", () => {
	test("gives the library's gradients, in the shapes of the file", async () => {
		const out = join(folder, "grads.npz");
		const words = ["--mask", "causal", "--residual", "--scale", "0.5", "--with-output", "--out", out];
		const answer = await jsonOf(headsFile, ...words);
		expect(answer).toMatchObject({
			...{ status: "done", algorithm: "streaming", n: 80, d: 4, depth: 2, heads: 2, width: 3, scale: 0.5 },
			...{ residual: true, mask: "causal", certificate: null, out },
		});
		const layers = [0, 1].map((layer) => {
			const side = (weights: ArrayBytes) => {
				const [a, b] = [headOf(weights, layer, 0), headOf(weights, layer, 1)];
				return Matrix.build(4, 6, (i, j) => (j < 3 ? a.at(i, j) : b.at(i, j - 3)));
			};
			const W_O = new Matrix(6, 4, numbersOf(heads.W_O).slice(layer * 24, (layer + 1) * 24));
			return { Q: side(heads.Q), K: side(heads.K), V: side(heads.V), W_O };
		});
		const given = { E: new Matrix(80, 4, numbersOf(heads.E)), layers, dO: new Matrix(80, 4, numbersOf(heads.dO)) };
		const stack = createStack(given, { heads: 2, scale: 0.5, residual: true, visibility: { mask: "causal" } });
		const wanted = await backwardStack(stack);
		const arrays = unzipSync(readFileSync(out));
		expect(Object.keys(arrays)).toEqual(["dE.npy", "dQ.npy", "dK.npy", "dV.npy", "dW_O.npy", "O.npy"]);
		const read = (name: string, length: number): Float64Array =>
			new Float64Array(arrays[`${name}.npy`].slice(-8 * length).buffer);
		const dE = new Matrix(80, 4, read("dE", 320));
		expect(maxAbsDifference(dE, wanted.dE)).toBeLessThan(1e-14);
		const header = new TextDecoder("latin1").decode(arrays["dK.npy"].slice(0, 128));
		expect(header).toContain("'shape': (2, 2, 4, 3)");
		const dK = read("dK", 48);
		for (let layer = 0; layer < 2; layer++)
			for (let head = 0; head < 2; head++)
				for (let i = 0; i < 4; i++)
					for (let j = 0; j < 3; j++)
						expect(dK[((layer * 2 + head) * 4 + i) * 3 + j]).toBeCloseTo(
							wanted.layers[layer].K.at(i, 3 * head + j),
							13,
						);
		const dW_O = read("dW_O", 48);
		expect(dW_O[24 + 3 * 4 + 1]).toBeCloseTo(wanted.layers[1].W_O?.at(3, 1) ?? Number.NaN, 13);
	});

	test("by polynomials with the mixed-stability certificate", async () => {
		const words = ["--mask", "causal", "--residual", "--scale", "0.5"];
		const answer = await jsonOf(headsFile, ...words, "--relative", "0.004");
		expect(answer).toMatchObject({
			algorithm: "polynomial",
			relative: 0.004,
			certificate: { kind: "mixed-stability" },
		});
		const { perturbation, layers, endToEnd } = answer.certificate;
		expect(perturbation).toBeLessThanOrEqual(0.004);
		expect(Object.keys(layers[0])).toEqual(["output", "dQ", "dK", "dV", "rounding"]);
		expect(endToEnd.weights).toHaveLength(2);
		expect(endToEnd.dE).toBeGreaterThan(0);
		const exact = join(folder, "exact.npz");
		const near = join(folder, "near.npz");
		await jsonOf(headsFile, ...words, "--out", exact);
		await jsonOf(headsFile, ...words, "--relative", "0.004", "--out", near);
		const [a, b] = [exact, near].map(
			(path) => new Float64Array(unzipSync(readFileSync(path))["dE.npy"].slice(-8 * 320).buffer),
		);
		const off = Math.max(...Array.from(a, (x, at) => Math.abs(x - b[at])));
		expect(off).toBeGreaterThan(1e-14);
		expect(off).toBeLessThanOrEqual(endToEnd.dE);
	});

	test("a table states what is proved, and that the end-to-end bound says nothing of a deep stack", async () => {
		const { code, stdout: wrapped } = await attgrad([
			"backward",
			smallFile,
			"--residual",
			"--degree",
			"3",
			"--algorithm",
			"polynomial",
		]);
		expect(code).toBe(0);
		// Long lines of a table are broken.
		const stdout = wrapped.replaceAll(/\s+/g, " ");
		expect(stdout).toContain("these are the exact gradients of a stack whose layers are perturbed by at most");
		expect(stdout).toMatch(
			/end to end, no entry of dE|the end-to-end bound says nothing|the end-to-end bound is infinite/,
		);
		const exact = (await attgrad(["backward", smallFile])).stdout.replaceAll(/\s+/g, " ");
		expect(exact).toContain("streaming: exact up to rounding");
		expect(exact).toContain("3 layers, n 6, d 2, heads 1 of width 2, scale 0.5, no residual");
	});
});

const { dO: _, ...withoutUpstream } = small;
const operands = { Q: array([4, 2]), K: array([4, 2]), V: array([4, 2]), dO: array([4, 2]) };
test.concurrent.each<[string, Record<string, ArrayBytes>, string[], RegExp]>([
	["a stack without dO", withoutUpstream, [], /missing array: dO; a stack holds E/],
	["an unknown array", { ...small, mask: small.E }, [], /unknown array: mask; a stack holds/],
	["layers that differ", { ...small, K: array([2, 2, 2]) }, [], /Q \(3, 2, 2\) and K \(2, 2, 2\) do not go together/],
	[
		"weights of another width",
		{ ...small, V: array([3, 2, 3]) },
		[],
		/V of layer 1 must be 2 x 2 \(E is 6 x 2\), got 2 x 3/,
	],
	[
		"heads without W_O",
		{ ...small, Q: array([3, 2, 2, 1]), K: array([3, 2, 2, 1]), V: array([3, 2, 2, 1]) },
		[],
		/2 heads of width 1 need W_O, 2 x 2/,
	],
	["five axes", { ...small, Q: array([1, 1, 1, 2, 2]) }, [], /Q.* must be layers x d x d/],
	[
		"an entry that is not finite",
		{ ...small, E: doubles([6, 2], (i) => (i === 3 ? Number.NaN : 1)) },
		[],
		/E\[1, 1\] is NaN/,
	],
	[
		"epsilon",
		small,
		["--algorithm", "polynomial", "--epsilon", "1e-3"],
		/what is proved of a stack is relative; use --relative/,
	],
	[
		"the definition",
		small,
		["--algorithm", "definition"],
		/--algorithm definition: stacks take auto, exact or polynomial/,
	],
	["single precision", small, ["--dtype", "f32"], /computed in double precision/],
	["--residual of one layer", operands, ["--residual"], /--residual: Q, K, V are those of one layer/],
])("%s is refused in one line, and nothing is written", async (name, arrays, words, expected) => {
	const path = writeArchive(join(folder, `${name.replaceAll(" ", "-")}.npz`), arrays);
	const out = join(folder, `${name.replaceAll(" ", "-")}-out.npz`);
	const { code, stdout, stderr } = await attgrad(["backward", path, "--out", out, ...words]);
	expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
	expect(stderr).toMatch(/^attgrad backward: [^\n]*\n$/);
	expect(stderr).toMatch(expected);
	expect(existsSync(out)).toBe(false);
});

describe("the library refuses", () => {
	const stack = createStack({
		E: Matrix.identity(3),
		layers: [{ Q: Matrix.identity(3), K: Matrix.identity(3), V: Matrix.identity(3) }],
		dO: Matrix.identity(3),
	});
	test.each([
		[{ algorithm: "exact", relative: 0.1 } as const, "the exact algorithm takes no relative"],
		[{ relative: -1 }, "relative must be a number > 0, got -1"],
		[{ degree: 0 }, "degree must be a whole number from 1 to 40, got 0"],
	])("%j", async (options, expected) => {
		await expect(backwardStack(stack, options)).rejects.toThrow(expected);
	});
});
