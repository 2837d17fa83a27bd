import { execFile, spawnSync } from "node:child_process";
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { pythonWith } from "@attgrad/algorithms";
import { attgrad, temporaryFolder } from "attgrad/testing";
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

const python = pythonWith("numpy");
const hasNumpy = spawnSync(python, ["-c", "import numpy"]).status === 0;

test.skipIf(!hasNumpy)(
	"the Python of README.md that calls attgrad gives all gradients of a layer, and a file that the command takes (skipped without NumPy)",
	async () => {
		const readme = readFileSync(join(root, "README.md"), "utf8");
		const [, program] = /^```python\n(import sys\n.*?)^```/ms.exec(readme)!;
		const folder = temporaryFolder();
		const placed = program!.replace('"examples/python"', JSON.stringify(join(root, "examples/python")));
		// a smaller one, written elsewhere
		const small = placed.replaceAll("1024", "32").replace('"layer.npz"', JSON.stringify(join(folder, "layer.npz")));
		const { stdout } = await promisify(execFile)(python, ["-c", small], { cwd: folder });
		expect(stdout).toBe("(8, 32, 64) (2, 32, 64) (2, 32, 64)\n");
		const words = ["backward", join(folder, "layer.npz"), "--mask", "causal", "--json"];
		const { code, stdout: answer } = await attgrad(words);
		expect(code).toBe(0);
		expect(JSON.parse(answer)).toMatchObject({ heads: 8, keyHeads: 2, scale: 0.125, mask: "causal" });
	},
);

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
