import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { distributions, generateProblem, readProblem } from "@attgrad/attention-problem";
import { expect, test } from "vitest";
import { attgrad, start, temporaryFolder } from "../../testing/command.ts";

const folder = temporaryFolder();

test.concurrent("generate writes the problem of its seed, and JSON says what it is", async () => {
	const out = join(folder, "problem.npz");
	const point = { n: 111, d: 3, B: 1.5, seed: 7, distribution: "biased", dtype: "f32" } as const;
	const words = Object.entries(point).flatMap(([name, value]) => [`--${name}`, String(value)]);
	const { code, stdout, stderr } = await attgrad(["generate", ...words, "--out", out, "--json"]);
	expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
	const { problem } = await readProblem(out);
	expect(problem).toEqual(generateProblem(point));
	expect(JSON.parse(stdout)).toMatchObject({ ...point, scale: 1 / 3, out });
});

test.concurrent("sizes may be powers, and what is not given has its default", async () => {
	const out = join(folder, "power.npz");
	const { code, stdout } = await attgrad(["generate", "--n", "2^6", "--d", "2", "--B", "5e-1", "--out", out]);
	expect(code).toBe(0);
	expect(stdout).toContain("uniform, n 64, d 2, B 0.5, seed 0, f64");
	const { problem } = await readProblem(out);
	expect(problem).toEqual(generateProblem({ n: 64, d: 2, B: 0.5, seed: 0, distribution: "uniform" }));
});

test.concurrent("the bound that generate tells is the one that the problem meets", async () => {
	const out = join(folder, "bound.npz");
	const { stdout } = await attgrad(["generate", "--n", "64", "--d", "4", "--B", "2", "--out", out, "--json"]);
	const { queries, keys } = JSON.parse(stdout).bound;
	const { problem } = await readProblem(out);
	expect(keys).toBe(Math.max(...problem.A2.data.map(Math.abs)));
	expect(queries).toBeLessThanOrEqual(2 * (1 + 1e-12));
});

const kept = temporaryFolder();
const words = (changed: Record<string, string>) =>
	Object.entries({ n: "16", d: "2", B: "1", out: join(kept, "p.npz"), ...changed }).flatMap(([name, value]) => [
		`--${name}`,
		value,
	]);

const refused: [what: string, words: string[], names: RegExp][] = [
	["n = 0", words({ n: "0" }), /--n must be >= 1, got 0/],
	["n that is not whole", words({ n: "2.5" }), /--n must be a whole number, got 2\.5/],
	["d = 0", words({ d: "0" }), /--d must be >= 1, got 0/],
	["B = 0", words({ B: "0" }), /--B must be > 0, got 0/],
	["B < 0", words({ B: "-1e-3" }), /--B must be > 0, got -0\.001/],
	["a B that is infinite", words({ B: "1e999" }), /--B must be a finite number, got Infinity/],
	["a negative seed", words({ seed: "-1" }), /--seed must be >= 0, got -1/],
	["an unknown distribution", words({ distribution: "unifrom" }), new RegExp(`one of ${distributions.join(", ")}`)],
	["a missing size", ["--n", "4", "--d", "2", "--out", join(kept, "p.npz")], /--B is missing/],
	["a missing file", ["--n", "4", "--d", "2", "--B", "1"], /--out is missing/],
	["an argument", ["p.npz", ...words({})], /unexpected argument: p\.npz/],
	["an unknown option", words({ distributoin: "uniform" }), /did you mean --distribution\?/],
	["a name that does not end in .npz", words({ out: join(kept, "p.zip") }), /must end in \.npz/],
	["a folder that is not there", words({ out: join(kept, "no", "p.npz") }), /cannot write .*its folder/],
	["more than the disk holds", words({ n: "1e14" }), /cannot write .*takes .* GB, the disk has/],
	["a folder that takes no files", words({ out: "/proc/p.npz" }), /cannot write \/proc\/p\.npz/],
];

test.concurrent.each(refused)("generate refuses %s in one line", async (_what, call, names) => {
	const { code, stdout, stderr } = await attgrad(["generate", ...call]);
	expect(stderr).toMatch(names);
	expect(stderr).toMatch(/^attgrad generate: [^\n]+\n$/);
	expect(stdout).toBe("");
	expect(code).toBe(2);
});

test("a refused call has written nothing", () => {
	expect(readdirSync(kept)).toEqual([]);
});

test.each([
	["SIGINT", 130],
	["SIGTERM", 143],
	["SIGHUP", 129],
] as const)("%s while a problem is written leaves no file and exits with %i", async (signal, code) => {
	const out = join(kept, "large.npz");
	const child = start(["generate", "--n", "2^22", "--d", "8", "--B", "1", "--out", out]);
	const ended = new Promise((resolve) => child.once("close", resolve));
	const isWriting = () => readdirSync(kept).some((name) => name.endsWith(".tmp"));
	while (!isWriting()) await new Promise((resolve) => setTimeout(resolve, 20));
	child.kill(signal);
	expect(await ended).toBe(code);
	expect(readdirSync(kept)).toEqual([]);
	expect(existsSync(out)).toBe(false);
});

test.concurrent("a file that is there is replaced whole", async () => {
	const out = join(folder, "twice.npz");
	for (const seed of ["1", "2"])
		await attgrad(["generate", "--n", "8", "--d", "2", "--B", "1", "--seed", seed, "--out", out]);
	const fresh = join(folder, "fresh.npz");
	await attgrad(["generate", "--n", "8", "--d", "2", "--B", "1", "--seed", "2", "--out", fresh]);
	expect(readFileSync(out).equals(readFileSync(fresh))).toBe(true);
});
