import { execFile } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, expect, test } from "vitest";

const root = fileURLToPath(new URL("../", import.meta.url));
const copy = mkdtempSync(join(tmpdir(), "attgrad-new-algorithm-"));
const run = promisify(execFile);
const node = (words: string[], cwd = copy) => run(process.execPath, words, { cwd });

/** The parts of the project that the script and its result are about; packages are found through the project's own folder. */
for (const part of ["biome.json", ".gitignore", "tsconfig.base.json", "vitest.config.ts", "package.json"])
	cpSync(join(root, part), join(copy, part));
for (const part of ["src", "package.json", "tsconfig.json"])
	cpSync(join(root, "packages/approx-gradient", part), join(copy, "packages/approx-gradient", part), {
		recursive: true,
	});
symlinkSync(join(root, "node_modules"), join(copy, "node_modules"), "junction");
afterAll(() => rmSync(copy, { recursive: true }));

const script = join(root, "tools/new-algorithm.ts");
const create = (...words: string[]) => node([script, "--root", copy, ...words]);

test("a new algorithm is in the registry, keeps the contract, and passes the lint, at once", async () => {
	const { stdout } = await create("first-try");
	expect(stdout).toContain("first-try.ts");
	const approx = join(copy, "packages/approx-gradient");
	const list = `import { approximateAlgorithms } from "${join(approx, "src/index.ts")}";
		console.log(approximateAlgorithms.map(({ name }) => name).join(" "));`;
	expect((await node(["--input-type=module", "--eval", list])).stdout.split(/\s/)).toContain("first-try");
	const tests = await node(
		[
			join(root, "node_modules/vitest/vitest.mjs"),
			"run",
			"--config",
			"../../vitest.config.ts",
			"--root",
			".",
			"first-try",
		],
		approx,
	);
	expect(tests.stdout).toMatch(/Tests.* passed/);
	const report = JSON.parse(readFileSync(join(approx, "test-report.json"), "utf8"));
	expect(report.numFailedTests).toBe(0);
	expect(report.numPassedTests).toBeGreaterThan(10);
	await run(join(root, "node_modules/.bin/biome"), ["check", "packages/approx-gradient/src"], { cwd: copy });
}, 300_000);

test.each([
	[[], /takes one name, got 0/],
	[["Nyström"], /the name must be like my-method, got Nyström/],
	[["nystrom"], /there is an algorithm nystrom already/],
	[["streaming"], /there is an algorithm streaming already/],
])("%j is refused in one line", async (words, reason) => {
	await expect(create(...words)).rejects.toMatchObject({ code: 2, stderr: expect.stringMatching(reason) });
});
