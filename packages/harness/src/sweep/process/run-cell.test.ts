import { fork } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { Cell } from "../../cells/cell.ts";
import { expandGrid } from "../../experiment/grid.ts";
import tiny from "../../testing/tiny-experiment.ts";
import type { CellOutcome } from "./cell-message.ts";
import { runCell } from "./run-cell.ts";

/** Runs one cell of the tiny experiment with one of its algorithms. */
function run(
	algorithm: string,
	time = 30_000,
	signal?: AbortSignal,
	memory?: number,
): Promise<CellOutcome | undefined> {
	const [cell] = expandGrid(tiny, "quick", "js", { algorithm: [algorithm], n: [8] });
	return runCell({ cell: cell as Cell, module: tiny.module, budget: 5 }, { time, memory }, signal);
}

test("a cell gives its measurement", async () => {
	const outcome = await run("honest");
	expect(outcome).toMatchObject({
		status: "done",
		measurement: { loss: expect.any(Number), error_max: expect.any(Number), samples: expect.any(Number) },
	});
	const { time_ms, time_min_ms, peak_rss_mb } = (outcome as CellOutcome & { status: "done" }).measurement;
	expect(time_ms).toBeGreaterThanOrEqual(time_min_ms!);
	expect(time_min_ms).toBeGreaterThan(0);
	expect(peak_rss_mb).toBeGreaterThan(10);
	expect(peak_rss_mb).toBeLessThan(1000);
});

test.each([
	["wrong", "invalid", /^correctness gate at n = 8: gradient is off by 1\.00e-3/],
	["not-a-number", "invalid", /^the loss is NaN$/],
	["undoable", "invalid", /^normaliser of row 3 is -0\.5$/],
	["throwing", "failed", /^Error: something broke/],
	["refusing", "skipped", /^takes no problems on Mondays$/],
	["leaving", "failed", /^the process of the cell ended with exit code 7/],
	["crashing", "failed", /^the process of the cell ended by SIGABRT/],
	["killed", "out-of-memory", /^killed by the system/],
	["greedy", "out-of-memory", /memory/],
])("an algorithm that is %s makes the cell %s, with no time", async (name, status, reason) => {
	expect(await run(name)).toEqual({ status, reason: expect.stringMatching(reason) });
});

test("a cell that fills its heap is out of memory", async () => {
	process.env["NODE_OPTIONS"] = "--max-old-space-size=40";
	try {
		expect(await run("hungry")).toEqual({ status: "out-of-memory", reason: "the heap of the process was full" });
	} finally {
		delete process.env["NODE_OPTIONS"];
	}
});

test.runIf(existsSync("/proc/self/status"))("a cell that takes more than its memory limit is stopped", async () => {
	expect(await run("swelling", 30_000, undefined, 400)).toEqual({
		status: "out-of-memory",
		reason: expect.stringMatching(/^the cell took \d+ MiB, over its limit of 400 MiB; for more: --memory-limit$/),
	});
});

test("a cell that never ends is stopped at its limit", async () => {
	expect(await run("looping", 1500)).toEqual({ status: "timeout", reason: "stopped after 1.5 s" });
});

test("a limit of more milliseconds than a timer can count, 25 days, is no limit", async () => {
	expect(await run("honest", 2 ** 31)).toMatchObject({ status: "done" });
});

test("what an algorithm prints does not disturb its answer", async () => {
	expect(await run("chatty")).toMatchObject({ status: "done" });
});

test("a cell whose sweep was gone before it came up ends", async () => {
	const program = new URL("./cell-process.ts", import.meta.url);
	const notItsParent = String(process.pid + 1);
	const child = fork(program, [notItsParent], { detached: true, execArgv: [], serialization: "advanced" });
	const [cell] = expandGrid(tiny, "quick", "js", { algorithm: ["looping"], n: [8] });
	child.send({ cell, module: tiny.module, budget: 5 });
	expect(await once(child, "exit")).toEqual([null, "SIGKILL"]);
});

test("an abort kills the cell, which then has no outcome", async () => {
	// Ten minutes: without the abort the test would run out of its own time.
	expect(await run("looping", 600_000, AbortSignal.timeout(700))).toBeUndefined();
	expect(await run("looping", 600_000, AbortSignal.abort())).toBeUndefined();
});

test.runIf(existsSync("/proc/self/status"))("the memory of a cell is its own, not what its parent had", async () => {
	const ballast = Buffer.alloc(300e6, 1);
	const { measurement } = (await run("honest")) as CellOutcome & { status: "done" };
	const mine = Number(/VmHWM:\s*(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))![1]) / 1024;
	expect(mine).toBeGreaterThan(ballast.length / 2 ** 20);
	expect(measurement.peak_rss_mb).toBeLessThan(250);
});
