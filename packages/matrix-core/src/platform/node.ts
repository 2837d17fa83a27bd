/// <reference path="../runtime/webassembly.d.ts" />
import { readFileSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import v8 from "node:v8";
import { MessageChannel, Worker } from "node:worker_threads";
import { moduleBeside } from "../module-beside.ts";
import type { ThreadStart } from "./thread-start.ts";
import type { WorkerThread } from "./worker-thread.ts";

export { availableMemory, processorCount, totalMemory } from "../machine/machine-limits.ts";
export { copyNumbers } from "./copy-numbers.ts";
export { kernelSources } from "./kernel-sources.ts";

/** Lets the event loop run once: signals, messages and timers are seen. */
export const nextTurn = (): Promise<void> => setImmediate();

/** Most threads that a runtime can have: any number. */
export const threadLimit = (): number => Number.POSITIVE_INFINITY;

/** The kernel that the environment asks for. */
export const requestedKernel = (): string | undefined => process.env["ATTGRAD_KERNEL"] || undefined;

/** The bytes of a compiled module, `build/FILE` in the folder of a package; undefined where it was not made. */
export function readKernel(folder: URL, file: string): Uint8Array<ArrayBuffer> | undefined {
	try {
		return new Uint8Array(readFileSync(new URL(`build/${file}`, folder)));
	} catch {
		return undefined;
	}
}

/** Runs `work` under V8 flags, which are taken back after. */
export function withEngineFlags<Result>(flags: readonly string[], work: () => Result): Result {
	for (const flag of flags) v8.setFlagsFromString(flag);
	try {
		return work();
	} finally {
		for (const flag of flags)
			v8.setFlagsFromString(flag.startsWith("--no-") ? `--${flag.slice(5)}` : `--no-${flag.slice(2)}`);
	}
}

/** Starts a worker thread over the kernels' memory. */
export function startThread(id: number, memory: WebAssembly.Memory, spin: boolean): WorkerThread {
	const { port1, port2 } = new MessageChannel();
	const start: ThreadStart = { id, memory, port: port2, spin };
	const worker = new Worker(moduleBeside(import.meta.url, "../runtime/threads/worker"), {
		workerData: start,
		transferList: [port2],
		execArgv: [],
	});
	worker.unref();
	port1.unref();
	const ready = new Promise<void>((resolve, reject) => {
		worker.once("message", () => resolve());
		worker.once("error", reject);
		worker.once("exit", (code) => reject(new Error(`it ended with code ${code}`)));
	});
	return {
		ready,
		post: (code) => port1.postMessage(code),
		onEnd(listener) {
			worker.on("error", (error) => listener(`died: ${error.message}`));
			worker.on("exit", (code) => listener(`ended with code ${code}`));
		},
		terminate: () => worker.terminate(),
	};
}
