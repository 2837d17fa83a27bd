import { median, medianAbsoluteDeviation, min } from "simple-statistics";
import { Bench } from "tinybench";

/** Times of repeated runs, milliseconds. */
export interface Timing {
	readonly median: number;
	/** Median absolute deviation from the median; absent for a single run. */
	readonly mad?: number;
	readonly min: number;
	readonly samples: number;
}

/** Fewest timed runs where more than one is made. */
const leastRuns = 3;

/** Part of the budget spent on runs that are not counted, so that the compiler and the caches have settled. */
const warmupShare = 0.2;

/**
 * Times a computation. The first run is timed by itself; where it takes longer than the budget it is the only one,
 * otherwise it counts as warm-up and tinybench repeats until the budget is used, three times at least.
 * @param budget time that the repeated runs take together, milliseconds
 * @param now the clock, milliseconds
 */
export async function timeRuns<Result>(
	run: () => Promise<Result>,
	budget: number,
	now = () => performance.now(),
): Promise<{ timing: Timing; result: Result }> {
	const start = now();
	const result = await run();
	const first = now() - start;
	if (first > budget) return { timing: { median: first, min: first, samples: 1 }, result };
	const bench = new Bench({
		time: budget * (1 - warmupShare),
		iterations: leastRuns,
		warmupTime: budget * warmupShare,
		warmupIterations: 1,
		now,
		throws: true,
	});
	bench.add("run", run, { async: true });
	const [task] = await bench.run();
	const measured = task!.result;
	if (measured.state !== "completed") throw new Error(`tinybench: the timed run is ${measured.state}`);
	const { p50, mad, min, samplesCount } = measured.latency;
	return { timing: { median: p50, mad, min, samples: samplesCount }, result };
}

/** The same of times that were measured elsewhere; one at least. */
export function timingOf(milliseconds: readonly number[]): Timing {
	const times = [...milliseconds];
	return {
		median: median(times),
		...(times.length > 1 && { mad: medianAbsoluteDeviation(times) }),
		min: min(times),
		samples: times.length,
	};
}
