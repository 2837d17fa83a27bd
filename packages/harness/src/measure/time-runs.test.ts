import { expect, test } from "vitest";
import { timeRuns } from "./time-runs.ts";

/** A clock that only the computation moves: its i-th run takes `durations(i)` milliseconds. */
function timed(durations: (run: number) => number, budget: number, turn?: (clock: number) => void) {
	let clock = 1000;
	let runs = 0;
	return timeRuns(
		async () => {
			clock += durations(runs++);
			return runs;
		},
		budget,
		{ now: () => clock, ...(turn && { turn: async () => turn(clock) }) },
	).then(({ timing, result }) => ({ timing, result, runs }));
}

test("a run that is longer than the budget is the only one, without an interval", async () => {
	expect(await timed(() => 3000, 20)).toEqual({
		timing: { median: 3000, min: 3000, samples: 1, rounds: [[3000]] },
		result: 1,
		runs: 1,
	});
});

test("a first run that may have compiled something does not count, however small the budget", async () => {
	const single = await timed((run) => (run === 0 ? 400 : 30), 20);
	expect(single.timing).toEqual({ median: 30, min: 30, samples: 1, rounds: [[30]] });
	expect(single).toMatchObject({ result: 2, runs: 2 });
	const { timing } = await timed((run) => (run === 0 ? 400 : 1), 20);
	expect(timing.samples).toBeGreaterThan(3);
	expect(timing.rounds.flat().every((time) => time === 1)).toBe(true);
});

test("a run that nearly takes the budget is repeated in three rounds", async () => {
	expect((await timed(() => 30, 31)).timing).toEqual({
		median: 30,
		mad: 0,
		min: 30,
		samples: 3,
		rounds: [[30], [30], [30]],
		detail: { interval_ms: [30, 30], outliers: 0, rounds_ms: [30, 30, 30] },
	});
});

test("a short run is repeated until the budget is used, in five rounds with a turn for others before each", async () => {
	const turns: number[] = [];
	const { timing } = await timed(
		() => 1,
		100,
		(clock) => turns.push(clock),
	);
	expect(timing.samples).toBe(80);
	expect(timing.rounds.map(({ length }) => length)).toEqual([16, 16, 16, 16, 16]);
	expect(turns).toHaveLength(5);
});

test("the first run and those that warm up are not counted", async () => {
	const { timing } = await timed((run) => (run < 10 ? 2 : 1), 100);
	expect(timing).toMatchObject({ median: 1, min: 1 });
	expect(timing.detail!.outliers).toBe(0);
});

test("what a computation throws is thrown", async () => {
	const failing = (at: number) => (run: number) => {
		if (run === at) throw new Error(`run ${at}`);
		return 1;
	};
	await expect(timed(failing(0), 10)).rejects.toThrow("run 0");
	await expect(timed(failing(4), 10)).rejects.toThrow("run 4");
});

test("with the clock of the machine a run has its real length, whatever the date does", async () => {
	const real = Date.now;
	let date = real();
	Date.now = () => (date -= 3_600_000);
	try {
		const { timing } = await timeRuns(async () => {
			const end = performance.now() + 5;
			while (performance.now() < end);
		}, 40);
		expect(timing.min).toBeGreaterThanOrEqual(5);
		expect(timing.min).toBeLessThan(1000);
	} finally {
		Date.now = real;
	}
});
