import type { MessagePort } from "node:worker_threads";

/** The data with which the main thread starts a worker. */
export interface ThreadStart {
	readonly id: number;
	readonly memory: WebAssembly.Memory;
	/** Where modules to load come from. */
	readonly port: MessagePort;
	/** Whether to spin before sleeping: pays where every thread has a core of its own. */
	readonly spin: boolean;
}
