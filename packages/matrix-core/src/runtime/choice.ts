import { type BuildName, builds, type KernelName } from "./builds.ts";
import { compileKernels, instantiate, type KernelFunctions, type KernelModule, kernelBytes } from "./kernel-module.ts";

const probeModule: KernelModule = { name: "probe", folder: new URL("../../", import.meta.url) };

/** Shape of the product that a build must get right: short enough to stay in L1. */
const PROBE = { address: 65536, rows: 6, count: 64, repeats: 100, trials: 8 };

/** `fma256` is chosen only where it really runs with 256-bit vectors: it is then about twice as fast as `fma`. */
const LEAST_SPEEDUP = 1.25;

let found: Promise<readonly KernelName[]> | undefined;

/**
 * The kernels that this machine has, the slowest first: `js` always, and each build that is made, that the engine accepts,
 * that gets a small product right, and that is not slower than the builds before it. Found once a process, in some 10 ms.
 */
export function availableKernels(): Promise<readonly KernelName[]> {
	found ??= probeAll();
	return found;
}

async function probeAll(): Promise<readonly KernelName[]> {
	const names: KernelName[] = ["js"];
	const speeds: Partial<Record<BuildName, number>> = {};
	for (const build of Object.keys(builds) as BuildName[]) {
		const bytes = kernelBytes(probeModule, build);
		if (!bytes || !WebAssembly.validate(bytes)) continue;
		const speed = flopsPerMillisecond(build);
		if (speed === undefined) continue;
		if (build === "fma256" && !(speed >= LEAST_SPEEDUP * (speeds.fma ?? 0))) continue;
		speeds[build] = speed;
		names.push(build);
	}
	return names;
}

/** Speed of a build at its best of a few trials; undefined where its product is wrong. */
function flopsPerMillisecond(build: BuildName): number | undefined {
	const memory = new WebAssembly.Memory({ initial: 4, maximum: 4, shared: true });
	let kernels: KernelFunctions;
	try {
		kernels = instantiate(compileKernels(probeModule, build), memory);
	} catch {
		return undefined;
	}
	const cols = kernels["probeColumns"]!()!;
	const { address, rows, count, repeats, trials } = PROBE;
	const a = new Float64Array(memory.buffer, address, count * rows);
	const b = new Float64Array(memory.buffer, a.byteOffset + a.byteLength, count * cols);
	const c = new Float64Array(memory.buffer, b.byteOffset + b.byteLength, rows * cols);
	const run = (times: number) => kernels["probe"]!(0, a.byteOffset, b.byteOffset, c.byteOffset, cols * 8, count, times);

	// whole numbers, so that the product is exact in every build
	for (let i = 0; i < a.length; i++) a[i] = ((i * 7) % 11) - 5;
	for (let i = 0; i < b.length; i++) b[i] = ((i * 5) % 13) - 6;
	run(1);
	for (let r = 0; r < rows; r++)
		for (let v = 0; v < cols; v++) {
			let sum = 0;
			for (let k = 0; k < count; k++) sum += a[k * rows + r]! * b[k * cols + v]!;
			if (c[r * cols + v] !== sum) return undefined;
		}

	let best = Number.POSITIVE_INFINITY;
	for (let trial = 0; trial < trials; trial++) {
		const from = performance.now();
		run(repeats);
		best = Math.min(best, performance.now() - from);
	}
	return (2 * rows * cols * count * repeats) / best;
}
