import { execFile } from "node:child_process";
import { globSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readSources, root } from "../structure/modules.ts";

/** Code that several scripts import is compiled once. */
const cache = mkdtempSync(join(tmpdir(), "attgrad-scripts-"));
// One script alone compiles most of it for all the others.
beforeAll(async () => {
	await run("tools/default-speed.ts", "--help");
});
afterAll(() => rmSync(cache, { recursive: true }));

/** Scripts that hand every word to another program. */
const passOn = ["tools/turbo.mjs"];

/** The files that the scripts of every package.json start with `node`, from the root, and the programs that time packages. */
function scripts(): string[] {
	const manifests = globSync(
		["package.json", "{packages,experiments}/*/package.json", "{experiments,tools}/package.json"],
		{
			cwd: root,
		},
	);
	const named = manifests.flatMap((path) => {
		const { scripts = {} } = JSON.parse(readFileSync(join(root, path), "utf8")) as { scripts?: Record<string, string> };
		return Object.values(scripts).flatMap((line) =>
			Array.from(line.matchAll(/(?:^|&& )node (\S+)/g), ([, file]) => join(dirname(path), file)),
		);
	});
	const timing = globSync("{packages,experiments}/*/bench*.ts", { cwd: root });
	return [...new Set([...named, ...timing].map((path) => path.replaceAll("\\", "/")))]
		.filter((path) => !passOn.includes(path))
		.sort();
}

interface Outcome {
	readonly status: number;
	readonly stdout: string;
	readonly stderr: string;
}

/** Runs a script from the folder `cache`, where one that starts to work finds nothing. */
function run(path: string, ...words: string[]): Promise<Outcome> {
	return new Promise((done) => {
		const settings = { cwd: cache, env: { ...process.env, NODE_COMPILE_CACHE: cache }, timeout: 60_000 };
		execFile(process.execPath, [join(root, path), ...words], settings, (error, stdout, stderr) =>
			done({ status: error === null ? 0 : typeof error.code === "number" ? error.code : -1, stdout, stderr }),
		);
	});
}

const all = scripts();

test("the scripts of every package.json are found", () => {
	expect(all.length).toBeGreaterThan(20);
	expect(all).toContain("packages/approx-gradient/fuzz/certificates.ts");
	expect(all).toContain("packages/approx-gradient/bench-heads.ts");
});

test.concurrent.each(all)("%s prints its help, and refuses an unknown option in one line", async (path) => {
	const help = await run(path, "--help");
	expect(help).toEqual({ status: 0, stdout: expect.stringMatching(/^usage: (node|npm run) \S+/), stderr: "" });
	const refused = await run(path, "--bogus");
	expect(refused).toEqual({ status: 2, stdout: "", stderr: expect.stringMatching(/^[\w:-]+: .*--bogus.*\n$/) });
});

test.concurrent.each([
	["tools/transcribe.ts", ["missing.md"], "transcribe: cannot open missing.md: no such file or folder"],
	["tools/transcribe.ts", [], "transcribe: document is missing; see --help"],
	["packages/harness/src/testing/stop-many-sweeps.ts", ["x"], "soak: sweeps must be a whole number >= 1, got x"],
	["packages/exact-gradient/bench.ts", ["--n", ""], 'bench: --n must be a whole number >= 1, got ""'],
	[
		"packages/exact-gradient/bench-backward.ts",
		["--kernel", "foo"],
		"bench-backward: unknown value of --kernel: foo (known: js, simd, fma, fma256)",
	],
])("%s %j is refused in one line", async (path, words, line) => {
	expect(await run(path, ...words)).toEqual({ status: 2, stdout: "", stderr: `${line}\n` });
});

test("help names the script as it is called", () => {
	const { scripts: named } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
		scripts: Record<string, string>;
	};
	const declared = readSources().flatMap(({ path, text }) =>
		Array.from(text.matchAll(/^\s*call: "(.*)",$/gm), ([, call]) => ({ path, call })),
	);
	expect(declared.length).toBeGreaterThan(15);
	for (const { path, call } of declared) {
		const [, name] = /^npm run (.*)$/.exec(call) ?? [];
		expect(name === undefined ? call : named[name], `${relative(root, path)}: ${call}`).toBe(`node ${path}`);
	}
});

test("scripts read their arguments in one way, but for the one that tells of broken installations", () => {
	const found = readSources().filter(({ text }) => /\bparseArgs\b/.test(text));
	expect(found.map(({ path }) => path)).toEqual([
		"packages/matrix-core/src/script/read-arguments.ts",
		"tools/sum-tests.ts",
	]);
});
