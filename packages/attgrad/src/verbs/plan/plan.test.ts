import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { doubles, writeArchive } from "../../testing/archives.ts";
import { attgrad, temporaryFolder } from "../../testing/command.ts";

const folder = temporaryFolder();

/** An instance in a file, far beyond the crossover: 5000 tokens of width 2. */
async function instance(name: string): Promise<string> {
	const file = join(folder, `${name}.npz`);
	await attgrad(["generate", "--n", "5000", "--d", "2", "--B", "0.5", "--out", file]);
	return file;
}

test.concurrent("plan tells what every algorithm would cost, what auto picks, and gradient then picks it", async () => {
	const file = await instance("plan");
	const { code, stdout, stderr } = await attgrad(["plan", file, "--epsilon", "1e-3", "--json"]);
	expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
	const { n, epsilon, chosen, algorithms } = JSON.parse(stdout);
	expect({ n, epsilon }).toEqual({ n: 5000, epsilon: 1e-3 });
	const names = new Set(algorithms.map(({ algorithm }: { algorithm: string }) => algorithm));
	const expected = ["streaming", "polynomial/moment", "polynomial/reverse", "nystrom", "support-basis", "clusters"];
	expect(names).toEqual(new Set(expected));
	const possible = algorithms.filter((entry: { possible: boolean }) => entry.possible);
	const times = possible.map(({ milliseconds, choosing = 0 }: Record<string, number>) => milliseconds + choosing);
	expect(times).toEqual(times.toSorted((a: number, b: number) => a - b));
	// At 5000 tokens of width 2 the exact method takes thirty times as long.
	expect(chosen.algorithm).toMatch(/^polynomial\//);
	expect(chosen.why).toMatch(/^Chebyshev degree \d+, K = \d+: \d.* predicted; exact: \d/);

	const gradient = JSON.parse((await attgrad(["gradient", file, "--epsilon", "1e-3", "--json"])).stdout);
	const detailOf = ({ algorithm, why }: { algorithm: string; why: string }) => [algorithm, why.split(":")[0]];
	expect(detailOf(gradient.chosen)).toEqual(detailOf(chosen));
	expect(gradient.certificate.bound).toBeLessThanOrEqual(1e-3);
});

test.concurrent("plan prints a table, cheapest first", async () => {
	const { stdout } = await attgrad(["plan", await instance("table"), "--epsilon", "1e-3"]);
	expect(stdout).toMatch(/^problem +n 5000, d 2, f64, epsilon 0\.001; kernel/);
	expect(stdout).toMatch(/^auto +polynomial\/\w+, Chebyshev degree/m);
	expect(stdout).toMatch(/^ *predicted +algorithm +error proved$/m);
	expect(stdout).toMatch(/streaming +exact but for rounding/);
	expect(stdout).toMatch(/a-posteriori$/m);
});

test.concurrent("a wrong plan is refused in a line", async () => {
	const { code, stderr } = await attgrad(["plan", "nowhere.npz", "--epsilon", "0"]);
	expect({ code, stderr }).toEqual({ code: 2, stderr: "attgrad plan: --epsilon must be > 0, got 0\n" });
});

test.concurrent("without a file, plan answers whether certified attention pays for a model, and draws it", async () => {
	const words = ["plan", "--n", "2^17", "--d", "64", "--heads", "12", "--B", "4"];
	const { code, stdout, stderr } = await attgrad([...words, "--plot", join(folder, "figure")]);
	expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
	expect(stdout).toMatch(/^answer +no: certified attention is faster only from n = 2\^\d+\.\d on$/m);
	expect(stdout).toMatch(/^would pay +B up to 0\.\d+ at this n and d; d up to \d+ at this n and B$/m);
	for (const ending of ["svg", "png"]) expect(existsSync(join(folder, `figure/plan.${ending}`))).toBe(true);
	const easy = JSON.parse((await attgrad(["plan", "--n", "2^17", "--d", "2", "--B", "0.5", "--json"])).stdout);
	expect(easy).toMatchObject({ n: 131072, d: 2, heads: 1, B: 0.5, relative: 0.01, pays: true });
});

test.concurrent.each([
	[["--n", "2^17", "--B", "4"], "give a problem file, or a model: --d missing (attgrad plan --help)"],
	[[], "give a problem file, or a model: --n, --d, --B missing (attgrad plan --help)"],
	[["--n", "8,16", "--d", "2", "--B", "1"], "--n: plan takes one size, got 8,16"],
	[["--n", "0", "--d", "2", "--B", "1"], "--n: each value must be a whole number >= 1 (also 2^10, 2^10..2^17), got 0"],
	[["--n", "8", "--d", "2", "--B", "1", "--relative", "1"], "--relative must be < 1, got 1"],
	[
		["--n", "8", "--d", "2", "--B", "1", "--mask", "causal"],
		"--mask is for a layer in a file; a model has none (attgrad plan --help)",
	],
	[["p.npz", "--n", "8"], "--n is for a model; a file has its own sizes (attgrad plan --help)"],
	[["p.npz", "--plot", "figures"], "--plot is for a model; a file has its own sizes (attgrad plan --help)"],
])("the model %j is refused in a line", async (words, reason) => {
	const { code, stderr } = await attgrad(["plan", ...words]);
	expect({ code, stderr }).toEqual({ code: 2, stderr: `attgrad plan: ${reason}\n` });
});

describe("the backward pass of a layer", () => {
	const wave = (phase: number) => (i: number) => Math.sin(1.7 * i + phase);
	const layer = (name: string, n: number) =>
		writeArchive(join(folder, `${name}.npz`), {
			Q: doubles([2, n, 2], wave(1)),
			K: doubles([1, n, 2], wave(2)),
			V: doubles([1, n, 3], wave(3)),
			dO: doubles([2, n, 3], wave(4)),
		});

	test.concurrent("what each algorithm would cost and prove; backward then picks the same", async () => {
		const file = layer("layer", 3000);
		const words = [file, "--mask", "causal", "--relative", "1e-2", "--json"];
		const { code, stdout, stderr } = await attgrad(["plan", ...words]);
		expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
		const plan = JSON.parse(stdout);
		expect(plan).toMatchObject({ heads: 2, keyHeads: 1, n_q: 3000, d: 2, d_v: 3, mask: "causal", relative: 1e-2 });
		const names = new Set(plan.algorithms.map(({ algorithm }: { algorithm: string }) => algorithm));
		expect(names).toEqual(new Set(["streaming", "definition", "polynomial", "hybrid"]));
		const possible = plan.algorithms.filter((entry: { possible: boolean }) => entry.possible);
		const times = possible.map(({ milliseconds }: { milliseconds: number }) => milliseconds);
		expect(times).toEqual(times.toSorted((a: number, b: number) => a - b));
		const backward = JSON.parse((await attgrad(["backward", ...words])).stdout);
		expect(backward.chosen.algorithm).toBe(plan.chosen.algorithm);
	});

	test.concurrent("a table", async () => {
		const { stdout } = await attgrad([
			"plan",
			layer("small", 40),
			"--mask",
			"causal",
			"--window",
			"7",
			"--epsilon",
			"1e-3",
		]);
		expect(stdout).toMatch(/^layer +heads 2 on 1 of keys, n_q 40, .*, epsilon 0\.001; kernel/);
		expect(stdout).toMatch(/^visible +causal, window 7$/m);
		expect(stdout).toMatch(/^auto +streaming: exact up to rounding/m);
		expect(stdout).toMatch(/^ *predicted +algorithm +error of dQ, dK, dV$/m);
		expect(stdout).toMatch(/streaming +exact but for rounding$/m);
		expect(stdout).toMatch(/polynomial +(degree \d+, K = \d+ +about |no: )/m);
	});

	test.concurrent("a mask for a problem is refused in a line", async () => {
		const { code, stderr } = await attgrad(["plan", await instance("masked"), "--mask", "causal"]);
		expect({ code, stderr }).toEqual({
			code: 2,
			stderr:
				"attgrad plan: --mask is for a layer with Q, K, V and dO; a problem has no mask, and its scale is in its file\n",
		});
	});
});
