import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { declarationOf } from "./build-kernels.ts";
import { declareKernels } from "./declare-kernels.ts";
import { probeKernels } from "./src/probe-kernels.ts";
import { checkDeclaration, compileKernels, instantiate } from "./src/runtime/kernel-module.ts";
import { createRuntime, withKernels } from "./src/runtime/runtime.ts";

const folder = import.meta.dirname;

test.each([
	{ name: "probe", into: "src", typeFrom: "./runtime/kernel-module.ts" },
	{ name: "matrices", into: "src/algebra", typeFrom: "../runtime/kernel-module.ts" },
])("the declaration of $name is what its source says", async (sources) => {
	const declared = await readFile(join(folder, sources.into, `${sources.name}-kernels.ts`), "utf8");
	expect(await declarationOf({ folder, ...sources })).toBe(declared);
});

/** The declaration of a module with this source. */
async function declare(source: string): Promise<string> {
	const made = await mkdtemp(join(tmpdir(), "kernels-"));
	try {
		await mkdir(join(made, "kernels"));
		await writeFile(join(made, "kernels/sums.ts"), source);
		return await declareKernels(made, "sums", { from: "x", depth: 1 });
	} finally {
		await rm(made, { recursive: true });
	}
}

test("functions of both number types are one kernel, and structs have their fields in order", async () => {
	const declaration = await declare(
		[
			"@unmanaged\nexport class Sizes {\n\t/** Rows. */\n\tn: i32;\n\tat: usize;\n}\n",
			"// each BITS: 64, 32",
			"/** A sum. */",
			"export function sum$BITS(scratch: usize, at: usize,\n\tcount: i32): f64 {\n\treturn 0;\n}\n",
			"export function clear(_scratch: usize): void {\n}\n",
		].join("\n"),
	);
	expect(declaration).toContain(
		'\t\t/** A sum. */\n\t\tsum: {\n\t\t\tparameters: ["at: usize", "count: i32"],\n\t\t\tresult: "f64",\n\t\t\ttyped: true,',
	);
	expect(declaration).toContain('\t\tclear: {\n\t\t\tparameters: [],\n\t\t\tresult: "void",\n\t\t\ttyped: false,');
	expect(declaration).toContain('Sizes: ["n: i32", "at: usize"]');
});

test.each([
	[
		"export function sum(at: usize): f64 {\n}\n",
		"kernels/sums.ts: kernel sum must have scratch: usize as its first parameter",
	],
	["export function sum(scratch: usize, at: u64): f64 {\n}\n", "kernels/sums.ts: kernel sum has the type u64"],
	[
		"export function sum64(scratch: usize, at: usize): f64 {\n}\nexport function sum32(scratch: usize): f64 {\n}\n",
		"kernels sum64 and sum32 differ in what they take or give",
	],
	["@unmanaged\nexport class Sizes {\n\tn: f64;\n}\n", "struct Sizes: n must be i32 or usize, got f64"],
])("%j is refused", async (source, message) => {
	await expect(declare(source)).rejects.toThrow(message);
});

test("a build that differs from the declaration is refused when it is loaded", () => {
	const memory = new WebAssembly.Memory({ initial: 1, maximum: 65536, shared: true });
	const functions = instantiate(compileKernels(probeKernels, "simd"), memory);
	checkDeclaration(probeKernels, functions);
	const longer = { parameters: ["a: usize"], result: "f64", typed: false };
	for (const kernels of [{ probe: longer }, { absent: longer }])
		expect(() => checkDeclaration({ ...probeKernels, kernels }, functions)).toThrow("npm run build makes it");
});

test("calls of a kernel are checked by the compiler", async () => {
	const runtime = await createRuntime({ kernel: "simd" });
	await withKernels(runtime, probeKernels, async (kernels) => {
		await kernels.run("registers", [{ times: 1 }], { dtype: "f32", scratch: 32 });
		// @ts-expect-error a kernel that is not there
		await expect(kernels.run("register", [{ times: 1 }], { dtype: "f32" })).rejects.toThrow("unknown kernel");
		// @ts-expect-error an argument that is missing
		await expect(kernels.run("registers", [{}], { dtype: "f32" })).rejects.toThrow("task 0 has no argument times");
		// @ts-expect-error an argument of another name
		await expect(kernels.run("registers", [{ time: 1 }], { dtype: "f32" })).rejects.toThrow("no argument times");
		// @ts-expect-error a kernel of both number types, without one
		await expect(kernels.run("registers", [{ times: 1 }], {})).rejects.toThrow("unknown kernel: registers");
	});
	await runtime.close();
});
