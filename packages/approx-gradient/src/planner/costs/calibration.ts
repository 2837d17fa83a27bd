import { generateProblem } from "@attgrad/attention-problem";
import type { Dtype, Runtime } from "@attgrad/matrix-core";
import { processorName, startProcessorClock } from "#platform";
import { readUnitTimes, writeUnitTimes } from "./calibration-cache.ts";
import { costRun, costVersion } from "./cost-algorithms.ts";
import { type CostModel, costModel, type UnitTimes } from "./cost-model.ts";
import { withRows } from "./cost-samples.ts";
import { type Cost, type CostName, costs } from "./costs.ts";
import { fitUnits } from "./fit-units.ts";

/** Runs of each sample that are not counted, while code is compiled, and those that are: the fastest. */
const WARM_UP = 2;
const REPEATS = 4;

/** Samples have this part of their rows where kernels are plain TypeScript, which is that much slower. */
const PLAIN_SHARE = 1 / 4;

/** The key of stored unit times: processor, kernel, number type and threads. */
export function calibrationKey({ kernel, threads }: Runtime, dtype: Dtype): string {
	return `${processorName()}, kernel ${kernel}, ${dtype}, threads ${threads}`;
}

/** Unit times that this process has read or measured, by key. */
const known = new Map<string, UnitTimes>();

/**
 * The cost model of this machine for a kernel, a number type and a number of threads: from the user's cache, and measured
 * where that lacks a name, some tenths of a second each, which are then cached. Within a process the numbers do not change.
 */
export async function calibratedModel(runtime: Runtime, dtype: Dtype, names: readonly CostName[]): Promise<CostModel> {
	const key = calibrationKey(runtime, dtype);
	const before = known.get(key) ?? (await readUnitTimes(key, versions(names)));
	const missing = names.filter((name) => before[name] === undefined);
	let times = before;
	for (const name of missing) times = { ...times, [name]: await measureUnits(name, runtime, dtype) };
	known.set(key, times);
	if (missing.length > 0) await writeUnitTimes(key, times, versions(names));
	return costModel(times);
}

/** Versions of the algorithms that were measured: another version is measured again. */
const versions = (names: readonly CostName[]): Partial<Record<CostName, number>> =>
	Object.fromEntries(names.map((name) => [name, costVersion(name)]));

/** The time of one unit of each term: least squares over the samples, drawn weakly to `nominal` times a common factor. */
async function measureUnits(name: CostName, runtime: Runtime, dtype: Dtype): Promise<readonly number[]> {
	const cost: Cost = costs[name];
	const share = runtime.kernel === "js" ? PLAIN_SHARE : 1;
	const samples = cost.samples.map((sample) => withRows(sample, Math.ceil(sample.n * share)));
	const best = samples.map(() => Number.POSITIVE_INFINITY);
	const runs = samples.map(({ n, d, options: own }) => {
		const problem = generateProblem({ distribution: "uniform", n, d, B: 0.5, seed: 1, dtype });
		return costRun(name, problem, own, runtime);
	});
	// Round after round, so that a machine that is slow for a moment is not slow for one sample alone.
	for (let round = 0; round < WARM_UP + REPEATS; round++)
		for (const [at, run] of runs.entries()) {
			const time = await timed(run, runtime.threads);
			if (round >= WARM_UP) best[at] = Math.min(best[at], time);
		}
	return fitUnits(
		samples.map(({ work }) => cost.terms(work)),
		best,
		cost.nominal,
	);
}

/** Milliseconds of a run: with one thread its processor time, where that is less, for it is blind to other processes. */
async function timed(run: () => Promise<unknown>, threads: number): Promise<number> {
	const processorTime = startProcessorClock();
	const start = performance.now();
	await run();
	const wall = performance.now() - start;
	return Math.max(1e-3, threads > 1 ? wall : Math.min(wall, processorTime()));
}
