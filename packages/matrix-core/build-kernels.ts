import { mkdirSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import asc from "assemblyscript/asc";
import { declareKernels } from "./declare-kernels.ts";
import { ComputationError } from "./src/errors.ts";
import { kernelSources } from "./src/platform/kernel-sources.ts";
import { type BuildName, builds } from "./src/runtime/builds.ts";
import { SOURCES_SECTION } from "./src/runtime/kernel-module.ts";
import { unroll } from "./unroll.ts";

/** Version of the compiler that kernels are made by. This file is a part of their digest: builds by another compiler count as older. */
export const COMPILER = "0.28.20";

/** A WebAssembly module to compile. */
export interface KernelSources {
	/** Folder of the package: the sources are in `kernels/`, what is made goes to `build/`. */
	readonly folder: string;
	/** Name of the module: `kernels/NAME.ts`, whose exports are the kernels, becomes `build/NAME.BUILD.wasm`. */
	readonly name: string;
	/** Whole numbers that the sources use by name, for each build, besides those of `builds`. */
	readonly constants?: (build: BuildName) => Readonly<Record<string, number>>;
	/** Path within the package of a file that some of those numbers are from. @default none */
	readonly constantsFrom?: string;
	/** Folder of the declaration, NAME-kernels.ts. @default "src" */
	readonly into?: string;
	/** Where the declaration gets its type from. @default "@attgrad/matrix-core" */
	readonly typeFrom?: string;
}

/**
 * Compiles a module of AssemblyScript kernels, as every build, and declares them to TypeScript in NAME-kernels.ts. The sources may hold `// unroll` lines (see `unroll`).
 * A build holds the digest of its sources, and is not run beside others. All modules share one memory, so a module must hold no data of its own (strings, arrays, `memory.data`).
 * @throws ComputationError where another version of the compiler is installed; Error with the compiler's messages
 */
export async function buildKernels(sources: KernelSources): Promise<void> {
	const { folder, name, constants, constantsFrom, into = "src" } = sources;
	checkCompiler(asc.version);
	const digest = kernelSources(pathToFileURL(join(folder, "/")), constantsFrom);
	if (digest === undefined) throw new Error(`${name}: the sources of kernels cannot be read`);
	await writeIfChanged(join(folder, into, `${name}-kernels.ts`), await declarationOf(sources));
	mkdirSync(join(folder, "build"), { recursive: true });
	await Promise.all(
		(Object.keys(builds) as BuildName[]).map(async (build) => {
			const numbers = { ...builds[build].constants, ...constants?.(build) };
			const bytes = await compile(folder, name, builds[build].features, numbers);
			if (hasSection(bytes, DATA)) throw new Error(`${name}.${build}: kernels must hold no data of their own`);
			await writeFile(join(folder, "build", `${name}.${build}.wasm`), withSection(bytes, SOURCES_SECTION, digest));
		}),
	);
}

/** @throws ComputationError where the compiler is not of the version that digests are for */
export function checkCompiler(installed: string): void {
	if (installed === COMPILER) return;
	throw new ComputationError(
		"failed",
		`assemblyscript ${installed} is installed, kernels are made by ${COMPILER}: npm ci installs that, and COMPILER in packages/matrix-core/build-kernels.ts names another`,
	);
}

/** The text of NAME-kernels.ts: the kernels of a module as TypeScript sees them. */
export function declarationOf(sources: KernelSources): Promise<string> {
	const { folder, name, constants, constantsFrom, into = "src", typeFrom } = sources;
	return declareKernels(folder, name, {
		numbers: constants?.("simd"),
		constants: constantsFrom,
		from: typeFrom ?? "@attgrad/matrix-core",
		depth: into.split("/").length,
	});
}

async function writeIfChanged(path: string, text: string): Promise<void> {
	if ((await readFile(path, "utf8").catch(() => "")) !== text) await writeFile(path, text);
}

async function compile(
	folder: string,
	name: string,
	features: readonly string[],
	numbers: Readonly<Record<string, number>>,
): Promise<Uint8Array> {
	// warning 201 is about addresses of 64 bits: these have 32
	let made: Uint8Array | undefined;
	const { error, stderr } = await asc.main(
		[
			`kernels/${name}.ts`,
			...["--baseDir", folder, "--outFile", "out.wasm", "-O3", "--noAssert", "--runtime", "stub"],
			...[
				"--disableWarning",
				"201",
				"--importMemory",
				"--sharedMemory",
				"--initialMemory",
				"1",
				"--maximumMemory",
				"65536",
			],
			...features.flatMap((feature) => ["--enable", feature]),
			...Object.entries(numbers).flatMap(([constant, value]) => ["--use", `${constant}=${value}`]),
		],
		{
			readFile: async (file, base) => {
				const text = await readFile(resolve(base, file), "utf8").catch(() => null);
				return text && unroll(text, numbers);
			},
			writeFile: (_, contents) => {
				made = contents as Uint8Array;
			},
		},
	);
	if (error || !made) throw new Error(`${name}: ${stderr.toString() || error?.message}`);
	return made;
}

/** A module with a custom section at its end: 0, a length, the length of the name, the name, its text. Both are ASCII, fewer than 120 bytes together. */
function withSection(bytes: Uint8Array, name: string, text: string): Uint8Array {
	const body = Buffer.from(`${String.fromCharCode(name.length)}${name}${text}`, "latin1");
	if (body.length >= 128) throw new Error(`section ${name} is too long: ${body.length} bytes`);
	return Buffer.concat([bytes, Uint8Array.of(0, body.length), body]);
}

/** Number of the data section of a WebAssembly module. */
const DATA = 11;

/** Whether a WebAssembly module has a section: after 8 bytes of header, each is a number, a LEB128 length, a body. */
function hasSection(bytes: Uint8Array, wanted: number): boolean {
	for (let at = 8; at < bytes.length; ) {
		if (bytes[at++] === wanted) return true;
		let length = 0;
		for (let shift = 0, more = true; more; shift += 7) {
			const byte = bytes[at++];
			length += (byte & 127) * 2 ** shift;
			more = byte >= 128;
		}
		at += length;
	}
	return false;
}
