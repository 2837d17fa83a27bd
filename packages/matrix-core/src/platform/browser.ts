/// <reference path="../runtime/webassembly.d.ts" />
import { ComputationError } from "../errors.ts";
import { providedThreads } from "./provided-threads.ts";
import type { ThreadSettings, WorkerThread } from "./worker-thread.ts";

/** A worker of a page, as far as it is used. */
interface PageWorker {
	addEventListener(type: "message", listener: () => void, options: { readonly once: true }): void;
	addEventListener(type: "error", listener: (event: { readonly message?: string }) => void): void;
	postMessage(message: unknown): void;
	terminate(): void;
}

/** The parts of a browser's global object that have no types here. */
const browser = globalThis as unknown as {
	readonly crossOriginIsolated?: boolean;
	readonly Worker?: new (address: string) => PageWorker;
	readonly navigator?: { readonly hardwareConcurrency?: number };
};

/** Whether memory can be shared between threads: only where the page is cross-origin isolated. */
const sharesMemory = (): boolean =>
	browser.crossOriginIsolated === true && browser.Worker !== undefined && providedThreads() !== undefined;

/** Bytes that a page may take: browsers say only roughly what the machine has. */
const PAGE_MEMORY = 2 ** 32;

/** Memory of the page in bytes. */
export const totalMemory = (): number => PAGE_MEMORY;

/** Memory that the page may still take, bytes. */
export const availableMemory = (): number => PAGE_MEMORY;

/** Processors that kernels may use at once: 1 where threads cannot share memory. */
export const processorCount = (): number => (sharesMemory() ? (browser.navigator?.hardwareConcurrency ?? 1) : 1);

/** Copies all numbers of `source` to the beginning of `target`. @throws RangeError where that is shorter */
export const copyNumbers = (source: Float64Array | Float32Array, target: Float64Array | Float32Array): void =>
	target.set(source);

/** Lets the event loop run once: messages and timers are seen. */
export function nextTurn(): Promise<void> {
	return new Promise((resolve) => {
		const { port1, port2 } = new MessageChannel();
		// Both a page's ports and Node's have it; only the latter have types here.
		Object.assign(port1, {
			onmessage: () => {
				port1.close();
				resolve();
			},
		});
		port2.postMessage(undefined);
	});
}

/** Most threads that a runtime can have: one where threads cannot share memory, whatever is asked for. */
export const threadLimit = (): number => (sharesMemory() ? Number.POSITIVE_INFINITY : 1);

/** The kernel that the environment asks for: a page has none. */
export const requestedKernel = (): string | undefined => undefined;

/** The bytes of a compiled module: undefined, since a page gets its kernels from `provideKernels`. */
export function readKernel(_folder: URL, _file: string): Uint8Array<ArrayBuffer> | undefined {
	return undefined;
}

/** The digest of the sources of kernels: a page has none. */
export function kernelSources(_folder: URL, _constants?: string): string | undefined {
	return undefined;
}

/** Runs `work`; a page cannot set flags of its engine. */
export function withEngineFlags<Result>(_flags: readonly string[], work: () => Result): Result {
	return work();
}

/** Starts a worker thread over the kernels' memory. @throws ComputationError where threads cannot share memory */
export function startThread(id: number, memory: WebAssembly.Memory, spin: boolean): WorkerThread {
	const program = providedThreads();
	if (!browser.Worker || program === undefined || !sharesMemory())
		throw new ComputationError("failed", "runtime: threads of this page cannot share memory");
	const worker = new browser.Worker(program);
	const ready = new Promise<void>((resolve, reject) => {
		worker.addEventListener("message", () => resolve(), { once: true });
		worker.addEventListener("error", ({ message }) => reject(new Error(message || "its program did not load")));
	});
	const start: ThreadSettings = { id, memory, spin };
	worker.postMessage(start);
	return {
		ready,
		post: (code) => worker.postMessage(code),
		onEnd: (listener) => worker.addEventListener("error", ({ message }) => listener(`died: ${message}`)),
		terminate: async () => worker.terminate(),
	};
}
