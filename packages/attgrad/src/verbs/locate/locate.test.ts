import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { doubles, writeArchive } from "../../testing/archives.ts";
import { attgrad, temporaryFolder } from "../../testing/command.ts";

const folder = temporaryFolder();
const wave = (phase: number) => (i: number) => 2 * Math.sin(1.7 * i * i + phase);
const heads = writeArchive(join(folder, "two-heads.npz"), {
	Q: doubles([2, 90, 5], wave(1)),
	K: doubles([1, 90, 5], wave(2)),
	V: doubles([1, 90, 3], wave(3)),
	scale: doubles([], () => 0.4),
});

test.concurrent("locate tells where each head lies, its geometry and its ranks", async () => {
	const { code, stdout, stderr } = await attgrad(["locate", heads, "--epsilon", "0.05", "--json"]);
	expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
	const { located, ...layer } = JSON.parse(stdout);
	expect(layer).toMatchObject({ heads: 2, keyHeads: 1, scale: 0.4, epsilon: 0.05 });
	expect(located).toHaveLength(2);
	for (const { n_q, n_k, d, d_v, ranks, verdict, certified, leastPaysFrom } of located) {
		expect({ n_q, n_k, d, d_v }).toEqual({ n_q: 90, n_k: 90, d: 5, d_v: 3 });
		expect(ranks.map(({ delta }: { delta: number }) => delta)).toEqual([0.1, 0.05, 0.01, 1e-3, 1e-4, 1e-5, 1e-6]);
		for (const { least, achieved } of ranks)
			if (achieved.hybrid !== null) expect(achieved.hybrid).toBeGreaterThanOrEqual(least);
		const lengths = [certified.paysFrom ?? Infinity, leastPaysFrom];
		const expected = lengths[0] <= 90 ? "below" : lengths[1] <= 90 || lengths[0] <= 32 * 90 ? "near" : "above";
		expect(verdict).toBe(expected);
	}
});

test.concurrent("a table in 80 columns, and figures in a folder", async () => {
	const plot = join(folder, "figures");
	const { code, stdout } = await attgrad(["locate", heads, "--plot", plot]);
	expect(code).toBe(0);
	const lines = stdout.split("\n");
	expect(lines[0]).toBe("2 heads, n 90, d 5, scale 0.4; relative error 0.01 (Frobenius)");
	for (const line of lines.filter((line) => !line.startsWith("drawn:")))
		expect(line.length, line).toBeLessThanOrEqual(80);
	expect(stdout).toMatch(/^1 (below|near|above) +\d/m);
	for (const name of ["heads.png", "ranks.png"])
		expect(readFileSync(join(plot, name)).subarray(1, 4).toString()).toBe("PNG");
});

test.concurrent.each([
	[["nowhere.npz"], /nowhere\.npz/],
	[[heads, "--epsilon", "1"], /--epsilon must be < 1, got 1/],
	[[heads, "--plot", join(heads, "figures")], /cannot make the folder .*: a part of its path is not a folder/],
	[[heads, "--plot", "/proc/attgrad"], /cannot make the folder \/proc\/attgrad: /],
	[[heads, "--submatrix", "2000"], /--submatrix must be <= 1024, got 2000/],
])("%j is refused in a line", async (words, expected) => {
	const { code, stdout, stderr } = await attgrad(["locate", ...words]);
	expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
	expect(stderr).toMatch(/^attgrad locate: [^\n]*\n$/);
	expect(stderr).toMatch(expected);
	expect(existsSync(join(folder, "heads.png"))).toBe(false);
});
