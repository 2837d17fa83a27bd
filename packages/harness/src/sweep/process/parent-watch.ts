/**
 * A thread of a cell's process that ends the process, and what it started, when the sweep is gone: even in the middle
 * of a computation, and even if the sweep was gone before the process came up.
 */
import { workerData } from "node:worker_threads";

/** How often to look, milliseconds. */
const interval = 200;

setInterval(() => {
	if (process.ppid !== workerData) process.kill(-process.pid, "SIGKILL");
}, interval);
