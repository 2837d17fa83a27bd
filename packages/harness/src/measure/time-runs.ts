import { present } from "@attgrad/matrix-core";
import { Bench } from "tinybench";
import { type Timing, timingOf } from "./timing.ts";

/** Rounds that the timed runs are spread over, so that others can be measured between. */
const mostRounds = 5;
const leastRounds = 3;

/** Part of the budget spent on runs that are not counted, so that the compiler and the caches have settled. */
const warmupShare = 0.2;

/** A round starts with a run that is not counted where that takes no more than this part of it: the others have used the caches. */
const rewarmShare = 0.25;

/** Longest first run, milliseconds, that may be mostly compiling or loading. `LONGEST_LOADING` in examples/python/exchange.py is the same. */
const longestLoading = 1000;

/** How runs are timed. */
export interface TimeRunsOptions {
	/** Awaited before each round: time for others. @default no wait */
	readonly turn?: (() => Promise<void>) | undefined;
	/** The clock, milliseconds. @default performance.now, which no change of the date moves */
	readonly now?: () => number;
}

/**
 * Times a computation. A first run longer than the budget, but at most a second, is discarded and done again: it may be mostly compiling. A
 * run still longer than the budget is the only one that counts; otherwise it is warm-up, and tinybench repeats it in rounds until the budget is
 * used, 3 rounds at least.
 * @param budget time that the repeated runs take together, milliseconds
 * @throws what the computation throws
 */
export async function timeRuns<Result>(
	run: () => Promise<Result>,
	budget: number,
	{ turn = async () => {}, now = () => performance.now() }: TimeRunsOptions = {},
): Promise<{ timing: Timing; result: Result }> {
	const once = async () => {
		const start = now();
		const result = await run();
		return { result, time: now() - start };
	};
	let { result, time: first } = await once();
	if (first > budget && first <= longestLoading) ({ result, time: first } = await once());
	if (first > budget) return { timing: timingOf([[first]]), result };
	const share = ((1 - warmupShare) * budget) / mostRounds;
	const rounds: number[][] = [];
	let spent = 0;
	while (rounds.length < leastRounds || (rounds.length < mostRounds && spent < mostRounds * share * (1 - 1e-9))) {
		await turn();
		if (rounds.length === 0) await repeat(run, warmupShare * budget, now);
		else if (first <= rewarmShare * share) await run();
		const times = await repeat(run, share, now);
		spent += times.reduce((sum, time) => sum + time, 0);
		rounds.push(times);
	}
	return { timing: timingOf(rounds), result };
}

/** Times of runs that take `time` milliseconds together, one at least. */
async function repeat(run: () => Promise<unknown>, time: number, now: () => number): Promise<number[]> {
	const bench = new Bench({ time, iterations: 1, warmup: false, now, throws: true, retainSamples: true });
	bench.add("run", run, { async: true });
	const [task] = await bench.run();
	const measured = task.result;
	if (measured.state !== "completed") throw new Error(`tinybench: the timed run is ${measured.state}`);
	return [...present(measured.latency.samples, "tinybench: the times of the runs")];
}
