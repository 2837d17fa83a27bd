import { execFile } from "node:child_process";
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));

test("the TypeScript that READMEs and docs show agrees with the types of the packages", async () => {
	const shown = globSync(["README.md", "CONTRIBUTING.md", "docs/*.md", "packages/*/README.md"], { cwd: root }).flatMap(
		(path) =>
			Array.from(readFileSync(join(root, path), "utf8").matchAll(/^```ts\n(.*?)^```/gms), ([, code], i) => ({
				name: `${path.replaceAll("/", "-")}-${i}.ts`,
				code: code,
			})),
	);
	expect(shown.length).toBeGreaterThan(4);
	// Below the root, where the packages are found by name.
	mkdirSync(join(root, "node_modules/.cache"), { recursive: true });
	const folder = mkdtempSync(join(root, "node_modules/.cache/examples-"));
	try {
		for (const { name, code } of shown) writeFileSync(join(folder, name), `${code}\nexport {};\n`);
		const extended = JSON.stringify({
			extends: join(root, "tsconfig.base.json"),
			compilerOptions: { noUnusedLocals: false },
			include: ["*.ts"],
		});
		writeFileSync(join(folder, "tsconfig.json"), extended);
		const tsc = join(root, "node_modules/typescript/bin/tsc");
		const failure = await promisify(execFile)(process.execPath, [tsc, "-p", folder, "--pretty", "false"]).then(
			() => "",
			(error: { stdout: string }) => error.stdout,
		);
		expect(failure).toBe("");
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
});

test("the first program of README.md is examples/first.ts: one import, at most eight lines, in the first 15 lines of code", () => {
	const readme = readFileSync(join(root, "README.md"), "utf8");
	const blocks = Array.from(readme.matchAll(/^```(\w*)\n(.*?)^```/gms), ([, language, code]) => ({ language, code }));
	const [first] = blocks;
	expect(first?.language).toBe("ts");
	const program = readFileSync(join(root, "examples/first.ts"), "utf8");
	expect(program.replace(/^\/\/.*\n/, "")).toBe(first?.code);
	const lines = (first?.code ?? "").split("\n").filter((line) => line !== "");
	expect(lines.length).toBeLessThanOrEqual(8);
	expect(lines.filter((line) => line.startsWith("import"))).toHaveLength(1);
});

test.each(["first", "gradient", "certificate", "solve"])("examples/%s.ts runs and prints its result", async (name) => {
	const { stdout, stderr } = await promisify(execFile)(process.execPath, [join(root, `examples/${name}.ts`)]);
	expect(stderr).toBe("");
	expect(stdout).toMatch(
		{
			first: /^every entry is within \d\.\d+e-\d+ of the exact gradient \(a-posteriori\)$/m,
			gradient: /loss: 1\.08653075887/,
			certificate: /^true error \d\.\d+e-1\d$/m,
			solve: /^satisfiable( -?\d){4}$/m,
		}[name] ?? /^$/,
	);
});
