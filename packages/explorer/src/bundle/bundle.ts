import { fileURLToPath } from "node:url";
import { type Plugin, type RolldownOptions, rolldown } from "rolldown";
import { packedKernels } from "./kernels.ts";

/** Folder of the programs of the page. */
const own = fileURLToPath(new URL("../", import.meta.url));

const forBrowsers: RolldownOptions = {
	platform: "browser",
	transform: { define: { "import.meta.url": JSON.stringify("file:///attgrad/") }, target: "es2023" },
	onLog: (level, log, handle) => handle(level === "warn" ? "error" : level, log),
};

/** Bundles a program of the page, with all that it imports, into one classic script. */
export function bundle(entry: URL): Promise<string> {
	return made(
		{
			...forBrowsers,
			input: fileURLToPath(entry),
			resolve: { conditionNames: ["browser", "import", "default"] },
			// Modules of packages are taken for what is used of them; a program of the page is taken whole.
			treeshake: { moduleSideEffects: (id) => id.startsWith(own) || id.endsWith("/page-worker.ts") },
			plugins: [virtualModule("virtual:kernels", kernelsText), virtualModule("virtual:thread", threadText)],
		},
		{ format: "iife", minify: true },
	);
}

/**
 * Bundles test files of the packages into a module that runs them in a worker of a browser and posts how each test ended.
 * @param files their paths
 */
export function bundleTests(files: readonly string[]): Promise<string> {
	const shim = fileURLToPath(new URL("../numeric/vitest.ts", import.meta.url));
	const imports = [new URL("../numeric/kernels.ts", import.meta.url).pathname, ...files];
	const lines = imports.map((path) => `import ${JSON.stringify(path)};`);
	const program = `${lines.join("\n")}\nimport { runTests } from "vitest";\npostMessage(await runTests());`;
	return made(
		{
			...forBrowsers,
			input: "virtual:tests",
			// Other uses of Node in tests are dropped.
			external: /^node:/,
			treeshake: { moduleSideEffects: (id) => !id.startsWith("node:") },
			resolve: { conditionNames: ["browser", "import", "default"], alias: { vitest: shim } },
			plugins: [
				virtualModule("virtual:kernels", kernelsText),
				virtualModule("virtual:thread", threadText),
				virtualModule("virtual:tests", () => program),
			],
		},
		{ format: "es", minify: false },
	);
}

async function made(
	options: RolldownOptions,
	output: { readonly format: "iife" | "es"; readonly minify: boolean },
): Promise<string> {
	const build = await rolldown(options);
	try {
		return (await build.generate({ ...output, codeSplitting: false })).output[0].code;
	} finally {
		await build.close();
	}
}

/** The program of threads as a module whose default is its text. */
const threadText = async (): Promise<string> =>
	`export default ${JSON.stringify(await bundle(new URL("../worker/thread.ts", import.meta.url)))};`;

const kernelsText = (): string => `export default ${JSON.stringify(packedKernels())};`;

/** A module of a name that is made up. */
function virtualModule(name: string, text: () => string | Promise<string>): Plugin {
	return {
		name,
		resolveId: (id) => (id === name ? `\0${name}` : undefined),
		load: (id) => (id === `\0${name}` ? text() : undefined),
	};
}
