/** A program that sweeps the tiny experiment: the folder, then the options as JSON. Prints its summary. */
import { createProgress } from "../sweep/progress.ts";
import { sweep } from "../sweep/sweep.ts";
import { onStopSignals } from "../system/stop-signals.ts";
import tiny from "./tiny-experiment.ts";

const [, , out, options = "{}"] = process.argv;
using stop = onStopSignals();
const summary = await sweep(tiny, {
	progress: await createProgress(),
	signal: stop.signal,
	out: out,
	...JSON.parse(options),
});
console.log(JSON.stringify(summary));
process.exitCode = stop.exitCode;
