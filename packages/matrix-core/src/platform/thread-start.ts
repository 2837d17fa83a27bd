import type { MessagePort } from "node:worker_threads";

/** What the main thread starts a worker with. */
export interface ThreadStart {
	readonly id: number;
	readonly memory: WebAssembly.Memory;
	/** Where modules to load come from. */
	readonly port: MessagePort;
	/** Whether to spin before sleeping: pays where every thread has a core of its own. */
	readonly spin: boolean;
}
