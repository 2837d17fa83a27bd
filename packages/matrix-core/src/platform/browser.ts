/// <reference path="../runtime/webassembly.d.ts" />
import { UsageError } from "../errors.ts";
import type { WorkerThread } from "./worker-thread.ts";

/** Bytes that a page may take: browsers say only roughly what the machine has. */
const PAGE_MEMORY = 2 ** 32;

/** Memory of the page in bytes. */
export const totalMemory = (): number => PAGE_MEMORY;

/** Memory that the page may still take, bytes. */
export const availableMemory = (): number => PAGE_MEMORY;

/** Processors that kernels may use at once: 1, since a page that is not isolated cannot share memory between threads. */
export const processorCount = (): number => 1;

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

/** Most threads that a runtime can have: what asks for more has one. */
export const threadLimit = (): number => 1;

/** The kernel that the environment asks for: a page has none. */
export const requestedKernel = (): string | undefined => undefined;

/** The bytes of a compiled module: undefined, since a page gets its kernels from `provideKernels`. */
export function readKernel(_folder: URL, _file: string): Uint8Array<ArrayBuffer> | undefined {
	return undefined;
}

/** Runs `work`; a page cannot set flags of its engine. */
export function withEngineFlags<Result>(_flags: readonly string[], work: () => Result): Result {
	return work();
}

/** @throws UsageError since a page has one thread */
export function startThread(_id: number, _memory: WebAssembly.Memory, _spin: boolean): WorkerThread {
	throw new UsageError("runtime: threads must be 1 in a browser");
}
