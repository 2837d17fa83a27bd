/**
 * URL of the module `name` in the folder of the module that asks, for workers and processes: `.ts` in this repository,
 * `.js` where the package was compiled.
 * @param from `import.meta.url` of the module that asks
 */
export function moduleBeside(from: string, name: string): URL {
	return new URL(`${name}.${from.endsWith(".ts") ? "ts" : "js"}`, from);
}
