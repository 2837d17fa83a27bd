/** A thread of a cell's process that ends the process when its parent is gone, even in the middle of a computation. */
import { workerData } from "node:worker_threads";

/** How often to look, milliseconds. */
const interval = 200;

setInterval(() => {
	if (process.ppid !== workerData) process.kill(process.pid, "SIGKILL");
}, interval);
