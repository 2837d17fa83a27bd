import { appendFileSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, expect, test } from "vitest";
import { COMPILER } from "../../build-kernels.ts";
import { probeKernels } from "../probe-kernels.ts";
import { compileKernels } from "../runtime/kernel-module.ts";
import { kernelSources, settingsOf } from "./kernel-sources.ts";

const folder = mkdtempSync(join(tmpdir(), "attgrad-kernels-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** A package with the sources and builds of this one. */
function packageNamed(name: string): URL {
	const made = join(folder, name);
	mkdirSync(made);
	for (const part of ["kernels", "build", "build.ts"])
		cpSync(new URL(`../../${part}`, import.meta.url), join(made, part), { recursive: true });
	return pathToFileURL(join(made, "/"));
}

test("kernels whose sources have not changed are compiled", () => {
	expect(() => compileKernels({ ...probeKernels, folder: packageNamed("same") }, "simd")).not.toThrow();
});

test.each([
	["a kernel", "kernels/probe.ts"],
	["a file that another kernel uses", "kernels/tile.ts"],
	["the build's settings", "build.ts"],
])("a build is refused after %s has changed", (_, path) => {
	const at = packageNamed(path.replace("/", "-"));
	appendFileSync(new URL(path, at), "// changed\n");
	expect(() => compileKernels({ ...probeKernels, folder: at }, "simd")).toThrow(
		"build/probe.simd.wasm is older than its sources in kernels/: npm run build makes it anew",
	);
});

test("the compiler's version is a part of the settings that digests are made of", () => {
	expect(
		settingsOf(packageNamed("settings"))
			.map((url) => readFileSync(url, "utf8"))
			.join("\n"),
	).toContain(`COMPILER = "${COMPILER}"`);
});

test("the numbers that kernels use are a part of their sources", () => {
	const digests = [1, 1, 2].map((size, i) => {
		const at = packageNamed(`constants-${i}`);
		writeFileSync(new URL("constants.ts", at), `export const SIZE = ${size};\n`);
		return kernelSources(at, "constants.ts");
	});
	expect(digests[0]).toMatch(/^[0-9a-f]{64}$/);
	expect(digests[1]).toBe(digests[0]);
	expect(digests[2]).not.toBe(digests[0]);
	// Without them nothing is known of a build, and it is not taken.
	expect(() => kernelSources(packageNamed("constants-missing"), "constants.ts")).toThrow("ENOENT");
});

test("a build that does not say what it was made of is refused beside sources, and taken without them", () => {
	const at = packageNamed("without-section");
	const build = new URL("build/probe.simd.wasm", at);
	// The section is the last: 0, one byte of its length, its body.
	const bytes = readFileSync(build);
	writeFileSync(build, bytes.subarray(0, bytes.length - (2 + 1 + "sources".length + 64)));
	expect(() => compileKernels({ ...probeKernels, folder: at }, "simd")).toThrow("older than its sources");
	const published = packageNamed("published");
	rmSync(new URL("kernels", published), { recursive: true });
	expect(kernelSources(published)).toBeUndefined();
	expect(() => compileKernels({ ...probeKernels, folder: published }, "simd")).not.toThrow();
});
