import type { MessagePort } from "node:worker_threads";
import type { ThreadSettings } from "./worker-thread.ts";

/** The data with which the main thread starts a worker. */
export interface ThreadStart extends ThreadSettings {
	/** Where modules to load come from. */
	readonly port: MessagePort;
}
