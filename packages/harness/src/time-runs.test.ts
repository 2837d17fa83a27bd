import { expect, test } from "vitest";
import { timeRuns } from "./time-runs.ts";

/** A clock that only the computation moves: its i-th run takes `durations(i)` milliseconds. */
function timed(durations: (run: number) => number, budget: number) {
	let clock = 1000;
	let runs = 0;
	return timeRuns(
		async () => {
			clock += durations(runs++);
			return runs;
		},
		budget,
		() => clock,
	).then(({ timing, result }) => ({ timing, result, runs }));
}

test("a run that is longer than the budget is the only one", async () => {
	expect(await timed(() => 30, 20)).toEqual({ timing: { median: 30, min: 30, samples: 1 }, result: 1, runs: 1 });
});

test("a run that nearly takes the budget is repeated three times", async () => {
	expect((await timed(() => 30, 31)).timing).toEqual({ median: 30, mad: 0, min: 30, samples: 3 });
});

test("a short run is repeated until the budget is used", async () => {
	expect((await timed(() => 1, 100)).timing.samples).toBe(80);
});

test("the first run, before the compiler has settled, is not counted", async () => {
	const { timing } = await timed((run) => (run === 0 ? 50 : 1), 60);
	expect(timing).toMatchObject({ median: 1, min: 1 });
});

test("median, deviation and least of the runs are told", async () => {
	const { timing } = await timed((run) => [10, 10, 12, 14][run % 4]!, 400);
	expect(timing).toMatchObject({ min: 10, mad: 1 });
	expect(timing.median).toBeGreaterThanOrEqual(10);
	expect(timing.median).toBeLessThanOrEqual(12);
});

test("what a computation throws is thrown", async () => {
	const failing = (at: number) => (run: number) => {
		if (run === at) throw new Error(`run ${at}`);
		return 1;
	};
	await expect(timed(failing(0), 10)).rejects.toThrow("run 0");
	await expect(timed(failing(4), 10)).rejects.toThrow("run 4");
});

test("with the clock of the machine a run has its real length", async () => {
	const { timing } = await timeRuns(async () => {
		const end = performance.now() + 5;
		while (performance.now() < end);
	}, 40);
	expect(timing.min).toBeGreaterThanOrEqual(5);
});
