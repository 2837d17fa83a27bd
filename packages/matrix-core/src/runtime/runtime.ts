import { availableParallelism } from "node:os";
import { ComputationError, UsageError } from "../errors.ts";
import { type KernelName, kernelNames } from "./builds.ts";
import { availableKernels } from "./choice.ts";
import type { KernelModule } from "./kernel-module.ts";
import { Kernels } from "./kernels.ts";
import { KernelMemory, LARGEST_MEMORY } from "./memory.ts";
import type { ProgressReport } from "./progress-report.ts";
import { Team } from "./team.ts";

/** What an algorithm computes with. Made by `createRuntime`, closed when done. */
export interface Runtime {
	/** The kernel build in use; `js` is plain TypeScript. */
	readonly kernel: KernelName;
	/** Threads that work at once; 1 with the kernel `js`. */
	readonly threads: number;
	/** Called now and then by long computations. */
	readonly onProgress?: ProgressReport;
	/** Lets worker threads end and the memory go; the runtime is not used after. */
	close(): Promise<void>;
}

/** What a runtime is to compute on. */
export interface RuntimeOptions {
	/** @default the fastest kernel that this machine has, or what ATTGRAD_KERNEL names */
	kernel?: string;
	/** May be more than the machine has cores. @default 1 */
	threads?: number;
	onProgress?: ProgressReport;
	/** Bytes that kernels may use. @default 4 GiB, the most that WebAssembly can address */
	memoryLimit?: number;
}

const MOST_THREADS = 256;

/** What stands behind a runtime with kernels: made by the first computation that needs it. */
interface Engine {
	readonly start: () => Promise<{ memory: KernelMemory; team: Team }>;
	/** Ends when the computations that have been asked for so far are done. */
	queue: Promise<unknown>;
}

const engines = new WeakMap<Runtime, Engine>();

/**
 * Chooses a kernel and gives a runtime of it; memory and threads are started by the first computation that uses them.
 * @throws UsageError for a kernel that this machine does not have, or a number of threads that is not a whole number 1 to 256
 */
export async function createRuntime({
	kernel = process.env["ATTGRAD_KERNEL"] || undefined,
	threads = 1,
	onProgress,
	memoryLimit = LARGEST_MEMORY,
}: RuntimeOptions = {}): Promise<Runtime> {
	if (!(Number.isInteger(threads) && threads >= 1 && threads <= MOST_THREADS))
		throw new UsageError(`runtime: threads must be a whole number 1 to ${MOST_THREADS}, got ${threads}`);
	if (!(memoryLimit >= 0 && memoryLimit <= LARGEST_MEMORY))
		throw new UsageError(`runtime: memoryLimit must be 0 to ${LARGEST_MEMORY} bytes, got ${memoryLimit}`);
	const chosen = await chooseKernel(kernel);
	const progress = onProgress && { onProgress };
	if (chosen === "js") return { kernel: chosen, threads: 1, ...progress, close: async () => {} };

	let started: Promise<{ memory: KernelMemory; team: Team }> | undefined;
	const start = () => {
		started ??= Promise.resolve().then(async () => {
			const memory = new KernelMemory(memoryLimit);
			return { memory, team: await Team.start(memory, threads, threads <= availableParallelism()) };
		});
		return started;
	};
	const runtime: Runtime = {
		kernel: chosen,
		threads,
		...progress,
		close: async () => {
			engines.delete(runtime);
			await engine.queue.catch(() => {});
			await started?.then(({ team }) => team.close());
		},
	};
	const engine: Engine = { start, queue: Promise.resolve() };
	engines.set(runtime, engine);
	return runtime;
}

async function chooseKernel(wanted: string | undefined): Promise<KernelName> {
	if (wanted === "js") return "js";
	const available = await availableKernels();
	const chosen = wanted ?? available.at(-1);
	const found = available.find((name) => name === chosen);
	if (found) return found;
	const what = kernelNames.some((name) => name === chosen) ? "not available on this machine" : "unknown";
	throw new UsageError(`runtime: kernel ${chosen} is ${what} (this machine has ${available.join(", ")})`);
}

/**
 * Gives `work` the kernels of a module, in the runtime's build, with all memory that it takes returned at the end.
 * Computations on one runtime run one after the other: `work` must not wait for another `withKernels` on the same runtime.
 * @throws ComputationError out-of-memory when the memory cannot grow, failed when a kernel or a thread fails
 */
export async function withKernels<Result>(
	runtime: Runtime,
	module: KernelModule,
	work: (kernels: Kernels) => Promise<Result>,
): Promise<Result> {
	const engine = engines.get(runtime);
	if (!engine)
		throw new ComputationError("failed", `${module.name}: a runtime of kernel ${runtime.kernel} that is closed or js`);
	const before = engine.queue;
	const result = before
		.catch(() => {})
		.then(async () => {
			const { memory, team } = await engine.start();
			await team.load(module, runtime.kernel);
			const mark = memory.mark();
			try {
				return await work(new Kernels(module, memory, team, runtime.onProgress));
			} finally {
				memory.release(mark);
			}
		});
	engine.queue = result;
	return result;
}
