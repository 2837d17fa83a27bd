import { mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { makeFolder } from "./make-folder.ts";

const scratch = mkdtempSync(join(tmpdir(), "make-folder-"));
afterAll(() => rmSync(scratch, { recursive: true }));

test("folders are made with those above them, and a second time nothing is done", () => {
	const folder = join(scratch, "a", "b", "c");
	for (let time = 0; time < 2; time++) makeFolder(folder);
	expect(statSync(folder).isDirectory()).toBe(true);
});

test("a file in the place of a folder, and a link that leads nowhere, are refused", () => {
	const file = join(scratch, "file");
	writeFileSync(file, "");
	symlinkSync(join(scratch, "nowhere"), join(scratch, "link"));
	expect(() => makeFolder(file)).toThrow("EEXIST");
	expect(() => makeFolder(join(file, "below"))).toThrow("ENOTDIR");
	expect(() => makeFolder(join(file, "below", "more"))).toThrow("ENOTDIR");
	expect(() => makeFolder(join(scratch, "link"))).toThrow("EEXIST");
});

test.runIf(process.platform === "linux")("a file system that answers ENOENT is refused, and not asked for ever", () => {
	expect(() => makeFolder("/proc/attgrad/results")).toThrow("ENOENT");
});
