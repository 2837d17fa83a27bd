import { probeKernels } from "../probe-kernels.ts";
import { type BuildName, builds, type KernelName } from "./builds.ts";
import {
	callKernel,
	checkDeclaration,
	compileKernels,
	instantiate,
	type KernelModule,
	kernelBytes,
} from "./kernel-module.ts";

/** The product that a build must get right: 6 x columns, over `count` summands, short enough to stay in L1. */
const PROBE = { address: 65536, rows: 6, count: 64, repeats: 20, rounds: 50 };

/** `fma256` is offered only where it really runs with 256-bit vectors, about twice as fast as `fma`. */
const LEAST_SPEEDUP = 1.25;

let started: Promise<readonly Probe[]> | undefined;
let found: Promise<readonly KernelName[]> | undefined;

/**
 * The kernels that this machine has, the slowest first: `js` always, and each build that is made, that the engine
 * accepts and that gets a small product right; `fma256` only where it is faster than `fma`. Found once a process, in
 * some 10 ms.
 */
export function availableKernels(): Promise<readonly KernelName[]> {
	found ??= probes().then(fastEnough);
	return found;
}

/**
 * Those of them and `fma256` wherever it is right, which no clock decides: what can be asked for by name. A process that is told
 * its kernel, like one that measures a cell, is not to lack it because the machine is busy.
 */
export async function rightKernels(): Promise<readonly KernelName[]> {
	return ["js", ...(await probes()).map(({ build }) => build)];
}

/**
 * Whether there is a build of a module at all: not after `npm ci --ignore-scripts` or `--omit=dev`, where everything runs in plain
 * TypeScript until `npm run build`.
 */
export const kernelsAreBuilt = (module: KernelModule = probeKernels): boolean =>
	(Object.keys(builds) as BuildName[]).some((build) => kernelBytes(module, build) !== undefined);

/**
 * Why the system refuses the kernels their memory; undefined where it does not. V8 reserves some 10 GiB of address space for a memory,
 * whatever its size, which a limit such as `ulimit -v` may forbid.
 */
export async function memoryRefusal(): Promise<string | undefined> {
	await probes();
	return refusal;
}

let refusal: string | undefined;

function probes(): Promise<readonly Probe[]> {
	started ??= Promise.resolve().then(() => {
		const memory = probeMemory();
		return memory ? (Object.keys(builds) as BuildName[]).flatMap((build) => startProbe(build, memory) ?? []) : [];
	});
	return started;
}

/** One memory for the probes of all builds: each takes address space. */
function probeMemory(): WebAssembly.Memory | undefined {
	if (!kernelsAreBuilt()) return undefined;
	try {
		return new WebAssembly.Memory({ initial: 4, maximum: 4, shared: true });
	} catch (cause) {
		refusal = `no address space for the kernels (${(cause as Error).message})`;
		return undefined;
	}
}

function fastEnough(right: readonly Probe[]): readonly KernelName[] {
	const [fma, wide] = [right.find(({ build }) => build === "fma"), right.find(({ build }) => build === "fma256")];
	const isWide = fma !== undefined && wide !== undefined && speedup(fma, wide) >= LEAST_SPEEDUP;
	return ["js", ...right.map(({ build }) => build).filter((build) => build !== "fma256" || isWide)];
}

/** How many times as fast one build is as another, each at its best of many short trials, taken in turn. */
function speedup(base: Probe, other: Probe): number {
	const best = [base, other].map(() => Number.POSITIVE_INFINITY);
	for (let round = 0; round < PROBE.rounds; round++)
		[base, other].forEach(({ run }, i) => {
			const from = performance.now();
			run(PROBE.repeats);
			best[i] = Math.min(best[i], performance.now() - from);
		});
	return best[0] / base.cols / (best[1] / other.cols);
}

interface Probe {
	readonly build: BuildName;
	/** Columns of its product. */
	readonly cols: number;
	/** Adds up the product so many times. */
	run(times: number): void;
}

/** The probe of a build; undefined where there is none, the engine does not accept it, or its product is wrong. */
function startProbe(build: BuildName, memory: WebAssembly.Memory): Probe | undefined {
	const bytes = kernelBytes(probeKernels, build);
	if (!bytes || !WebAssembly.validate(bytes)) return undefined;
	const kernels = instantiate(compileKernels(probeKernels, build), memory);
	checkDeclaration(probeKernels, kernels);
	const cols = callKernel(probeKernels, kernels, "probeColumns", {});
	const { address, rows, count } = PROBE;
	const a = new Float64Array(memory.buffer, address, count * rows);
	const b = new Float64Array(memory.buffer, a.byteOffset + a.byteLength, count * cols);
	const c = new Float64Array(memory.buffer, b.byteOffset + b.byteLength, rows * cols);
	const run = (times: number) => {
		const [from, to] = [
			{ a: a.byteOffset, b: b.byteOffset },
			{ c: c.byteOffset, cStep: cols * 8 },
		];
		callKernel(probeKernels, kernels, "probe", { ...from, ...to, count, repeats: times });
	};

	// whole numbers, so that the product is exact in every build
	for (let i = 0; i < a.length; i++) a[i] = ((i * 7) % 11) - 5;
	for (let i = 0; i < b.length; i++) b[i] = ((i * 5) % 13) - 6;
	c.fill(0);
	run(1);
	for (let r = 0; r < rows; r++)
		for (let v = 0; v < cols; v++) {
			let sum = 0;
			for (let k = 0; k < count; k++) sum += a[k * rows + r] * b[k * cols + v];
			if (c[r * cols + v] !== sum) return undefined;
		}
	return { build, cols, run };
}
