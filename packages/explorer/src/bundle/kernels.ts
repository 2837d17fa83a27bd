import { globSync, readFileSync } from "node:fs";
import { basename, dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { deflateSync } from "node:zlib";

/** Packages that hold compiled kernels. */
const packages = ["matrix-core", "exact-gradient", "approx-gradient"];

/** Builds for the page: 256-bit vectors need an engine flag, which a page cannot set. */
const pageBuilds = ["simd", "fma"];

/** The compiled kernels by the names of their files, deflated, as base64. @throws Error where a package has none */
export function packedKernels(): Record<string, string> {
	return Object.fromEntries(
		packages.flatMap((name) => {
			const folder = dirname(fileURLToPath(import.meta.resolve(`@attgrad/${name}`)));
			const files = globSync(`../build/*.{${pageBuilds.join(",")}}.wasm`, { cwd: folder });
			if (files.length === 0) throw new Error(`packages/${name}/build has no kernels: npm run build makes them`);
			return files.sort().map((file) => {
				const bytes = readFileSync(new URL(file, `file://${folder}/`));
				return [basename(file), deflateSync(bytes, { level: 9 }).toString("base64")];
			});
		}),
	);
}
