import { readFileSync } from "node:fs";
import { join } from "node:path";
import { decodeNpy } from "@attgrad/attention-problem";
import { referenceCases, referencePath } from "@attgrad/attention-problem/testing";
import { Matrix, maxAbs, maxAbsDifference } from "@attgrad/matrix-core";
import { unzipSync } from "fflate";
import { expect, test } from "vitest";
import { soundArrays, writeArchive } from "../../testing/archives.ts";
import { attgrad, temporaryFolder } from "../../testing/command.ts";

const folder = temporaryFolder();
const sound = writeArchive(join(folder, "sound.npz"), soundArrays());

const jsonOf = async (...words: string[]) => {
	const { code, stdout, stderr } = await attgrad(["gradient", ...words, "--json"]);
	expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
	return JSON.parse(stdout);
};

test.concurrent("all gradients of a problem, written under the names of its matrices", async () => {
	const out = join(folder, "g.npz");
	const answer = await jsonOf(sound, "--wrt", "X,Y,A1,A2,A3,E", "--out", out);
	expect(answer).toMatchObject({ algorithm: "auto", chosen: { algorithm: "streaming", exact: true }, n: 4, d: 2, out });
	const arrays = unzipSync(readFileSync(out));
	expect(Object.keys(arrays)).toEqual(["X", "Y", "A1", "A2", "A3", "E"].map((name) => `${name}.npy`));
	for (const name of ["A1", "A2", "A3", "E"])
		expect(decodeNpy(arrays[`${name}.npy`])).toMatchObject({ rows: 4, cols: 2 });
	for (const name of ["X", "Y"]) expect(decodeNpy(arrays[`${name}.npy`])).toMatchObject({ rows: 2, cols: 2 });
});

test.concurrent("the gradients in X and Y are the reference's, and those of every algorithm that gives them", async () => {
	const { name, gradX, gradY } = referenceCases().find(({ problem }) => problem.n > 10) as ReturnType<
		typeof referenceCases
	>[0];
	for (const words of [[], ["--algorithm", "exact"], ["--algorithm", "dense"]]) {
		const { gradients } = await jsonOf(referencePath(name), "--wrt", "Y, X", ...words);
		expect(Object.keys(gradients)).toEqual(["Y", "X"]);
		const off = (got: number[][], wanted: Matrix) => maxAbsDifference(Matrix.fromRows(got), wanted) / maxAbs(wanted);
		expect(off(gradients.X.values, gradX)).toBeLessThanOrEqual(1e-11);
		expect(off(gradients.Y.values, gradY)).toBeLessThanOrEqual(1e-11);
	}
});

test.concurrent("polynomials prove a bound for each, from a file, that holds", async () => {
	const { name, gradX, gradY } = referenceCases().find(({ problem: { n, d } }) => n > 10 && d <= 4)!;
	const all = ["X", "Y", "A1", "A2", "A3", "E"];
	const words = ["--wrt", all.join(), "--algorithm", "polynomial", "--epsilon", "1e-4"];
	const near = await jsonOf(referencePath(name), ...words);
	const exact = await jsonOf(referencePath(name), "--wrt", all.join(), "--algorithm", "exact");
	expect(near).toMatchObject({ algorithm: "polynomial", certificate: { kind: "a-posteriori" } });
	expect([near.degree, near.rank, near.exactRows]).toEqual(Array(3).fill(expect.any(Number)));
	expect(exact).toMatchObject({ degree: null, certificate: { kind: "none" } });
	const truth = { ...exact.gradients, X: { values: gradX.toRows() }, Y: { values: gradY.toRows() } };
	for (const matrix of all) {
		const { bound, values } = near.gradients[matrix];
		expect(bound).toBeLessThanOrEqual(1e-4);
		const off = maxAbsDifference(Matrix.fromRows(values), Matrix.fromRows(truth[matrix].values));
		expect(off, matrix).toBeLessThanOrEqual(bound + 1e-12);
		expect(exact.gradients[matrix].bound).toBe(null);
	}
});

test.concurrent("a table tells the bound of each", async () => {
	const { stdout } = await attgrad(["gradient", sound, "--wrt", "A2,Y", "--algorithm", "polynomial", "--degree", "3"]);
	expect(stdout).toMatch(/^polynomial +degree 3, rank 10$/m);
	expect(stdout).toMatch(/^exact rows +\d of 4$/m);
	// lines are wrapped
	expect(
		stdout.replaceAll(/\n {8,}/g, " ").match(/^dL\/d(A2|Y) .*; no entry is off by more than \S+ \(a-posteriori\)$/gm),
	).toHaveLength(2);
});

test.concurrent("--wrt X is the gradient as ever", async () => {
	const { gradient } = await jsonOf(sound, "--wrt", "X", "--algorithm", "exact");
	const { gradients } = await jsonOf(sound, "--wrt", "X,E", "--algorithm", "exact");
	expect(maxAbsDifference(Matrix.fromRows(gradient), Matrix.fromRows(gradients.X.values))).toBeLessThanOrEqual(1e-15);
});

test.concurrent("a matrix that is named twice counts once", async () => {
	const of = (wrt: string) => jsonOf(sound, "--wrt", wrt, "--algorithm", "exact");
	expect((await of("X,X")).gradient).toEqual((await of("X")).gradient);
	const { gradients } = await of("Y, A1,Y");
	expect(Object.keys(gradients)).toEqual(["Y", "A1"]);
});

test.concurrent("a table has a line for each gradient", async () => {
	const { stdout } = await attgrad(["gradient", sound, "--wrt", "A2,Y"]);
	const labels = Array.from(stdout.matchAll(/^(\S.*?) {2}/gm), ([, label]) => label);
	expect(labels).toEqual(["algorithm", "problem", "loss", "dL/dA2", "dL/dY", "time"]);
});

test.concurrent.each([
	[["--wrt", "Q"], "--wrt must name matrices among X, Y, A1, A2, A3, E, got Q"],
	[["--wrt", "X,,Y"], "--wrt must name matrices among X, Y, A1, A2, A3, E, got nothing"],
	[["--wrt", "Y", "--out", join(folder, "g.npy")], `--out must end in .npz, got ${join(folder, "g.npy")}`],
	[
		["--wrt", "A3", "--algorithm", "dense"],
		"dense gives no gradient in A3; --algorithm exact gives that in every matrix",
	],
	[
		["--wrt", "A3", "--algorithm", "polynomial", "--basis", "taylor"],
		"polynomial has no option basis for the gradient in A3 (it has epsilon, relative, degree)",
	],
	[
		["--wrt", "X,A1", "--algorithm", "polynomial/reverse"],
		"polynomial/reverse gives the gradient in X alone; in A1 there is polynomial",
	],
	[
		["--wrt", "A1", "--algorithm", "polynomial", "--dtype", "f32"],
		"polynomial: the problem was rounded from f64 to f32; bounds in several matrices are proved of the numbers that were given: use f64",
	],
])("%j is refused in one line", async (words, expected) => {
	const { code, stdout, stderr } = await attgrad(["gradient", sound, ...words]);
	expect({ code, stdout, stderr }).toEqual({ code: 2, stdout: "", stderr: `attgrad gradient: ${expected}\n` });
});
