import { UsageError } from "./errors.ts";

/** A way to compute: `js` is plain TypeScript, the reference of all others. */
export type KernelName = "js";

/** What an algorithm computes with. Made by `createRuntime`, closed when done. */
export interface Runtime {
	/** The kernel build in use. */
	readonly kernel: KernelName;
	/** Threads that work at once. */
	readonly threads: number;
	/** Called now and then by long computations with the rows done so far and in all. */
	readonly onProgress?: (done: number, total: number) => void;
	/** Lets worker threads end; the runtime is not used after. */
	close(): Promise<void>;
}

export interface RuntimeOptions {
	/** @default the fastest kernel that this machine has, or what ATTGRAD_KERNEL names */
	kernel?: string;
	/** @default 1 */
	threads?: number;
	onProgress?: (done: number, total: number) => void;
}

/**
 * Starts a runtime.
 * @throws UsageError for a kernel that does not exist or a number of threads that is not a whole number >= 1
 */
export async function createRuntime({ kernel = "js", threads = 1, onProgress }: RuntimeOptions = {}): Promise<Runtime> {
	if (kernel !== "js") throw new UsageError(`runtime: unknown kernel: ${kernel} (known: js)`);
	if (!(Number.isInteger(threads) && threads >= 1))
		throw new UsageError(`runtime: threads must be a whole number >= 1, got ${threads}`);
	return { kernel, threads, ...(onProgress && { onProgress }), close: async () => {} };
}
