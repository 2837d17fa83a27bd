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

test.concurrent("--wrt X is the gradient as ever", async () => {
	const { gradient } = await jsonOf(sound, "--wrt", "X", "--algorithm", "exact");
	const { gradients } = await jsonOf(sound, "--wrt", "X,E", "--algorithm", "exact");
	expect(maxAbsDifference(Matrix.fromRows(gradient), Matrix.fromRows(gradients.X.values))).toBeLessThanOrEqual(1e-15);
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
])("%j is refused in one line", async (words, expected) => {
	const { code, stdout, stderr } = await attgrad(["gradient", sound, ...words]);
	expect({ code, stdout, stderr }).toEqual({ code: 2, stdout: "", stderr: `attgrad gradient: ${expected}\n` });
});
