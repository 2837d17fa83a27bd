import { globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";

/** Sources without tests and what only tests use. */
const sources = globSync("**/*.ts", { cwd: import.meta.dirname })
	.filter((file) => !/\.(test|d)\.ts$/.test(file) && !file.startsWith("testing/"))
	.map((file) => file.replaceAll("\\", "/"));

/** Faces of the package itself, which may look into folders. */
const packageFaces = ["index.ts", "gradient.ts"];

/** The modules of this package that a file names, types included. */
function importsOf(file: string): string[] {
	const text = readFileSync(join(import.meta.dirname, file), "utf8");
	return [...text.matchAll(/^(?:import|export)\b[^;]*?\bfrom "(\.[^"]+)";/gms)]
		.map(([, target]) => join(dirname(file), target).replaceAll("\\", "/"))
		.filter((target) => target.endsWith(".ts"));
}

/** The folder in `src` that a file is in; a file of `src` itself stands for itself. */
const folderOf = (file: string) => file.split("/")[0];

const imports = sources
	.filter((file) => !packageFaces.includes(file))
	.flatMap((file) => importsOf(file).map((target) => ({ file, target, from: folderOf(file), to: folderOf(target) })))
	.filter(({ from, to }) => from !== to);

test("a folder is entered by its index", () => {
	const inside = imports.filter(({ target, to }) => target !== to && target !== `${to}/index.ts`);
	expect(inside.map(({ file, target }) => `${file} imports ${target}`)).toEqual([]);
});

test("folders do not import each other in a circle, types included", () => {
	const left = new Map(
		[...Map.groupBy(imports, ({ from }) => from)].map(([from, all]) => [from, new Set(all.map(({ to }) => to))]),
	);
	for (let found = true; found; ) {
		found = false;
		for (const [folder, targets] of left)
			if (![...targets].some((target) => left.has(target))) found = left.delete(folder);
	}
	expect([...left].map(([folder, targets]) => `${folder} -> ${[...targets].join(", ")}`)).toEqual([]);
});

test("no folder has more than 15 sources", () => {
	const counts = [...Map.groupBy(sources, dirname)].map(([folder, files]) => ({ folder, count: files.length }));
	expect(counts.filter(({ count }) => count > 15)).toEqual([]);
});
