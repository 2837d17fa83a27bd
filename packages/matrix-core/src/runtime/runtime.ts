import { processorCount, requestedKernel, threadLimit } from "#platform";
import { ComputationError, UsageError } from "../errors.ts";
import type { Dtype, Numbers, RowSource } from "../matrix.ts";
import { present } from "../present.ts";
import { type KernelName, kernelNames } from "./builds.ts";
import { availableKernels, kernelsAreBuilt, memoryRefusal, rightKernels } from "./choice.ts";
import type { KernelModule } from "./kernel-module.ts";
import { Kernels } from "./kernels.ts";
import { KernelMemory, LARGEST_MEMORY } from "./memory.ts";
import type { ProgressReport } from "./progress-report.ts";
import { RowCache } from "./row-cache.ts";
import { ThreadPool } from "./threads/thread-pool.ts";

/** The kernel, the threads and the reports of computations. Made by `createRuntime`, closed when done. */
export interface Runtime {
	/** The kernel build in use; `js` is plain TypeScript. */
	readonly kernel: KernelName;
	/** Threads that work at once; 1 with the kernel `js`. */
	readonly threads: number;
	/** Receives the progress of long computations. */
	readonly onProgress?: ProgressReport;
	/** Told, in one line, of choices and of what goes otherwise than predicted, as it happens. */
	readonly onNotice?: (line: string) => void;
	/** Told how many rounds over all rows will come on top of those told before; one is expected from the start. */
	readonly onMoreRounds?: (count: number) => void;
	/** Zeroed storage for the numbers of a large result, for programs that use the memory of earlier results again; default: fresh memory. */
	readonly allocateResult?: (dtype: Dtype, length: number) => Numbers;
	/** Lets worker threads end and the memory go; the runtime is not used after. */
	close(): Promise<void>;
}

/** The options of `createRuntime`. */
export interface RuntimeOptions {
	/** @default the fastest kernel that this machine has, or what ATTGRAD_KERNEL names */
	kernel?: string;
	/** May be more than the machine has cores; a page that is not cross-origin isolated has one whatever is asked for. @default 1 */
	threads?: number;
	onProgress?: ProgressReport;
	/** As in `Runtime`. */
	onNotice?: (line: string) => void;
	/** As in `Runtime`. */
	onMoreRounds?: (count: number) => void;
	/** As in `Runtime`. */
	allocateResult?: (dtype: Dtype, length: number) => Numbers;
	/** Bytes that kernels may use. @default 4 GiB, the most that WebAssembly can address */
	memoryLimit?: number;
}

const MOST_THREADS = 256;

/** Memory and threads that computations share. */
interface Started {
	readonly memory: KernelMemory;
	readonly pool: ThreadPool;
}

/** The memory, threads and queue of a runtime with kernels; the first computation that needs them starts them. */
interface Engine {
	readonly start: () => Promise<Started>;
	/** Ends when the computations that have been asked for so far are done. */
	queue: Promise<unknown>;
	/** Rows that its computations find in the memory. */
	readonly cache?: RowCache;
}

const engines = new WeakMap<Runtime, Engine>();

/**
 * Chooses a kernel and gives a runtime of it; memory and threads are started by the first computation that uses them.
 * @throws UsageError for a kernel that this machine does not have, or a number of threads that is not a whole number 1 to 256
 */
export async function createRuntime({
	kernel = requestedKernel(),
	threads: wanted = 1,
	onProgress,
	onNotice,
	onMoreRounds,
	allocateResult,
	memoryLimit = LARGEST_MEMORY,
}: RuntimeOptions = {}): Promise<Runtime> {
	if (!(Number.isInteger(wanted) && wanted >= 1 && wanted <= MOST_THREADS))
		throw new UsageError(`runtime: threads must be a whole number 1 to ${MOST_THREADS}, got ${wanted}`);
	const threads = Math.min(wanted, threadLimit());
	if (!(memoryLimit >= 0 && memoryLimit <= LARGEST_MEMORY))
		throw new UsageError(`runtime: memoryLimit must be 0 to ${LARGEST_MEMORY} bytes, got ${memoryLimit}`);
	const chosen = await chooseKernel(kernel);
	const given = {
		...(onProgress && { onProgress }),
		...(onNotice && { onNotice }),
		...(onMoreRounds && { onMoreRounds }),
		...(allocateResult && { allocateResult }),
	};
	if (kernel === undefined && !kernelsAreBuilt())
		onNotice?.(`the kernels are not built, and plain TypeScript is many times slower; ${HOW_TO_BUILD}`);
	const refusal = kernel === undefined && chosen === "js" ? await memoryRefusal() : undefined;
	if (refusal) onNotice?.(`${refusal}, and plain TypeScript is many times slower; a higher limit (ulimit -v) helps`);
	if (chosen === "js") return { kernel: chosen, threads: 1, ...given, close: async () => {} };

	let started: Promise<Started> | undefined;
	const start = () => {
		started ??= Promise.resolve().then(async () => {
			const memory = new KernelMemory(memoryLimit);
			return { memory, pool: await ThreadPool.start(memory, threads, threads <= processorCount()) };
		});
		return started;
	};
	const runtime: Runtime = {
		kernel: chosen,
		threads,
		...given,
		close: async () => {
			engines.delete(runtime);
			await engine.queue.catch(() => {});
			await started?.then(({ pool }) => pool.close());
		},
	};
	const engine: Engine = { start, queue: Promise.resolve() };
	engines.set(runtime, engine);
	return runtime;
}

