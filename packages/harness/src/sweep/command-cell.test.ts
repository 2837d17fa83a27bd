import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import type { Cell } from "../cells/cell.ts";
import { expandGrid } from "../experiment/grid.ts";
import { hangingCommand, stillRunning } from "../testing/hanging-command.ts";
import { folderIn, temporaryFolder } from "../testing/temporary-folder.ts";
import tiny from "../testing/tiny-experiment.ts";
import { runCell } from "./process/run-cell.ts";

const parent = temporaryFolder();
const double = fileURLToPath(new URL("../testing/command-double.ts", import.meta.url));

function run(command: string, signal?: AbortSignal) {
	const [cell] = expandGrid(tiny, "quick", "js", { algorithm: [`command:${command}`], n: [8] });
	return runCell({ cell: cell as Cell, module: tiny.module, budget: 5 }, { time: 60_000 }, signal);
}

test("the row of a command has its own times, all of them, and the error of its gradient", async () => {
	const outcome = await run(`'${process.execPath}' '${double}' good`);
	expect(outcome).toMatchObject({
		status: "done",
		measurement: { time_ms: 2, time_mad_ms: 1, time_min_ms: 1, samples: 3, loss: expect.any(Number) },
	});
	const { measurement } = outcome as { measurement: { error_rel: number } };
	expect(measurement.error_rel).toBeLessThan(1e-12);
});

test("a command that fails makes a row with the reason", async () => {
	expect(await run("echo done! #")).toMatchObject({
		status: "invalid",
		reason: expect.stringContaining("got done!"),
	});
});

test("when its cell is killed a command ends too, and its files are removed", async () => {
	const folder = folderIn(parent);
	const pids = join(folder, "pids");
	const stop = new AbortController();
	process.env["TMPDIR"] = folder;
	const running = run(hangingCommand(pids), stop.signal);
	delete process.env["TMPDIR"];
	await expect.poll(() => existsSync(pids)).toBe(true);
	stop.abort();
	expect(await running).toBeUndefined();
	const left = () => readdirSync(folder).filter((name) => name.startsWith("attgrad-command-"));
	await expect.poll(() => [...stillRunning(pids), ...left()]).toEqual([]);
});
