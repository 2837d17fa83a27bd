/** A compiled form of the kernels. */
export type BuildName = "simd" | "fma" | "fma256";

/** A way to compute: `js` is plain TypeScript, the reference of all others. */
export type KernelName = "js" | BuildName;

/** The settings in which a build differs from the others. */
export interface Build {
	/** WebAssembly features that the compiler may use, by the names of `asc --enable`. */
	readonly features: readonly string[];
	/** V8 flags that are set while a module of this build is compiled to machine code, and taken back after. */
	readonly v8Flags: readonly string[];
	/** Whole numbers that kernel sources use by name. */
	readonly constants: Readonly<Record<string, number>>;
}

/**
 * The builds, the slowest first.
 * - `simd`: 128-bit vectors; every engine of today.
 * - `fma`: and relaxed SIMD, for its fused multiply-add.
 * - `fma256`: the same for V8's pass that joins pairs of 128-bit vectors into 256 bits (Node 24 on a processor with AVX2);
 *   its tiles are twice as wide and would not fit the registers without that pass.
 */
export const builds: Readonly<Record<BuildName, Build>> = {
	simd: { features: ["simd", "threads"], v8Flags: [], constants: { TILE_VECTORS: 2 } },
	fma: { features: ["simd", "threads", "relaxed-simd"], v8Flags: [], constants: { TILE_VECTORS: 2 } },
	fma256: {
		features: ["simd", "threads", "relaxed-simd"],
		v8Flags: ["--experimental-wasm-revectorize"],
		constants: { TILE_VECTORS: 4 },
	},
};

/** Every kernel, `js` first, then the builds as in `builds`. */
export const kernelNames: readonly KernelName[] = ["js", ...(Object.keys(builds) as BuildName[])];