async function chooseKernel(wanted: string | undefined): Promise<KernelName> {
	if (wanted === "js") return "js";
	if (wanted === undefined) return present((await availableKernels()).at(-1), "a kernel");
	const found = (await rightKernels()).find((name) => name === wanted);
	if (found) return found;
	const isKnown = kernelNames.some((name) => name === wanted);
	if (isKnown && !kernelsAreBuilt()) throw new UsageError(`runtime: kernel ${wanted} is not built; ${HOW_TO_BUILD}`);
	const refusal = isKnown ? await memoryRefusal() : undefined;
	if (refusal) throw new UsageError(`runtime: kernel ${wanted}: ${refusal}; --kernel js needs none`);
	const what = isKnown ? "not available on this machine" : "unknown";
	throw new UsageError(
		`runtime: kernel ${wanted} is ${what} (this machine has ${(await availableKernels()).join(", ")})`,
	);
}

/** How to get the kernels where an installation left them out. */
const HOW_TO_BUILD = "npm run build in the folder of attgrad makes the kernels";

/**
 * Gives `work` the kernels of a module, in the runtime's build, with all memory that it takes returned at the end.
 * Computations on one runtime run one after the other: `work` must not wait for another `withKernels` on the same runtime. It may wait for one on the runtime
 * that it is given, whose memory is above that of `work`, and must not allocate meanwhile.
 * @throws ComputationError out-of-memory when the memory cannot grow, failed when a kernel or a thread fails
 */
export async function withKernels<Module extends KernelModule, Result>(
	runtime: Runtime,
	module: Module,
	work: (kernels: Kernels<Module>, within: Runtime) => Promise<Result>,
): Promise<Result> {
	const engine = engineOf(runtime, module.name);
	return inTurn(engine, async (started) => {
		const { memory, pool } = started;
		await pool.load(module, runtime.kernel);
		const kernels = new Kernels(module, memory, pool, { cache: engine.cache, onProgress: runtime.onProgress });
		return holding(runtime, started, engine.cache, (within) => work(kernels, within));
	});
}

/** Gives `work` a runtime whose computations run while the given one waits for it. */
async function holding<Result>(
	runtime: Runtime,
	started: Started,
	cache: RowCache | undefined,
	work: (runtime: Runtime) => Promise<Result>,
): Promise<Result> {
	const holder: Runtime = { ...runtime, close: async () => {} };
	engines.set(holder, { start: async () => started, queue: Promise.resolve(), ...(cache && { cache }) });
	try {
		return await work(holder);
	} finally {
		engines.delete(holder);
	}
}

/**
 * Gives `work` a runtime whose computations find all rows of the sources, as `dtype`, in the kernels' memory (`Kernels.rowReader`)
 * after the first that asks for them, where the sources take at most 16 MiB together. Until `work` is done the sources must not
 * change, and other computations on the given runtime wait.
 */
export async function withCachedRows<Result>(
	runtime: Runtime,
	sources: readonly RowSource[],
	dtype: Dtype,
	work: (runtime: Runtime) => Promise<Result>,
): Promise<Result> {
	if (runtime.kernel === "js" || !RowCache.fit(sources, dtype)) return work(runtime);
	const engine = engineOf(runtime, "rows");
	return inTurn(engine, async (started) => {
		return holding(runtime, started, new RowCache(sources, dtype, started.memory), work);
	});
}

function engineOf(runtime: Runtime, what: string): Engine {
	const engine = engines.get(runtime);
	if (engine) return engine;
	throw new ComputationError("failed", `${what}: a runtime of kernel ${runtime.kernel} that is closed or js`);
}

/** Runs `work` when the engine's computations before it are done, and takes back the memory that it took. */
function inTurn<Result>(engine: Engine, work: (started: Started) => Promise<Result>): Promise<Result> {
	const result = engine.queue
		.catch(() => {})
		.then(async () => {
			const started = await engine.start();
			const mark = started.memory.mark();
			try {
				return await work(started);
			} finally {
				started.memory.release(mark);
			}
		});
	engine.queue = result;
	return result;
}
