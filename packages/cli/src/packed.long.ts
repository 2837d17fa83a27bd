import { execFile } from "node:child_process";
import { copyFileSync, globSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { beforeAll, expect, test } from "vitest";
import { temporaryFolder } from "./testing/command.ts";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const folder = temporaryFolder();
const oldest = "22";

/** Runs a program in the folder of the installation. */
const run = (program: string, ...words: string[]) =>
	promisify(execFile)(program, words, { cwd: folder, maxBuffer: 2 ** 24 });

/** Node of the oldest version that the packages promise, from the registry. */
const nodePackage = `node-${process.platform}-${process.arch}`;
const node = join(folder, "node_modules", nodePackage, "bin/node");

/** Why nothing could be installed, where the registry is out of reach. */
let unreachable = "";

beforeAll(async () => {
	const tarballs = join(folder, "tarballs");
	mkdirSync(tarballs);
	const names = globSync("{packages/*,experiments}/package.json", { cwd: root }).map((path) => {
		return (JSON.parse(readFileSync(join(root, path), "utf8")) as { name: string }).name;
	});
	const workspaces = names.flatMap((name) => ["--workspace", name]);
	const target = ["--pack-destination", tarballs, "--silent"];
	await promisify(execFile)("npm", ["pack", ...workspaces, ...target], { cwd: root });
	writeFileSync(join(folder, "package.json"), '{ "private": true, "type": "module" }');
	const packages = globSync("*.tgz", { cwd: tarballs }).map((name) => `./tarballs/${name}`);
	expect(packages).toHaveLength(names.length);
	const options = ["--prefer-offline", "--no-audit", "--no-fund", "--loglevel=error", "--engine-strict=false"];
	try {
		await run("npm", "install", ...packages, `${nodePackage}@${oldest}`, ...options);
	} catch (error) {
		const { stderr } = error as { stderr: string };
		if (!/E(NOTFOUND|CONNREFUSED|AI_AGAIN|TIMEDOUT|NETUNREACH)|ERR_SOCKET_TIMEOUT/.test(stderr)) throw error;
		unreachable = stderr.split("\n")[0]!;
	}
}, 300_000);

test("packing leaves the packages as they were", () => {
	for (const manifest of globSync("{packages/*,experiments}/package.json", { cwd: root }))
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
