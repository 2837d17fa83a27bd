import { expect, test } from "vitest";
import { timeRuns } from "./time-runs.ts";

/** A computation that takes about this long, and counts its runs. */
function taking(milliseconds: number) {
	const counted = {
		runs: 0,
		run: async () => {
			const end = performance.now() + milliseconds;
			while (performance.now() < end);
			return ++counted.runs;
		},
	};
	return counted;
}

test("a run that is longer than the budget is the only one", async () => {
	const computation = taking(30);
	const { timing, result } = await timeRuns(computation.run, 20);
	expect([computation.runs, result]).toEqual([1, 1]);
	expect(timing.samples).toBe(1);
	expect(timing).not.toHaveProperty("mad");
	expect(timing.median).toBe(timing.min);
	expect(timing.median).toBeGreaterThanOrEqual(30);
});

test("a run that nearly takes the budget is repeated three times", async () => {
	const { timing } = await timeRuns(taking(30).run, 40);
	expect(timing.samples).toBeGreaterThanOrEqual(3);
});

test("a short run is repeated until the budget is used", async () => {
	const { timing } = await timeRuns(taking(1).run, 100);
	expect(timing.samples).toBeGreaterThan(20);
	expect(timing.samples).toBeLessThanOrEqual(100);
	expect(timing.min).toBeGreaterThanOrEqual(1);
	expect(timing.median).toBeGreaterThanOrEqual(timing.min);
	expect(timing.mad).toBeGreaterThanOrEqual(0);
});

test("the first run, before the compiler has settled, is not counted", async () => {
	let runs = 0;
	const { timing } = await timeRuns(async () => {
		const end = performance.now() + (runs++ === 0 ? 50 : 1);
		while (performance.now() < end);
	}, 60);
	expect(timing.median).toBeLessThan(25);
});

test("what a computation throws is thrown", async () => {
	let runs = 0;
	const failing = (at: number) => async () => {
		if (++runs === at) throw new Error(`run ${at}`);
	};
	await expect(timeRuns(failing(1), 10)).rejects.toThrow("run 1");
	runs = 0;
	await expect(timeRuns(failing(5), 10)).rejects.toThrow("run 5");
});
