import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { temporaryFolder } from "attgrad/testing";
import { expect, test } from "vitest";
import { soundArrays, writeArchive } from "../../packages/attgrad/src/testing/archives.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const folder = temporaryFolder();
const problem = writeArchive(join(folder, "problem.npz"), soundArrays());

/** The node of these tests first, and nothing of this repository's own installation. */
const path = [dirname(process.execPath), ...(process.env.PATH ?? "").split(delimiter)]
	.filter((entry) => !entry.includes("node_modules") || entry === dirname(process.execPath))
	.join(delimiter);

interface Ended {
	readonly code: number;
	readonly stdout: string;
	readonly stderr: string;
}

/** Runs a program outside of npm's and vitest's settings. */
async function run(cwd: string, program: string, ...words: string[]): Promise<Ended> {
	const kept = Object.entries(process.env).filter(([name]) => !/^(npm_|NODE_|VITEST|INIT_CWD)/.test(name));
	const options = { cwd, env: { ...Object.fromEntries(kept), PATH: path }, maxBuffer: 2 ** 24 };
	try {
		return { code: 0, ...(await promisify(execFile)(program, words, options)) };
	} catch (failure) {
		const { code, stdout = "", stderr = "" } = failure as Partial<Ended>;
		return { code: typeof code === "number" ? code : 1, stdout, stderr };
	}
}

/** A fresh clone that is installed from npm's cache alone; undefined where that lacks something. */
async function cloned(name: string, ...options: string[]): Promise<{ clone: string; install: Ended } | undefined> {
	const clone = join(folder, name);
	expect(await run(folder, "git", "clone", "--quiet", "--local", root, clone)).toMatchObject({ code: 0 });
	const install = await run(clone, "npm", "ci", "--offline", "--no-audit", "--no-fund", ...options);
	return /ENOTCACHED|cache mode is 'only-if-cached'/.test(install.stderr) ? undefined : { clone, install };
}

/** The command of a clone. */
const attgrad = (clone: string, ...words: string[]): Promise<Ended> =>
	run(clone, process.execPath, join(clone, "packages/attgrad/bin/attgrad.mjs"), ...words);

for (const options of [["--omit=dev"], ["--ignore-scripts"], ["--omit=dev", "--ignore-scripts"]])
	test(`a clone that is installed with ${options.join(" ")} computes in plain TypeScript and says so`, async ({
		skip,
	}) => {
		const made = await cloned(options.join("").replaceAll("-", ""), ...options);
		if (!made) return skip("npm's cache lacks a package: run npm ci once with a registry");
		const { clone, install } = made;
		expect(install).toMatchObject({ code: 0 });
		expect(existsSync(join(clone, "packages/matrix-core/build"))).toBe(false);
		const { code, stdout, stderr } = await attgrad(clone, "gradient", problem, "--algorithm", "streaming");
		expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringMatching(/not built|^$/) });
		expect(`${stdout}${stderr}`).toMatch(/kernels? .*not built|not built/);
		expect((await attgrad(clone, "doctor")).stdout).toMatch(/kernel fma .*not built \(npm run build makes it\)/);
		const forced = await attgrad(clone, "gradient", problem, "--kernel", "fma");
		expect(forced).toMatchObject({
			code: 2,
			stderr: expect.stringMatching(/^attgrad gradient: [^\n]*not built[^\n]*\n$/),
		});
	});
