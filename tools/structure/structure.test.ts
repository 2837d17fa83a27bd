import { globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { circles, packageOf, readSources, root, targetsOf } from "./modules.ts";

const sources = readSources();
const paths = new Set(sources.map(({ path }) => path));
const relative = sources
	.flatMap(({ path, imports }) => imports.flatMap((name) => targetsOf(path, name)).map((target) => ({ path, target })))
	.filter(({ target }) => paths.has(target));

/** Packages whose public face is for browsers too, except for what `#platform` leads to. */
const browserPackages = ["matrix-core", "attention-problem", "exact-gradient", "approx-gradient", "hardness"];

test("sources are found in every package", () => {
	const packages = new Set(sources.map(({ path }) => packageOf(path)));
	expect(packages.size).toBeGreaterThanOrEqual(10);
	expect(relative.length).toBeGreaterThan(500);
});

test("files do not import each other in a circle, types included", () => {
	expect(circles(relative.map(({ path, target }) => [path, target] as const))).toEqual([]);
});

test("no folder has more than 15 source files", () => {
	const folders = Map.groupBy(
		sources.filter(({ path }) => !path.includes("/testing/")),
		({ path }) => dirname(path),
	);
	const found = [...folders].filter(([, files]) => files.length > 15).map(([folder]) => folder);
	expect(found).toEqual([]);
});

test("no relative import leaves its package", () => {
	const found = relative.filter(({ path, target }) => packageOf(path) !== packageOf(target));
	const lines = found.map(({ path, target }) => `${path} imports ${target}`);
	expect(lines).toEqual([]);
});

test("what runs in a browser too imports nothing of Node", () => {
	const forNode = sources.filter(({ imports }) => imports.some((name) => name.startsWith("node:")));
	const start = sources.filter(({ path }) => browserPackages.some((name) => path === `packages/${name}/src/index.ts`));
	const seen = new Set<string>();
	for (const left = start.map(({ path }) => path); left.length > 0; ) {
		const path = left.pop() ?? "";
		if (seen.has(path)) continue;
		seen.add(path);
		const found = relative.filter((edge) => edge.path === path).map(({ target }) => target);
		left.push(...found.filter((target) => !target.endsWith("/platform/node.ts")));
	}
	expect(forNode.map(({ path }) => path).filter((path) => seen.has(path))).toEqual([]);
});

test("packages import each other by their public names", () => {
	const deep = sources.flatMap(({ path, imports }) =>
		imports
			.filter((name) => /^(@attgrad\/[^/]+|attgrad)\/.*(src|\.ts$)/.test(name))
			.map((name) => `${path} imports ${name}`),
	);
	expect(deep).toEqual([]);
});

test("imports between packages point one way", () => {
	const order = ["matrix-core", "attention-problem", "exact-gradient", "approx-gradient", "hardness", "algorithms"];
	const layers = [...order, "harness", "experiments", "attgrad", "explorer", "tools"];
	const layerOf = (name: string) => layers.indexOf(name.replace(/^(@attgrad|packages)\//, "").split("/")[0] ?? "");
	const upward = sources.flatMap(({ path, imports }) =>
		imports
			.filter((name) => /^(@attgrad\/|attgrad$|attgrad\/)/.test(name))
			.filter((name) => layerOf(name) >= 0 && layerOf(name) > layerOf(packageOf(path)))
			.map((name) => `${path} imports ${name}`),
	);
	expect(upward).toEqual([]);
});

/** Files that lint may treat differently: tests and what serves them. */
const testPatterns = ["**/*.test.ts", "**/*.long.ts", "**/testing/**", "**/testing.ts", "**/fuzz/**"];

test("functions over 60 lines and non-null assertions are refused by lint, everywhere but in tests", () => {
	const { linter, overrides } = JSON.parse(readFileSync(join(root, "biome.json"), "utf8"));
	expect(linter.rules.complexity.noExcessiveLinesPerFunction).toEqual({ level: "error", options: { maxLines: 60 } });
	expect(linter.rules.style.noNonNullAssertion).toBe("error");
	for (const { includes, linter } of overrides)
		if (/noNonNullAssertion|noExcessiveLinesPerFunction/.test(JSON.stringify(linter)))
			expect(includes).toEqual(testPatterns);
	const silenced = sources.filter(({ text }) => /biome-ignore\b.*(noNonNull|noExcessiveLines)/.test(text));
	expect(silenced.map(({ path }) => path)).toEqual([]);
});

test("no test is tried again of its own: vitest.config.ts alone does so, in CI", () => {
	const tests = globSync(["packages/*/src/**/*.test.ts", "experiments/**/*.test.ts", "tools/**/*.test.ts"], {
		cwd: root,
		exclude: (name) => name === "node_modules",
	});
	expect(tests.length).toBeGreaterThan(200);
	const again = tests.filter((path) => /\bretry:|\.retry\(/.test(readFileSync(join(root, path), "utf8")));
	expect(again).toEqual([]);
});

test("circles are found, and only circles", () => {
	const edges = [
		["a", "b"],
		["b", "c"],
		["c", "a"],
		["c", "d"],
		["d", "d"],
	] as const;
	expect(circles(edges)).toEqual([["a", "b", "c"]]);
	expect(circles(edges.slice(1))).toEqual([]);
});
