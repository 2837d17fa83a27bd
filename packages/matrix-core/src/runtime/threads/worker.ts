// A worker thread: waits for the next job, does its part, says so, and never returns to its event loop before it ends.
import { parentPort, receiveMessageOnPort, workerData } from "node:worker_threads";
import type { ThreadStart } from "../../platform/thread-start.ts";
import { present } from "../../present.ts";
import { JobLoop } from "./job-loop.ts";
import { Thread } from "./thread.ts";

const { id, memory, port, spin }: ThreadStart = workerData;
const loop = new JobLoop(new Thread(id, memory), memory, spin);
present(parentPort, "the port of a worker thread").postMessage("ready");
while (loop.work() === "load") loop.load(() => present(receiveMessageOnPort(port), "the module of a load").message);
port.close();
