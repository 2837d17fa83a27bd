import { Worker } from "node:worker_threads";
import { expect, test, vi } from "vitest";
import { probeKernels } from "../../probe-kernels.ts";
import { KernelMemory } from "../memory.ts";
import { ThreadPool } from "./thread-pool.ts";

const probe = probeKernels;
const parameters = ["a", "b", "c", "cStep", "count", "repeats"];

/** A pool of 3, and the workers in it. */
async function teamOfThree() {
	const workers: Worker[] = [];
	const unref = vi.spyOn(Worker.prototype, "unref").mockImplementation(function (this: Worker) {
		workers.push(this);
	});
	const memory = new KernelMemory();
	const pool = await ThreadPool.start(memory, 3, true);
	unref.mockRestore();
	for (const worker of workers) worker.unref();
	await pool.load(probe, "simd");
	return { memory, pool, workers };
}

test("a worker that dies while it works is an error with the reason, not a hang", async () => {
	const { memory, pool, workers } = await teamOfThree();
	const at = memory.allocate(16384);
	const running = pool.run({
		module: probe,
		kernel: "probe",
		parameters,
		tasks: Array.from({ length: 1e5 }, () => ({ a: at, b: at, c: at + 8192, cStep: 32, count: 16, repeats: 10000 })),
		scratch: 0,
		scratchStep: 0,
	});
	setImmediate(() => workers[1].terminate());
	await expect(running).rejects.toMatchObject({ status: "failed", message: "worker thread 2 ended with code 1" });
	await pool.close();
});

test("a worker that has died before is an error with the reason, not a hang", async () => {
	const { memory, pool, workers } = await teamOfThree();
	await workers[0].terminate();
	const at = memory.allocate(16384);
	const tasks = [{ a: at, b: at, c: at + 8192, cStep: 32, count: 16, repeats: 1 }];
	const run = () => pool.run({ module: probe, kernel: "probe", parameters, tasks, scratch: 0, scratchStep: 0 });
	await expect(run()).rejects.toMatchObject({ status: "failed", message: "worker thread 1 ended with code 1" });
	await expect(run()).rejects.toMatchObject({ message: "worker thread 1 ended with code 1" });
	await pool.close();
});
