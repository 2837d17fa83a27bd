import { execFile } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { type Experiment, expandGrid } from "@attgrad/harness";
import { afterAll, expect, test } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));
const copy = mkdtempSync(join(tmpdir(), "attgrad-new-"));
const run = promisify(execFile);
const node = (words: string[], cwd = copy) => run(process.execPath, words, { cwd });

/** The parts of the project that the script and its result are about; packages are found through the project's own folder. */
for (const part of ["biome.json", ".gitignore", "tsconfig.base.json", "vitest.config.ts", "package.json"])
	cpSync(join(root, part), join(copy, part));
for (const part of ["src", "package.json", "tsconfig.json"])
	for (const name of ["approx-gradient", "hardness"])
		cpSync(join(root, "packages", name, part), join(copy, "packages", name, part), { recursive: true });
cpSync(join(root, "experiments"), join(copy, "experiments"), {
	recursive: true,
	filter: (path) => !path.includes("node_modules"),
});
symlinkSync(join(root, "node_modules"), join(copy, "node_modules"), "junction");
afterAll(() => rmSync(copy, { recursive: true }));

const create = (kind: string, ...words: string[]) =>
	node([join(root, `tools/new/${kind}.ts`), "--root", copy, ...words]);

/** Runs the tests of a package of the copy whose names hold a word; gives how many passed and failed. */
async function testsOf(name: string, word: string): Promise<{ passed: number; failed: number }> {
	const folder = join(copy, "packages", name);
	const vitest = join(root, "node_modules/vitest/vitest.mjs");
	await node([vitest, "run", "--config", "../../vitest.config.ts", "--root", ".", word], folder);
	const report = JSON.parse(readFileSync(join(folder, "test-report.json"), "utf8"));
	return { passed: report.numPassedTests, failed: report.numFailedTests };
}

const lint = (path: string) => run(join(root, "node_modules/.bin/biome"), ["check", path], { cwd: copy });

/** The names in a list that a module of the copy exports. */
const namesIn = async (path: string, list: string): Promise<string[]> => {
	const program = `import { ${list} } from "${join(copy, path)}"; console.log(${list}.map(({ name }) => name).join(" "));`;
	return (await node(["--input-type=module", "--eval", program])).stdout.split(/\s/);
};

test("a new algorithm is in the registry, keeps the contract, and passes the lint, at once", async () => {
	const { stdout } = await create("algorithm", "first-try");
	expect(stdout).toContain("first-try.ts");
	expect(await namesIn("packages/approx-gradient/src/index.ts", "approximateAlgorithms")).toContain("first-try");
	const { passed, failed } = await testsOf("approx-gradient", "first-try");
	expect(failed).toBe(0);
	expect(passed).toBeGreaterThan(10);
	await lint("packages/approx-gradient/src");
}, 300_000);

test("a new experiment is in the list, has a grid and a figure, and passes the lint, at once", async () => {
	const { stdout } = await create("experiment", "first-look");
	expect(stdout).toContain("npx attgrad sweep first-look");
	expect(await namesIn("experiments/index.ts", "experiments")).toContain("first-look");
	const experiment = (await import(join(copy, "experiments/first-look/experiment.ts"))).default as Experiment;
	expect(expandGrid(experiment, "quick", "js").length).toBe(8);
	expect(experiment.figures).toHaveLength(1);
	await lint("experiments/first-look");
}, 300_000);

test("a new reduction is in the registry, agrees with brute force, and passes the lint, at once", async () => {
	const { stdout } = await create("reduction", "first-proof");
	expect(stdout).toContain("first-proof.ts");
	expect(await namesIn("packages/hardness/src/index.ts", "reductions")).toContain("first-proof");
	expect(await testsOf("hardness", "first-proof")).toEqual({ passed: 3, failed: 0 });
	await lint("packages/hardness/src");
}, 300_000);

test.each([
	["algorithm", [], /new:algorithm: name is missing/],
	["algorithm", ["Nyström"], /the name must be like my-name, got Nyström/],
	["algorithm", ["nystrom"], /there is an algorithm nystrom already/],
	["algorithm", ["streaming"], /there is an algorithm streaming already/],
	["experiment", ["scaling"], /new:experiment: there is an experiment scaling already/],
	["reduction", ["split-and-list"], /new:reduction: there is a reduction split-and-list already/],
])("%s %j is refused in one line", async (kind, words, reason) => {
	await expect(create(kind, ...words)).rejects.toMatchObject({ code: 2, stderr: expect.stringMatching(reason) });
});
