import { fileURLToPath } from "node:url";
import { type Plugin, rolldown } from "rolldown";
import { packedKernels } from "./kernels.ts";

/** Folder of the programs of the page. */
const own = fileURLToPath(new URL("../", import.meta.url));

/** Bundles a program of the page, with all that it imports, into one classic script. */
export async function bundle(entry: URL, { minify = true }: { minify?: boolean } = {}): Promise<string> {
	const build = await rolldown({
		input: fileURLToPath(entry),
		platform: "browser",
		resolve: { conditionNames: ["browser", "import", "default"] },
		// Modules of packages are taken for what is used of them; a program of the page is taken whole.
		treeshake: { moduleSideEffects: (id) => id.startsWith(own) },
		transform: { define: { "import.meta.url": JSON.stringify("file:///attgrad/") }, target: "es2023" },
		plugins: [kernelsModule()],
		onLog: (level, log, handle) => handle(level === "warn" ? "error" : level, log),
	});
	try {
		const { output } = await build.generate({ format: "iife", minify });
		return output[0].code;
	} finally {
		await build.close();
	}
}

/** Gives the module `virtual:kernels`, whose default export is `packedKernels()`. */
function kernelsModule(): Plugin {
	const name = "virtual:kernels";
	return {
		name: "kernels",
		resolveId: (id) => (id === name ? `\0${name}` : undefined),
		load: (id) => (id === `\0${name}` ? `export default ${JSON.stringify(packedKernels())};` : undefined),
	};
}
