// The call with the most arguments is checked by the compiler: `tsc` refuses this file where it is not.
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Kernels, KernelTask } from "@attgrad/matrix-core";
import { expect, test } from "vitest";
import type { gaussKernels } from "../../packages/approx-gradient/src/polynomial/gauss/gauss-kernels.ts";
import { readSources, root } from "./modules.ts";

/** The kernel with the most parameters, which the calls below are of. */
const widest = "gaussQueries";

/** Never runs. */
export async function calls(
	kernels: Kernels<typeof gaussKernels>,
	task: KernelTask<typeof gaussKernels, typeof widest>,
): Promise<void> {
	await kernels.run(widest, [task], { dtype: "f64" });
	const { rows: _, ...lacking } = task;
	// @ts-expect-error: an argument is missing
	await kernels.run(widest, [lacking], { dtype: "f64" });
	// @ts-expect-error: there is no such argument
	await kernels.run(widest, [{ ...task, columnz: 1 }], { dtype: "f64" });
	// @ts-expect-error: an argument is no number
	await kernels.run(widest, [{ ...task, rows: "0" }], { dtype: "f64" });
	// @ts-expect-error: the number type is missing
	await kernels.run(widest, [task], {});
	// @ts-expect-error: there is no such kernel
	await kernels.run("gaussQuery", [task], { dtype: "f64" });
}

test("the calls that the compiler checks here are of the kernel with the most parameters", () => {
	const declarations = globSync("packages/*/src/**/*-kernels.ts", { cwd: root });
	const counts = declarations.flatMap((path) => {
		const text = readFileSync(join(root, path), "utf8");
		const found = text.matchAll(/(\w+): \{\s*parameters: \[([^\]]*)\]/g);
		return Array.from(found, ([, name, list]) => ({ name, count: list.split('",').length }));
	});
	expect(counts.length).toBeGreaterThan(40);
	expect(counts.reduce((a, b) => (b.count > a.count ? b : a)).name).toBe(widest);
});

test("kernels are run by name, never by the exports of their module", () => {
	const direct = readSources().filter(
		({ path, text }) =>
			/^packages\/(exact|approx)-gradient\/src\//.test(path) && /WebAssembly\.|\.exports\b|exportedName/.test(text),
	);
	expect(direct.map(({ path }) => path)).toEqual([]);
});
