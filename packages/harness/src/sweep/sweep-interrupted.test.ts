import { readdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { readRows } from "../store/rows-file.ts";
import { childrenOf, ended, isRunning, startSweep, tinyRows, until } from "../testing/sweep-process.ts";
import { folderIn, temporaryFolder } from "../testing/temporary-folder.ts";

const parent = temporaryFolder();
const newFolder = () => folderIn(parent);

test.runIf(process.platform === "linux")(
	"when a sweep is killed, the process of its cell ends too, even in mid-computation",
	async () => {
		const child = startSweep(newFolder(), { overrides: { algorithm: ["looping"] } });
		await until(() => child.said.includes("to run") && childrenOf(child.pid!).length > 0);
		await sleep(500);
		const cells = childrenOf(child.pid!);
		expect(cells).toHaveLength(1);
		expect(cells.every(isRunning)).toBe(true);
		child.kill("SIGKILL");
		await until(() => !cells.some(isRunning));
	},
);

test.each([
	["SIGINT", 130],
	["SIGTERM", 143],
] as const)(
	"%s stops a sweep with a file that is whole, a word on how to go on, and exit code %i",
	async (signal, code) => {
		const out = newFolder();
		const child = startSweep(out, { overrides: { algorithm: ["throwing", "looping"], n: [4] } });
		const end = ended(child);
		await until(() => child.said.includes("[1/4]"));
		await sleep(300);
		child.kill(signal);
		expect(await end).toEqual({ code, signal: null });
		expect(child.said).toContain("stopped with 3 of 4 cells left; repeat the command to resume");
		expect(JSON.parse(child.printed)).toMatchObject({ counts: { failed: 1 }, left: 3 });
		expect(readRows(join(out, "tiny/rows.csv"))).toMatchObject({ rows: { length: 1 }, cutBytes: 0 });
		expect(readdirSync(join(out, "tiny")).sort()).toEqual(["rows.csv", "run.json"]);
	},
);

test("two sweeps on one folder do not mix", async () => {
	const out = newFolder();
	// The first has one cell done and is at one that does not end by itself, however long the second takes to start.
	const first = startSweep(out, { overrides: { algorithm: ["throwing", "looping"], n: [4] } });
	const end = ended(first);
	await until(() => first.said.includes("[1/4]"));
	const second = startSweep(out);
	expect((await ended(second)).code).toBe(1);
	expect(second.said).toContain(`is in use by another sweep (process ${first.pid}`);
	expect(tinyRows(out)).toHaveLength(1);
	first.kill("SIGTERM");
	await end;
	const third = startSweep(out);
	expect((await ended(third)).code).toBe(0);
	expect(tinyRows(out)).toHaveLength(7);
});
