import { appendFileSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { algorithms } from "@attgrad/algorithms";
import { beforeEach, expect, test } from "vitest";
import { folderIn, temporaryFolder } from "../testing/temporary-folder.ts";
import { reachableSources, sourceDigest } from "./source-digest.ts";

const parent = temporaryFolder();
let house: string;
beforeEach(() => {
	house = folderIn(parent);
});

const files: Readonly<Record<string, string>> = {
	"mine/package.json": '{ "type": "module", "exports": { ".": "./index.ts" } }',
	"mine/fast.ts":
		'import { scaled, type Size } from "@attgrad/base";\nimport type { Shape } from "./shape.ts";\nimport {\n\tinner,\n} from "./inner.ts";\n',
	"mine/slow.ts": 'export { other } from "./other.ts";\n',
	"mine/inner.ts": 'const thread = moduleBeside(import.meta.url, "thread");\nconst later = import("./later.ts");\n',
	"mine/thread.ts": "1;\n",
	"mine/later.ts": 'import "./inner.ts";\nconst k = { name: "sums", folder: new URL("./", import.meta.url) };\n',
	"mine/other.ts": "2;\n",
	"mine/shape.ts": "export type Shape = 1;\n",
	"mine/build/sums.simd.wasm": "wasm",
	"mine/build/others.simd.wasm": "wasm",
	"base/package.json": '{ "type": "module", "exports": { ".": "./index.ts" } }',
	"base/index.ts": 'export { scaled } from "./sizes/index.ts";\nexport { unused } from "./unused.ts";\n',
	"base/sizes/index.ts": 'export { scaled } from "./scaled.ts";\nexport { halved } from "./halved.ts";\n',
	"base/sizes/scaled.ts": "3;\n",
	"base/sizes/halved.ts": "5;\n",
	"base/unused.ts": "4;\n",
};

/** Two packages, one of which uses the other. */
function build(folder: string): string {
	for (const [name, content] of Object.entries(files)) {
		mkdirSync(join(folder, name, ".."), { recursive: true });
		writeFileSync(join(folder, name), content);
	}
	mkdirSync(join(folder, "mine/node_modules/@attgrad"), { recursive: true });
	symlinkSync(join(folder, "base"), join(folder, "mine/node_modules/@attgrad/base"));
	return pathToFileURL(join(folder, "mine/fast.ts")).href;
}

test("an algorithm rests on what its module reaches, names of other packages, and its kernels", () => {
	const found = reachableSources([build(house)]).map((file) => basename(file));
	expect(found.sort()).toEqual(["fast.ts", "inner.ts", "later.ts", "scaled.ts", "sums.simd.wasm", "thread.ts"]);
});

test("the digest changes with each source that an algorithm rests on, and with no other", () => {
	const original = sourceDigest([build(join(house, "original"))]);
	expect(original).toMatch(/^[0-9a-f]{16}$/);
	const reached = ["fast", "inner", "thread", "later"].map((name) => `mine/${name}.ts`);
	for (const name of Object.keys(files)) {
		const folder = join(house, name.replaceAll("/", "-"));
		const module = build(folder);
		appendFileSync(join(folder, name), name.endsWith("json") ? "\n" : "\n// changed\n");
		const isReached = [...reached, "base/sizes/scaled.ts", "mine/build/sums.simd.wasm"].includes(name);
		expect([name, sourceDigest([module]) !== original]).toEqual([name, isReached]);
	}
});

test.each(algorithms.map((algorithm) => [algorithm.name, algorithm] as const))(
	"%s names the modules that compute it",
	(name, { modules = [] }) => {
		expect(modules.length, `${name} has no modules: an edit of its source would not be measured anew`).toBeGreaterThan(
			0,
		);
		for (const module of modules) expect(readFileSync(fileURLToPath(module), "utf8").length).toBeGreaterThan(100);
		expect(reachableSources(modules).every((file) => !file.endsWith("/src/index.ts"))).toBe(true);
	},
);

test("an edit of one algorithm is not one of another", () => {
	const of = (name: string) => new Set(reachableSources(algorithms.find((known) => known.name === name)!.modules!));
	const has = (sources: Set<string>, file: string) => [...sources].some((source) => source.endsWith(`/${file}`));
	expect([has(of("dense"), "dense.ts"), has(of("streaming"), "dense.ts")]).toEqual([true, false]);
	expect([has(of("streaming"), "streaming.fma256.wasm"), has(of("dense"), "streaming.fma256.wasm")]).toEqual([
		true,
		false,
	]);
	expect([has(of("nystrom"), "nystrom-map.ts"), has(of("clusters"), "nystrom-map.ts")]).toEqual([true, false]);
	expect(has(of("polynomial"), "polynomial.simd.wasm")).toBe(true);
});
