import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { UsageError } from "@attgrad/matrix-core";
import { beforeEach, expect, test, vi } from "vitest";
import { folderIn, temporaryFolder } from "../testing/temporary-folder.ts";
import { lockFolder } from "./lock.ts";

const parent = temporaryFolder();
let folder: string;
beforeEach(() => {
	folder = folderIn(parent);
});

const leave = (content: string) => writeFileSync(join(folder, ".lock"), content);

test("a folder is locked once, and free again when it is let go", () => {
	const lock = lockFolder(folder);
	expect(() => lockFolder(folder)).toThrow(UsageError);
	expect(() => lockFolder(folder)).toThrow(`process ${process.pid} on ${hostname()}`);
	lock.release();
	lockFolder(folder).release();
	expect(readdirSync(folder)).toEqual([]);
});

test("the lock of a process that has ended is taken over", () => {
	const { pid } = spawnSync(process.execPath, ["-e", ""]);
	leave(JSON.stringify({ pid, started: "1", host: hostname() }));
	lockFolder(folder).release();
	expect(readdirSync(folder)).toEqual([]);
});

test.runIf(process.platform === "linux")("the lock of an earlier process with the same number is taken over", () => {
	leave(JSON.stringify({ pid: process.pid, started: "1", host: hostname() }));
	lockFolder(folder).release();
});

test("a lock that is not readable is taken over: it was never written in parts", () => {
	leave("{");
	lockFolder(folder).release();
});

test("the lock of another machine is left alone", () => {
	leave(JSON.stringify({ pid: 1, started: "1", host: "elsewhere" }));
	expect(() => lockFolder(folder)).toThrow(`process 1 on elsewhere); wait for it, or remove ${join(folder, ".lock")}`);
});

test("of many processes that find a stale lock, one gets the folder at a time", async () => {
	leave("{");
	const log = join(folder, "log");
	const program = `
		import { appendFileSync } from "node:fs";
		import { setTimeout } from "node:timers/promises";
		const { lockFolder } = await import(${JSON.stringify(new URL("./lock.ts", import.meta.url).href)});
		const end = performance.now() + 300;
		while (performance.now() < end) {
			let lock;
			try { lock = lockFolder(${JSON.stringify(folder)}); } catch { await setTimeout(1); continue; }
			appendFileSync(${JSON.stringify(log)}, "<");
			await setTimeout(2);
			appendFileSync(${JSON.stringify(log)}, ">");
			lock.release();
			await setTimeout(Math.random() * 3);
		}`;
	const processes = Array.from({ length: 4 }, () =>
		spawn(process.execPath, ["--input-type=module", "-e", program], { stdio: ["ignore", "ignore", "inherit"] }),
	);
	const codes = await Promise.all(processes.map(async (child) => (await once(child, "exit"))[0]));
	expect(codes).toEqual([0, 0, 0, 0]);
	expect(readFileSync(log, "utf8")).toMatch(/^(<>)+$/);
});

const beats = (file: string, secondsAgo: number) => {
	const at = Date.now() / 1000 - secondsAgo;
	utimesSync(join(folder, file), at, at);
};

/** A lock file as a sweep elsewhere leaves it. */
function leaveForeign(change: object, secondsAgo: number, name = ".lock.00000000000000aa") {
	writeFileSync(
		join(folder, name),
		JSON.stringify({ pid: 1, started: "1", host: hostname(), table: "elsewhere", ...change }),
	);
	beats(name, secondsAgo);
}

test("a sweep in another container of the same name has the folder as long as its lock is kept fresh", () => {
	leaveForeign({ pid: 2 ** 22 - 1 }, 60);
	expect(() => lockFolder(folder)).toThrow(`in use by another sweep (process ${2 ** 22 - 1} on ${hostname()})`);
	beats(".lock.00000000000000aa", 200);
	lockFolder(folder).release();
	expect(readdirSync(folder)).toEqual([]);
});

test("the number of a process counts in its own container only", () => {
	leaveForeign({ pid: process.pid }, 200);
	lockFolder(folder).release();
});

test("a lock file that is still empty is a contender's, until it is old", () => {
	writeFileSync(join(folder, ".lock.00000000000000aa"), "");
	expect(() => lockFolder(folder)).toThrow("is in use by another sweep; wait for it");
	beats(".lock.00000000000000aa", 200);
	lockFolder(folder).release();
});

