import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { seededRandom } from "@attgrad/matrix-core";
import { expect, test } from "vitest";
import { cellKey } from "./cell.ts";
import { expandGrid } from "./grid.ts";
import { readRows } from "./rows-file.ts";
import { folderIn, temporaryFolder } from "./testing/temporary-folder.ts";
import tiny from "./testing/tiny-experiment.ts";

const parent = temporaryFolder();
const newFolder = () => folderIn(parent);

/** Starts a sweep of the tiny experiment in a process of its own. */
function start(out: string, options = {}): ChildProcess & { said: string; printed: string } {
	const program = join(import.meta.dirname, "testing/sweep-tiny.ts");
	const child = spawn(process.execPath, [program, out, JSON.stringify(options)], {
		stdio: ["ignore", "pipe", "pipe"],
		env: { NODE_COMPILE_CACHE: join(tmpdir(), "node-compile-cache"), ...process.env },
	});
	const watched = Object.assign(child, { said: "", printed: "" });
	child.stderr.on("data", (text) => (watched.said += text));
	child.stdout.on("data", (text) => (watched.printed += text));
	return watched;
}

/** Waits until a condition holds, ten seconds at most. */
async function until(condition: () => boolean): Promise<void> {
	const end = performance.now() + 10_000;
	while (!condition()) {
		if (performance.now() > end) throw new Error("waited in vain");
		await sleep(20);
	}
}

const rows = (out: string) => readRows(join(out, "tiny/rows.csv")).rows;

/** Processes that a process has started, on Linux. */
const childrenOf = (pid: number) =>
	readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").filter(Boolean).map(Number);

const isRunning = (pid: number) =>
	existsSync(`/proc/${pid}/stat`) && !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));

const overrides = { n: [4, 8] };

/** Keys of the cells that a sweep with these overrides has. */
const expectedKeys = (out: string) => expandGrid(tiny, "quick", rows(out)[0]!.kernel, overrides).map(cellKey).sort();

test("a sweep that is killed at any moment and started again ends with each row once", async () => {
	const undisturbed = newFolder();
	const begin = performance.now();
	await once(start(undisturbed, { overrides }), "exit");
	const duration = performance.now() - begin;
	expect(
		rows(undisturbed)
			.map(({ key }) => key)
			.sort(),
	).toEqual(expectedKeys(undisturbed));

	const random = seededRandom(1, "kills");
	let kills = 0;
	for (let repeat = 0; repeat < 2; repeat++) {
		const out = newFolder();
		for (let attempt = 0; ; attempt++) {
			const child = start(out, { overrides });
			const ended = once(child, "exit");
			const patience = attempt < 5 ? sleep(random.uniform(0.1, 1) * duration) : ended;
			const inTime = await Promise.race([ended, patience]);
			if (inTime) {
				expect(inTime).toEqual([0, null]);
				break;
			}
			child.kill("SIGKILL");
			kills += Number((await ended)[1] === "SIGKILL");
			const found = rows(out).map(({ key }) => key);
			expect(new Set(found).size).toBe(found.length);
		}
		expect(
			rows(out)
				.map(({ key }) => key)
				.sort(),
		).toEqual(expectedKeys(out));
		expect(rows(out).every(({ status }) => status === "done")).toBe(true);
	}
	expect(kills).toBeGreaterThan(1);
});

test.runIf(process.platform === "linux")(
	"when a sweep is killed, the process of its cell ends too, even in mid-computation",
	async () => {
		const child = start(newFolder(), { overrides: { algorithm: ["looping"] } });
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
		const child = start(out, { overrides: { algorithm: ["throwing", "looping"], n: [4] } });
		const ended = once(child, "exit");
		await until(() => child.said.includes("[1/4]"));
		await sleep(300);
		child.kill(signal);
		expect(await ended).toEqual([code, null]);
		expect(child.said).toContain("stopped with 3 of 4 cells to run; the same command goes on from here");
		expect(JSON.parse(child.printed)).toMatchObject({ counts: { failed: 1 }, left: 3 });
		expect(readRows(join(out, "tiny/rows.csv"))).toMatchObject({ rows: { length: 1 }, cutBytes: 0 });
		expect(readdirSync(join(out, "tiny")).sort()).toEqual(["rows.csv", "run.json"]);
	},
);

test("two sweeps on one folder do not mix", async () => {
	const out = newFolder();
	const first = start(out);
	await until(() => first.said.includes("[1/6]"));
	const second = start(out);
	expect(await once(second, "exit")).toEqual([1, null]);
	expect(second.said).toContain(`is in use by another sweep (process ${first.pid}`);
	await once(first, "exit");
	expect(rows(out)).toHaveLength(6);
});
