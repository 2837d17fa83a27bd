import { spawnSync } from "node:child_process";
import type { KernelModule } from "./kernel-module.ts";

/** V8's messages on pairs of vectors that it could not join into 256 bits when it compiles the `fma256` build of a module. */
export function unjoined({ name, folder, constants }: KernelModule): string[] {
	const module = `{ name: ${JSON.stringify(name)}, folder: new URL(${JSON.stringify(folder.href)}), constants: ${JSON.stringify(constants)} }`;
	const compile = `import { compileKernels } from ${JSON.stringify(new URL("./kernel-module.ts", import.meta.url).href)};
		compileKernels(${module}, "fma256");`;
	const { status, stdout, stderr } = spawnSync(
		process.execPath,
		["--trace-wasm-revectorize", "--input-type=module", "-e", compile],
		{ encoding: "utf8", maxBuffer: 2 ** 28 },
	);
	if (status !== 0) throw new Error(`${name}: ${stderr}`);
	const lines = stdout.split("\n");
	if (!lines.some((line) => line.includes("Decide to vectorize"))) throw new Error(`${name}: nothing was joined`);
	return lines.filter((line) => /failed|unsupported/i.test(line));
}
