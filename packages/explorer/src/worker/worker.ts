// The program of the page's workers: computes what it is asked for, one thing after the other.
import { ComputationError, type Runtime, UsageError } from "@attgrad/matrix-core";
import type { Call, Reply, TaskName, Tasks } from "./messages.ts";
import { startRuntime } from "./runtime.ts";
import { answerData } from "./tasks/data.ts";
import { answerFormula, makeRandomFormula } from "./tasks/formula.ts";
import { locateHeads } from "./tasks/locate.ts";
import { answerMatrix } from "./tasks/matrix.ts";
import { runRace } from "./tasks/race.ts";

type Work<Name extends TaskName> = (
	request: Tasks[Name]["request"],
	runtime: Runtime,
	tell: (event: Tasks[Name]["event"]) => void,
) => Promise<Tasks[Name]["answer"]>;

const tasks: { readonly [Name in TaskName]: Work<Name> } = {
	race: runRace,
	matrix: answerMatrix,
	formula: answerFormula,
	randomFormula: makeRandomFormula,
	data: answerData,
	locate: locateHeads,
};

const post = (reply: Reply): void => postMessage(reply);

const runtimes = new Map<string, Promise<Runtime>>();

/** Progress of the computation at hand. */
let onProgress: (done: number, total: number) => void = () => {};

function runtimeOf({ kernel, threads }: Call): Promise<Runtime> {
	const key = `${kernel} ${threads}`;
	const runtime = runtimes.get(key) ?? startRuntime({ kernel, threads }, (done, total) => onProgress(done, total));
	runtimes.set(key, runtime);
	return runtime;
}

async function answer(call: Call): Promise<void> {
	const { id, task, request } = call;
	try {
		const runtime = await runtimeOf(call);
		const tell = (event: unknown) => post({ id, kind: "event", event });
		onProgress = (done, total) => post({ id, kind: "progress", done: done / total });
		const work = tasks[task] as Work<TaskName>;
		const answer = await work(request as never, runtime, tell as never);
		post({ id, kind: "answer", answer, kernel: runtime.kernel, threads: runtime.threads });
	} catch (error) {
		const bug = !(error instanceof UsageError || error instanceof ComputationError);
		post({ id, kind: "failure", message: error instanceof Error ? error.message : String(error), bug });
	}
}

let queue: Promise<void> = Promise.resolve();
addEventListener("message", ({ data }: MessageEvent<Call>) => {
	queue = queue.then(() => answer(data));
});
