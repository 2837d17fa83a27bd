import { createHash } from "node:crypto";
import { existsSync, readFileSync, realpathSync } from "node:fs";
import { createRequire } from "node:module";
import { basename } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

/** Digests by the addresses of their modules: sources do not change while a program runs. */
const digests = new Map<string, string>();

/**
 * Hash of the sources that an algorithm rests on, 16 hexadecimal digits: the modules that compute it, all that these
 * reach by imports in their package, what it names of other packages of the project and what that reaches, and the kernels
 * that these load. Types do not count. Equal sources give equal digests wherever they stand.
 * @param modules addresses, as `import.meta.url` gives them
 */
export function sourceDigest(modules: readonly string[]): string {
	const name = modules.join("\n");
	const known = digests.get(name);
	if (known) return known;
	const files = reachableSources(modules);
	// Contents alone, in the order of the contents: neither the folder nor the order of imports matters.
	const contents = files.map((file) => createHash("sha256").update(readFileSync(file)).digest("hex")).sort();
	const digest = createHash("sha256").update(contents.join("\n")).digest("hex").slice(0, 16);
	digests.set(name, digest);
	return digest;
}

/** The files that a digest is of. */
export function reachableSources(modules: readonly string[]): string[] {
	const found = new Set<string>();
	const pending = modules.map((module) => realpathSync(fileURLToPath(module)));
	for (let file = pending.pop(); file !== undefined; file = pending.pop()) {
		if (found.has(file)) continue;
		found.add(file);
		if (file.endsWith(".wasm")) continue;
		pending.push(...dependencies(file));
	}
	return [...found];
}

/** An `import` or `export` statement up to the module's name, at the start of a line; types are left out. */
const statement = /^(?:import|export)\s+(?!type\s)(?:([^"';]*?)\s+from\s+)?["']([^"']+)["']/gm;
/** `import("./x.ts")`, `moduleBeside(import.meta.url, "x")`. */
const onDemand = /\bimport\(\s*["'](\.[^"']+)["']\s*\)/g;
const beside = /\bmoduleBeside\(import\.meta\.url,\s*["']([^"']+)["']\)/g;
/** A module of kernels: `{ name: "streaming", folder: new URL("../", import.meta.url) }`. */
const kernels = /\bname:\s*["']([\w-]+)["'],\s*folder:\s*new URL\(["']([^"']+)["'],\s*import\.meta\.url\)/g;

/** Builds that a module of kernels may have. */
const kernelBuilds = ["simd", "fma", "fma256"];

function dependencies(file: string): string[] {
	const text = readFileSync(file, "utf8");
	const here = pathToFileURL(file);
	const ending = /\.[jt]s$/.exec(file)?.[0] ?? ".js";
	const at = (relative: string) => fileURLToPath(new URL(relative, here));
	return [
		...[...text.matchAll(statement)].flatMap(([, names, source]) => {
			if (names !== undefined && namesIn(names)?.length === 0) return [];
			if (source.startsWith(".")) return namedFiles(at(source), names);
			if (source.startsWith("#")) return [ownFile(file, source)];
			return source.startsWith("@attgrad/") ? exportingFiles(file, source, names) : [];
		}),
		...[...text.matchAll(onDemand)].map(([, source]) => at(source)),
		...[...text.matchAll(beside)].map(([, name]) => at(`./${name}${ending}`)),
		...[...text.matchAll(kernels)].flatMap(([, name, folder]) =>
			kernelBuilds.map((build) => at(`${folder}build/${name}.${build}.wasm`)).filter((path) => existsSync(path)),
		),
	];
}

/** The files of a package that define the names that are imported from it. */
function exportingFiles(importer: string, source: string, names: string | undefined): string[] {
	return namedFiles(realpathSync(createRequire(importer).resolve(source)), names);
}

/** The files that define names imported from a file. An index that only passes names on is followed, and is not one of them. */
function namedFiles(file: string, names: string | undefined): string[] {
	const wanted = namesIn(names ?? "");
	if (wanted === undefined || !/^index\.[jt]s$/.test(basename(file))) return [file];
	const here = pathToFileURL(file);
	const sources = [...readFileSync(file, "utf8").matchAll(statement)].flatMap(([, exported, from]) => {
		const given = namesIn(exported ?? "");
		if (!/^[.#]/.test(from) || (given && !given.some((name) => wanted.includes(name)))) return [];
		if (from.startsWith("#")) return [ownFile(file, from)];
		return namedFiles(fileURLToPath(new URL(from, here)), names);
	});
	return sources.length > 0 ? sources : [file];
}

/** The file behind a name that a package has for a file of its own, such as `#platform`. */
const ownFile = (importer: string, source: string): string => realpathSync(createRequire(importer).resolve(source));

/** The names in `{ a, type B, c as d }` that are not types, both of a renamed one; undefined for `* as x` and the like. */
function namesIn(clause: string): string[] | undefined {
	const list = /^\{([\s\S]*)\}$/.exec(clause.trim())?.[1];
	return list
		?.split(",")
		.map((name) => name.trim())
		.filter((name) => name !== "" && !name.startsWith("type "))
		.flatMap((name) => name.split(/\s+as\s+/));
}
