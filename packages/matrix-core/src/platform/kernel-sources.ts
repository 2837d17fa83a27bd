import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** This package, whose kernels and compiler settings all modules use. */
const own = new URL("../../", import.meta.url);

/** Files that decide how kernels are compiled: those of this package, then that of the package of a module. */
const SETTINGS = ["build-kernels.ts", "unroll.ts", "src/runtime/builds.ts"];
const OWN_BUILD = "build.ts";

const known = new Map<string, string | undefined>();

/**
 * SHA-256 of all that the kernels of a package are compiled from, in hexadecimal; undefined for a package without sources, as those from a registry are.
 * The files are read once a process, some milliseconds.
 * @param constants path within the package of a file whose numbers the kernels use
 * @throws an error of the system where one of the files is missing
 */
export function kernelSources(folder: URL, constants?: string): string | undefined {
	const key = `${folder.href} ${constants}`;
	if (!known.has(key)) known.set(key, digestOf(folder, constants));
	return known.get(key);
}

function digestOf(folder: URL, constants: string | undefined): string | undefined {
	if (![folder, own].every((one) => existsSync(kernelsOf(one)))) return undefined;
	const hash = createHash("sha256");
	for (const file of [...kernelsIn(folder), ...kernelsIn(own), ...settingsOf(folder, constants)]) {
		const text = readFileSync(file);
		hash.update(`${text.length}\n`).update(text);
	}
	return hash.digest("hex");
}

/** The files beside the kernels of a package that decide how they are compiled, the compiler's version among them. */
export const settingsOf = (folder: URL, constants?: string): URL[] => [
	...SETTINGS.map((path) => new URL(path, own)),
	...[OWN_BUILD, constants].flatMap((path) => (path === undefined ? [] : [new URL(path, folder)])),
];

const kernelsOf = (folder: URL): URL => new URL("kernels/", folder);

const kernelsIn = (folder: URL): URL[] => {
	const kernels = kernelsOf(folder);
	const paths = readdirSync(fileURLToPath(kernels), { recursive: true, encoding: "utf8" });
	return paths
		.map((path) => path.replaceAll("\\", "/"))
		.filter((path) => path.endsWith(".ts"))
		.sort()
		.map((path) => new URL(path, kernels));
};
