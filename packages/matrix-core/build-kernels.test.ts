import { readFileSync } from "node:fs";
import asc from "assemblyscript/asc";
import { expect, test } from "vitest";
import { COMPILER, checkCompiler } from "./build-kernels.ts";

test("the compiler whose version digests hold is the one that is pinned and installed", () => {
	const { devDependencies } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
	expect(devDependencies.assemblyscript).toBe(COMPILER);
	expect(asc.version).toBe(COMPILER);
});

test("kernels are not made by another version of the compiler", () => {
	expect(() => checkCompiler(COMPILER)).not.toThrow();
	expect(() => checkCompiler("0.28.21")).toThrow(
		`assemblyscript 0.28.21 is installed, kernels are made by ${COMPILER}: npm ci installs that`,
	);
});
