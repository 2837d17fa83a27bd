import { resolve } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { experiments } from "@attgrad/experiments";
import { onStopSignals, planCells } from "@attgrad/harness";
import type { z } from "zod";
import { type ArrayRequest, firstScript, runArray } from "../../slurm/run-array.ts";
import { localSlurm } from "../../slurm/slurm-client.ts";
import { drawRun } from "../plot/draw-run.ts";
import { chooseExperiments, gridOf } from "../sweep/command.ts";
import type { slurmFlags } from "./flags.ts";

const executable = fileURLToPath(new URL("../../../bin/attgrad.mjs", import.meta.url));

/** Options of the sweep that are handed on to the tasks as they are. */
const handedOn = [
	...(["n", "d", "B", "epsilon", "degree", "algorithm", "command", "distribution", "seed", "dtype"] as const),
	"threads",
] as const;

/**
 * Submits an experiment, follows it and draws its figures; or prints the script.
 * @throws as `runArray` does
 */
export async function sweepOnSlurm(
	name: string,
	flags: z.output<Awaited<ReturnType<typeof slurmFlags>>>,
): Promise<void> {
	const { array, throttle, partition, sbatch: options, print, json, preset, timeLimit, fresh } = flags;
	const [experiment] = await chooseExperiments([name], experiments);
	// Tasks run elsewhere, so a file is named in full.
	const spelling = experiments.includes(experiment) ? name : resolve(name);
	const { overrides = {}, ...limit } = await gridOf(flags);
	const plan = await planCells(experiment, { preset, overrides, ...limit, shards: array });
	if (plan.grid.length === 0) {
		console.error(`attgrad slurm: ${experiment.name} has no cells with these options: nothing to run`);
		return;
	}
	const words = [
		...[spelling, "--preset", preset],
		...handedOn.flatMap((flag) => (flags[flag] === undefined ? [] : [`--${flag}=${flags[flag]}`])),
		...(timeLimit === undefined ? [] : [`--time-limit=${timeLimit}s`]),
	];
	const sweep = [process.execPath, executable, "sweep", ...words];
	const submission = { throttle, partition, options };
	const request: ArrayRequest = {
		experiment: experiment.name,
		plan,
		sweep,
		words,
		out: resolve(flags.out),
		fresh,
		submission,
	};
	if (print) {
		process.stdout.write(firstScript(request));
		return;
	}
	using stop = onStopSignals();
	const { signal } = stop;
	const end = await runArray(request, {
		slurm: localSlurm,
		notice: (line) => console.error(line),
		pause: (milliseconds) => pause(milliseconds, undefined, { signal }).catch(() => {}),
		signal,
	});
	const files = end.left > 0 ? [] : await drawRun(end.folder, [...experiments, experiment]);
	if (json) console.log(JSON.stringify({ experiment: experiment.name, ...end, files }));
	else if (end.left === 0) console.log(`${experiment.name}: ${plan.grid.length} cells; ${end.folder}`);
	process.exitCode = stop.exitCode;
}
