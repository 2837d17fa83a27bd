// The sources of the packages and what they import, types included.
import { globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The repository's root. */
export const root = fileURLToPath(new URL("../../", import.meta.url));

/** A source file with the specifiers that it imports, each once. */
export interface SourceModule {
	/** From the root: `packages/harness/src/index.ts`. */
	readonly path: string;
	readonly text: string;
	readonly imports: readonly string[];
}

const specifier = /(?:^(?:import|export)\b[^;'"]*?\bfrom\s*|^import\s*|\bimport\(\s*)"([^"]+)"/gm;

/** Sources of packages, experiments and tools; no tests, kernels or declarations. */
export function readSources(): SourceModule[] {
	const files = globSync(["packages/*/*.ts", "packages/*/{src,fuzz}/**/*.ts", "experiments/**/*.ts", "tools/**/*.ts"], {
		cwd: root,
		exclude: (name) => name === "node_modules",
	});
	return files
		.map((path) => path.replaceAll("\\", "/"))
		.filter((path) => !/\.(test|long|d)\.ts$/.test(path))
		.sort()
		.map((path) => {
			const text = readFileSync(join(root, path), "utf8");
			return { path, text, imports: [...new Set(Array.from(text.matchAll(specifier), ([, name]) => name))] };
		});
}

/** The package of a path: `packages/harness`, `experiments`, `tools`. */
export const packageOf = (path: string): string => /^(packages\/[^/]+|[^/]+)\//.exec(path)?.[1] ?? path;

/** The files that a specifier leads to within its package: one for a relative path, one for each platform for `#name`. */
export function targetsOf(from: string, specifier: string): string[] {
	if (specifier.startsWith(".")) return [join(dirname(from), specifier).replaceAll("\\", "/")];
	if (!specifier.startsWith("#")) return [];
	const folder = packageOf(from);
	const manifest = readFileSync(join(root, folder, "package.json"), "utf8");
	const { imports = {} } = JSON.parse(manifest) as { imports?: Record<string, Record<string, string>> };
	return Object.values(imports[specifier] ?? {}).map((target) => join(folder, target).replaceAll("\\", "/"));
}

/**
 * Groups of files that import each other in a circle, each group sorted.
 * @param edges pairs of files, from the importing to the imported
 */
export function circles(edges: readonly (readonly [from: string, to: string])[]): string[][] {
	const next = new Map<string, Set<string>>();
	for (const [from, to] of edges) if (from !== to) next.set(from, (next.get(from) ?? new Set()).add(to));
	const reach = new Map([...next.keys()].map((file) => [file, reachable(file, next)]));
	const groups = [...reach].flatMap(([file, seen]) =>
		seen.has(file)
			? [
					[...seen]
						.filter((other) => reach.get(other)?.has(file))
						.sort()
						.join(" "),
				]
			: [],
	);
	return [...new Set(groups)].sort().map((group) => group.split(" "));
}

function reachable(start: string, next: ReadonlyMap<string, ReadonlySet<string>>): Set<string> {
	const seen = new Set<string>();
	const left = [...(next.get(start) ?? [])];
	for (let file = left.pop(); file !== undefined; file = left.pop()) {
		if (seen.has(file)) continue;
		seen.add(file);
		left.push(...(next.get(file) ?? []));
	}
	return seen;
}
