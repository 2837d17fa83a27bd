/// <reference path="../webassembly.d.ts" />
// A worker thread in a browser: does jobs, and returns to its event loop only to get the code of a module.
import type { ThreadSettings } from "../../platform/worker-thread.ts";
import { JobLoop } from "./job-loop.ts";
import { Thread } from "./thread.ts";

/** The part of a worker's global object that is used. */
interface WorkerScope {
	addEventListener(type: "message", listener: (event: { readonly data: unknown }) => void): void;
	postMessage(message: unknown): void;
	close(): void;
}

const scope = globalThis as unknown as WorkerScope;
let loop: JobLoop | undefined;

function goOn(jobs: JobLoop): void {
	if (jobs.work() === "close") scope.close();
}

// The first message starts the thread, each one after it is a module that a job asks for.
scope.addEventListener("message", ({ data }) => {
	if (loop) {
		loop.load(() => data as WebAssembly.Module);
		goOn(loop);
		return;
	}
	const { id, memory, spin } = data as ThreadSettings;
	loop = new JobLoop(new Thread(id, memory), memory, spin);
	scope.postMessage("ready");
	goOn(loop);
});