test("a lock that cannot be read is not taken to be none, and ends in one line", () => {
	mkdirSync(join(folder, ".lock"));
	expect(() => lockFolder(folder)).toThrow(UsageError);
	expect(() => lockFolder(folder)).toThrow(
		`results folder ${folder} may be in use by another sweep: cannot read ${join(folder, ".lock")}: is a folder; wait for it, or remove`,
	);
	expect(readdirSync(folder)).toEqual([".lock"]);
});

test("a lock is written again and again, so that others see that it is held", () => {
	vi.useFakeTimers();
	try {
		const lock = lockFolder(folder);
		const [name] = readdirSync(folder);
		beats(name, 1000);
		vi.advanceTimersByTime(11_000);
		expect(Date.now() - statSync(join(folder, name)).mtimeMs).toBeLessThan(60_000);
		lock.release();
	} finally {
		vi.useRealTimers();
	}
});

/** Processes of one's own number, as a container has them; not every machine lets one. */
const canUnshare = spawnSync("unshare", ["--pid", "--fork", "--mount-proc", "true"]).status === 0;

test.runIf(canUnshare)(
	"a sweep in another namespace of process numbers is seen, while it runs and no longer",
	async () => {
		const program = `
		const { lockFolder } = await import(${JSON.stringify(new URL("./lock.ts", import.meta.url).href)});
		try { lockFolder(${JSON.stringify(folder)}); console.log("has it"); } catch (error) { console.log(error.message); }
		process.stdin.resume();`;
		const inside = (input: "pipe" | "ignore") =>
			spawn("unshare", ["--pid", "--fork", "--mount-proc", process.execPath, "--input-type=module", "-e", program], {
				stdio: [input, "pipe", "inherit"],
			});
		const first = inside("pipe");
		const [said] = await once(first.stdout!, "data");
		expect(String(said)).toBe("has it\n");
		expect(() => lockFolder(folder)).toThrow("is in use by another sweep (process 1 on");
		const second = inside("ignore");
		expect(String((await once(second.stdout!, "data"))[0])).toContain("is in use by another sweep (process 1 on");
		first.stdin!.end();
		await once(first, "exit");
	},
);

test("of many contenders on stale locks at most one has the folder, in thousands of rounds", async () => {
	const rounds = Number(process.env["ATTGRAD_LOCK_ROUNDS"] ?? 500);
	const program = `
		import { mkdirSync, rmdirSync, writeFileSync } from "node:fs";
		import { setTimeout } from "node:timers/promises";
		const { lockFolder } = await import(${JSON.stringify(new URL("./lock.ts", import.meta.url).href)});
		const folder = ${JSON.stringify(folder)};
		let [held, refused] = [0, 0];
		for (let round = 0; round < ${rounds}; round++) {
			let lock;
			try { lock = lockFolder(folder); } catch { refused++; if (round % 8 === 0) await setTimeout(1); continue; }
			mkdirSync(folder + "/inside"); // Fails where another is inside.
			held++;
			const stale = Math.random().toString(16).slice(2).padEnd(16, "0").slice(0, 16);
			writeFileSync(folder + "/.lock." + stale, JSON.stringify({ pid: 2 ** 22 - 1, started: "1", host: "x", table: "y" }));
			const { utimesSync } = await import("node:fs");
			utimesSync(folder + "/.lock." + stale, 0, 0);
			rmdirSync(folder + "/inside");
			lock.release();
		}
		console.log(held, refused);`;
	const processes = Array.from({ length: 4 }, () =>
		spawn(process.execPath, ["--input-type=module", "-e", program], { stdio: ["ignore", "pipe", "inherit"] }),
	);
	const outputs = processes.map(async (child) => String((await once(child.stdout!, "data"))[0]));
	const codes = await Promise.all(processes.map(async (child) => (await once(child, "exit"))[0]));
	expect(codes).toEqual([0, 0, 0, 0]);
	const held = (await Promise.all(outputs)).map((line) => Number(line.split(" ")[0]));
	expect(held.reduce((sum, count) => sum + count)).toBeGreaterThan(rounds / 10);
}, 120_000);
