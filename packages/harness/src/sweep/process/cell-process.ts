/**
 * The process of one cell. It is told the cell over its channel to the sweep, measures in turns with other cells, answers
 * over the channel and ends. Standard output is not the channel, so nothing that is printed can disturb it. Its argument is the process
 * number of the sweep.
 */
import { Worker } from "node:worker_threads";
import { findAlgorithm } from "@attgrad/algorithms";
import { ComputationError, createRuntime, moduleBeside, UsageError } from "@attgrad/matrix-core";
import { type Experiment, knownTo } from "../../experiment/index.ts";
import { measureCell } from "../../measure/index.ts";
import { type CellOutcome, type CellRequest, waiting } from "./cell-message.ts";

// A computation holds up this thread, so another one watches whether the sweep is still there.
new Worker(moduleBeside(import.meta.url, "parent-watch"), { workerData: Number(process.argv[2]) }).unref();
process.once("disconnect", () => process.exit());

process.once("message", async (request: CellRequest) => {
	const outcome = await attempt(request);
	tell(outcome, () => process.exit());
});

/** Sends a message to the sweep. */
function tell(message: CellOutcome | typeof waiting, whenSent = () => {}): void {
	if (!process.send) throw new Error("the process of a cell runs without a channel to a sweep");
	process.send(message, whenSent);
}

/** Tells the sweep that others may be measured, and waits for its word. */
function turn(): Promise<void> {
	return new Promise((resolve) => {
		process.once("message", () => resolve());
		tell(waiting);
	});
}

async function attempt({ cell, module, budget }: CellRequest): Promise<CellOutcome> {
	try {
		const { default: experiment } = (await import(module)) as { default: Experiment };
		const { algorithm } = findAlgorithm(cell.algorithm, knownTo(experiment));
		const runtime = await createRuntime({ kernel: cell.kernel, threads: cell.threads });
		try {
			const measure = experiment.measure ?? measureCell;
			return { status: "done", measurement: await measure({ cell, algorithm, runtime, budget, turn }) };
		} finally {
			await runtime.close();
		}
	} catch (error) {
		return failureOf(error);
	}
}

function failureOf(error: unknown): CellOutcome {
	if (error instanceof ComputationError) return { status: error.status, reason: error.message };
	if (error instanceof UsageError) return { status: "failed", reason: error.message };
	if (!(error instanceof Error)) return { status: "failed", reason: `threw ${String(error)}` };
	const isMemory =
		error instanceof RangeError && /allocation failed|invalid (typed )?array( buffer)? length/i.test(error.message);
	return { status: isMemory ? "out-of-memory" : "failed", reason: `${error.name}: ${error.message}` };
}
