import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { UsageError } from "@attgrad/matrix-core";
import { beforeEach, expect, test } from "vitest";
import { folderIn, temporaryFolder } from "../testing/temporary-folder.ts";
import { lockFolder } from "./lock.ts";

const parent = temporaryFolder();
let folder: string;
beforeEach(() => {
	folder = folderIn(parent);
});

const leave = (content: string) => writeFileSync(join(folder, ".lock"), content);

test("a folder is locked once, and free again when it is let go", () => {
	const unlock = lockFolder(folder);
	expect(() => lockFolder(folder)).toThrow(UsageError);
	expect(() => lockFolder(folder)).toThrow(`process ${process.pid} on ${hostname()}`);
	unlock();
	lockFolder(folder)();
	expect(readdirSync(folder)).toEqual([]);
});

test("the lock of a process that has ended is taken over", () => {
	const { pid } = spawnSync(process.execPath, ["-e", ""]);
	leave(JSON.stringify({ pid, started: "1", host: hostname() }));
	lockFolder(folder)();
	expect(readdirSync(folder)).toEqual([]);
});

test.runIf(process.platform === "linux")("the lock of an earlier process with the same number is taken over", () => {
	leave(JSON.stringify({ pid: process.pid, started: "1", host: hostname() }));
	lockFolder(folder)();
});

test("a lock that is not readable is taken over: it was never written in parts", () => {
	leave("{");
	lockFolder(folder)();
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
			let unlock;
			try { unlock = lockFolder(${JSON.stringify(folder)}); } catch { await setTimeout(1); continue; }
			appendFileSync(${JSON.stringify(log)}, "<");
			await setTimeout(2);
			appendFileSync(${JSON.stringify(log)}, ">");
			unlock();
			await setTimeout(Math.random() * 3);
		}`;
	const processes = Array.from({ length: 4 }, () =>
		spawn(process.execPath, ["--input-type=module", "-e", program], { stdio: ["ignore", "ignore", "inherit"] }),
	);
	const codes = await Promise.all(processes.map(async (child) => (await once(child, "exit"))[0]));
	expect(codes).toEqual([0, 0, 0, 0]);
	expect(readFileSync(log, "utf8")).toMatch(/^(<>)+$/);
});
