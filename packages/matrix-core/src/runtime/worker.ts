// A worker thread: waits for the next job, does its part, says so, and never returns to its event loop before it ends.
import { parentPort, receiveMessageOnPort, workerData } from "node:worker_threads";
import type { ThreadStart } from "../platform/thread-start.ts";
import { present } from "../present.ts";
import { CONTROL, jobKind } from "./control.ts";
import { Thread } from "./thread.ts";
import { spinUntil } from "./wait.ts";

const { id, memory, port, spin }: ThreadStart = workerData;
const { word } = CONTROL;
const thread = new Thread(id, memory);
const { control } = thread;

let job = Atomics.load(control, word.job);
present(parentPort, "the port of a worker thread").postMessage("ready");
for (;;) {
	if (spin) spinUntil(() => Atomics.load(control, word.job) !== job);
	while (Atomics.load(control, word.job) === job) Atomics.wait(control, word.job, job);
	job = Atomics.load(control, word.job);
	// another thread's growth of the memory is seen a moment later
	while (memory.buffer.byteLength < control[word.pages] * 65536) Atomics.wait(control, word.job, job, 1);
	const kind = control[word.kind];
	if (kind === jobKind.close) break;
	if (kind === jobKind.load)
		try {
			thread.load(present(receiveMessageOnPort(port), "the module of a load").message);
		} catch (error) {
			thread.fail(error);
		}
	else thread.work();
	if (Atomics.sub(control, word.busy, 1) === 1) Atomics.notify(control, word.busy);
}
port.close();
