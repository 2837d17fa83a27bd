/** A worker thread, as the main thread sees it. */
export interface WorkerThread {
	/** Ends when the thread waits for jobs; fails when it does not start. */
	readonly ready: Promise<void>;
	/** Hands over the code of a module, for a job that loads it. */
	post(code: WebAssembly.Module): void;
	/** Calls `listener` with how the thread ended, if it ends by itself. */
	onEnd(listener: (how: string) => void): void;
	/** Ends the thread. */
	terminate(): Promise<unknown>;
}

/** The settings with which a worker thread starts. */
export interface ThreadSettings {
	readonly id: number;
	readonly memory: WebAssembly.Memory;
	/** Whether to spin before sleeping: pays where every thread has a core of its own. */
	readonly spin: boolean;
}
