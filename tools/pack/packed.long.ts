import { execFile } from "node:child_process";
import { copyFileSync, globSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { temporaryFolder } from "attgrad/testing";
import { beforeAll, expect, test } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));
const folder = temporaryFolder();
const oldest = "22";

/** Runs a program in the folder of the installation. */
const run = (program: string, ...words: string[]) =>
	promisify(execFile)(program, words, { cwd: folder, maxBuffer: 2 ** 24 });

/** Node of the oldest version that the packages promise, from the registry. */
const nodePackage = `node-${process.platform}-${process.arch}`;
const node = join(folder, "node_modules", nodePackage, "bin/node");

/** Why nothing could be installed, where the registry is out of reach or does not answer in time. */
let unreachable = "";
const noAnswer =
	/E(NOTFOUND|CONNREFUSED|CONNRESET|AI_AGAIN|TIMEDOUT|NETUNREACH|HOSTUNREACH)|ERR_SOCKET_TIMEOUT|network/i;

beforeAll(async () => {
	const tarballs = join(folder, "tarballs");
	mkdirSync(tarballs);
	const names = globSync("{packages/*,experiments}/package.json", { cwd: root }).flatMap((path) => {
		const { name, private: isPrivate } = manifestOf(path);
		return isPrivate ? [] : [name];
	});
	const workspaces = names.flatMap((name) => ["--workspace", name]);
	const target = ["--pack-destination", tarballs, "--silent", "--no-update-notifier"];
	await promisify(execFile)("npm", ["pack", ...workspaces, ...target], { cwd: root, timeout: 240_000 });
	const packages = Object.fromEntries(
		globSync("*.tgz", { cwd: tarballs }).map((name) => [nameOf(name), `file:tarballs/${name}`]),
	);
	expect(Object.keys(packages).toSorted()).toEqual(names.toSorted());
	const manifest = {
		private: true,
		type: "module",
		dependencies: { ...packages, [nodePackage]: oldest },
		// So that npm does not ask the registry for what the tarballs are.
		overrides: Object.fromEntries(names.map((name) => [name, `$${name}`])),
	};
	writeFileSync(join(folder, "package.json"), JSON.stringify(manifest));
	// A hanging connection is dropped soon and retried: received files are in npm's cache.
	unreachable = (await install()) && (await install());
}, 900_000);

const manifestOf = (path: string) =>
	JSON.parse(readFileSync(join(root, path), "utf8")) as { readonly name: string; readonly private?: boolean };

/** The package of a tarball: attgrad-harness-0.1.0.tgz is @attgrad/harness. */
const nameOf = (tarball: string): string =>
	tarball.replace(/-\d[\d.]*\.tgz$/, "").replace(/^attgrad-(.*)$/, "@attgrad/$1");

/** Installs what the manifest of the folder asks for; answers with the reason where the registry does not, and fails on everything else. */
async function install(): Promise<string> {
	const quiet = ["--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error", "--engine-strict=false"];
	const patience = ["--prefer-offline", "--fetch-timeout=30000", "--fetch-retries=3", "--fetch-retry-maxtimeout=10000"];
	try {
		const options = { cwd: folder, maxBuffer: 2 ** 24, timeout: 240_000 };
		await promisify(execFile)("npm", ["install", ...quiet, ...patience], options);
		return "";
	} catch (error) {
		const { killed, stderr } = error as { killed: boolean; stderr: string };
		if (killed) return "npm install got no answer within 240 s";
		if (!noAnswer.test(stderr)) throw error;
		return stderr.split("\n")[0];
	}
}

test("packing leaves the packages as they were", () => {
	for (const manifest of globSync("{packages/*,experiments}/package.json", { cwd: root }).filter(
		(path) => !manifestOf(path).private,
	))
		expect(readFileSync(join(root, manifest), "utf8"), manifest).toContain("postpack");
	expect(globSync("{packages/*,experiments}/{dist,LICENSE,package.json.aside}", { cwd: root })).toEqual([]);
});

test(`the packed packages install and run on Node ${oldest}, with nothing of the repository`, async (context) => {
	if (unreachable) context.skip(`no registry to install from: ${unreachable}`);
	expect((await run(node, "--version")).stdout).toMatch(new RegExp(`^v${oldest}\\.`));
	const attgrad = (...words: string[]) => run(node, "node_modules/attgrad/bin/attgrad.mjs", ...words);
	await attgrad("generate", "-n", "300", "-d", "3", "-B", "1", "--out", "problem.npz");
	const { stdout } = await attgrad("gradient", "problem.npz", "--threads", "2", "--json");
	expect(JSON.parse(stdout)).toMatchObject({ n: 300, d: 3 });
	await attgrad("sweep", "scaling", "-n", "256", "--algorithm", "exact", "--out", "results");
	expect(readFileSync(join(folder, "results/scaling/rows.csv"), "utf8")).toContain(",done,");
});

test(`the examples run outside the repository on Node ${oldest} and agree with the types that are shipped`, async (context) => {
	if (unreachable) context.skip(`no registry to install from: ${unreachable}`);
	const examples = globSync("examples/*.ts", { cwd: root }).map((path) => join(root, path));
	expect(examples.length).toBeGreaterThanOrEqual(4);
	for (const example of examples) copyFileSync(example, join(folder, basename(example)));
	const settings = ["--noEmit", "--strict", "--module", "nodenext", "--target", "es2024", "--types", "node"];
	const flags = [...settings, "--typeRoots", join(root, "node_modules/@types"), "--allowImportingTsExtensions"];
	await run(join(root, "node_modules/.bin/tsc"), ...flags, ...examples.map((path) => basename(path)));
	for (const example of examples) {
		const { stdout } = await run(node, basename(example));
		expect(stdout, basename(example)).toMatch(/\d/);
	}
});
