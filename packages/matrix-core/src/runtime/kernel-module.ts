/// <reference path="./webassembly.d.ts" />
import { kernelSources, readKernel, withEngineFlags } from "#platform";
import { ComputationError } from "../errors.ts";
import { providedKernel } from "../platform/provided-kernels.ts";
import { type BuildName, builds, type KernelName } from "./builds.ts";
import { exportedName, type KernelArguments, type KernelSignature, namesOf } from "./kernel-signature.ts";

/** A compiled module of kernels: `build/NAME.BUILD.wasm` in the folder of a package, made by `buildKernels`. */
export interface KernelModule {
	/** Name of the module, one in all packages. */
	readonly name: string;
	/** Folder of the package. */
	readonly folder: URL;
	/** Path within the package of a file whose numbers the kernels use. @default none */
	readonly constants?: string;
	/** Its kernels by name. Other implementations, such as native ones, have the same. */
	readonly kernels: Readonly<Record<string, KernelSignature>>;
	/** Fields of the structs that kernels read, four bytes each: `name: type` in the order of memory. */
	readonly structs: Readonly<Record<string, readonly string[]>>;
}

/** The module itself, its type holding every name: generated files declare their kernels so. */
export function kernelModule<const Module extends KernelModule>(module: Module): Module {
	return module;
}

/** Kernels that a module declares. */
export type KernelsOf<Module extends KernelModule> = Module["kernels"];

/** Structs that a module declares. */
export type StructsOf<Module extends KernelModule> = Module["structs"];

/** Arguments of a kernel of a module: a task of `Kernels.run`. */
export type KernelTask<Module extends KernelModule, Name extends keyof KernelsOf<Module>> = KernelArguments<
	KernelsOf<Module>[Name]
>;

/** The bytes of a module in one build; undefined where the build was not made. */
export function kernelBytes({ name, folder }: KernelModule, build: BuildName): Uint8Array<ArrayBuffer> | undefined {
	const file = `${name}.${build}.wasm`;
	return providedKernel(file) ?? readKernel(folder, file);
}

const compiled = new Map<string, WebAssembly.Module>();

let compileTime = 0;

/** Milliseconds that this process has spent on compiling kernels so far: some 40 a module, the first time it is used. */
export const kernelCompileTime = (): number => compileTime;

/**
 * Machine code of a module in one build, compiled once a process.
 * V8 compiles everything at once with its optimising compiler, under the flags of the build, so that a time does not
 * depend on when a function is tiered up and builds do not depend on which came first.
 * @throws Error when the build was not made; ComputationError where its sources have changed since
 */
export function compileKernels(module: KernelModule, build: KernelName): WebAssembly.Module {
	if (build === "js") throw new Error(`${module.name}: kernel js has nothing to compile`);
	const key = `${new URL(module.folder).href} ${module.name} ${build}`;
	let code = compiled.get(key);
	if (!code) {
		const bytes = kernelBytes(module, build);
		if (!bytes) throw new Error(`build/${module.name}.${build}.wasm is missing: npm run build makes it`);
		const start = performance.now();
		code = withEngineFlags(["--no-liftoff", "--no-wasm-lazy-compilation", ...builds[build].v8Flags], () => {
			return new WebAssembly.Module(bytes);
		});
		checkSources(module, build, code);
		compileTime += performance.now() - start;
		compiled.set(key, code);
	}
	return code;
}

/** Name of the section of a build that holds the digest of its sources. */
export const SOURCES_SECTION = "sources";

/** @throws ComputationError where the sources of a build are there and have changed since: results would be those of other kernels, or a run would not end */
function checkSources({ name, folder, constants }: KernelModule, build: BuildName, code: WebAssembly.Module): void {
	const [section] = WebAssembly.Module.customSections(code, SOURCES_SECTION);
	const sources = kernelSources(folder, constants);
	if (sources !== undefined && (!section || new TextDecoder().decode(section) !== sources))
		throw new ComputationError(
			"failed",
			`build/${name}.${build}.wasm is older than its sources in kernels/: npm run build makes it anew`,
		);
}

/** Functions of an instance by name. */
export type KernelFunctions = Readonly<Record<string, (...args: number[]) => number | undefined>>;

/** An instance of a module over the shared memory. */
export function instantiate(code: WebAssembly.Module, memory: WebAssembly.Memory): KernelFunctions {
	const abort = () => {
		throw new Error("kernel aborted");
	};
	return new WebAssembly.Instance(code, { env: { memory, abort } }).exports as KernelFunctions;
}

/**
 * Compares the functions of an instance with the declaration of their module.
 * @throws ComputationError where a kernel is missing or takes another number of arguments: the build is older than the declaration
 */
export function checkDeclaration({ name, kernels }: KernelModule, functions: KernelFunctions): void {
	for (const [kernel, { parameters, typed }] of Object.entries(kernels))
		for (const dtype of typed ? (["f64", "f32"] as const) : [undefined]) {
			const exported = exportedName(kernel, dtype);
			if (functions[exported]?.length !== parameters.length + 1)
				throw new ComputationError(
					"failed",
					`build/${name} does not have ${exported} as it is declared: npm run build makes it`,
				);
		}
}

/** Calls a kernel of an instance once, on the thread at hand, without scratch; for what comes before a runtime. */
export function callKernel<Module extends KernelModule, Name extends keyof KernelsOf<Module> & string>(
	module: Module,
	functions: KernelFunctions,
	kernel: Name,
	task: KernelTask<Module, Name>,
): number {
	const { parameters } = module.kernels[kernel];
	const values = namesOf(parameters).map((name) => (task as Readonly<Record<string, number>>)[name]);
	return functions[kernel](0, ...values) ?? 0;
}
