/** The parts of a `package.json` that change when the package is packed. */
export interface Manifest {
	readonly name: string;
	readonly exports: Readonly<Record<string, unknown>>;
	/** Modules that differ between platforms: `#name` with a target for each condition. */
	readonly imports?: Readonly<Record<string, Readonly<Record<string, string>>>>;
	readonly scripts?: Readonly<Record<string, string>>;
	readonly devDependencies?: Readonly<Record<string, string>>;
	readonly [field: string]: unknown;
}

/** Oldest Node that runs what is packed. */
const engines = { node: ">=22" };

/**
 * The `package.json` of the packed package: each export is compiled code with its types, without what only this repository
 * uses (scripts, development dependencies, `private`, exports that are TypeScript elsewhere than in the sources or serve tests only).
 * @param sources folder of the TypeScript sources, relative to the package: `./src/` or `./`
 */
export function packedManifest(
	{ scripts: _scripts, devDependencies: _development, private: _private, ...manifest }: Manifest,
	sources: string,
): Manifest {
	const exports = Object.fromEntries(
		Object.entries(manifest.exports).flatMap(([name, target]) => {
			if (typeof target !== "string" || !target.endsWith(".ts")) return [[name, target]];
			return target.startsWith(sources) && !target.startsWith(`${sources}testing/`)
				? [[name, compiled(target, sources)]]
				: [];
		}),
	);
	const imports = Object.entries(manifest.imports ?? {}).map(([name, targets]) => {
		const built = Object.entries(targets).map(([condition, target]) => [condition, compiled(target, sources)]);
		return [name, Object.fromEntries(built)];
	});
	return { ...manifest, engines, exports, ...(imports.length > 0 && { imports: Object.fromEntries(imports) }) };
}

/** Where the compiled form of a source stands. */
function compiled(source: string, sources: string): { types: string; default: string } {
	const stem = `./dist/${source.slice(sources.length, -".ts".length)}`;
	return { types: `${stem}.d.ts`, default: `${stem}.js` };
}
