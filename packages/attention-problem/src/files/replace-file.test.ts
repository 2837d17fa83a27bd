import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { UsageError } from "@attgrad/matrix-core";
import { afterAll, beforeEach, expect, test } from "vitest";
import { readIfThere } from "./read-if-there.ts";
import { replaceFile, temporaryName, writeAtomically } from "./replace-file.ts";

const parent = mkdtempSync(join(tmpdir(), "attgrad-files-"));
afterAll(() => rmSync(parent, { recursive: true, force: true }));
let folder: string;
beforeEach(() => {
	folder = mkdtempSync(join(parent, "test-"));
});

test("a file is there complete, and no other", () => {
	writeAtomically(join(folder, "a.txt"), "one");
	writeAtomically(join(folder, "a.txt"), new Uint8Array([116, 119, 111]));
	expect(readFileSync(join(folder, "a.txt"), "utf8")).toBe("two");
	expect(readdirSync(folder)).toEqual(["a.txt"]);
});

test("what the system refuses is a line for the user", () => {
	const write = () => writeAtomically("/proc/a.svg", "one");
	expect(write).toThrow(UsageError);
	expect(write).toThrow(/^cannot write \/proc\/a\.svg: \w/);
});

test("a writer that fails leaves the old file and nothing else", async () => {
	const path = join(folder, "a.txt");
	writeAtomically(path, "old");
	const failing = replaceFile(path, (file) => {
		writeFileSync(file, "half");
		throw new Error("no more");
	});
	await expect(failing).rejects.toThrow("no more");
	expect([readFileSync(path, "utf8"), readdirSync(folder)]).toEqual(["old", ["a.txt"]]);
});

test("temporary names cannot be guessed", () => {
	const names = new Set(Array.from({ length: 1000 }, () => temporaryName("report.html")));
	expect(names.size).toBe(1000);
	for (const name of names) expect(name).toMatch(/^report\.html\.[0-9a-f]{16}\.tmp$/);
});

test("a link in place of the file is replaced, and what it leads to is left alone", () => {
	const [path, victim] = [join(folder, "report.html"), join(folder, "victim")];
	writeFileSync(victim, "dear");
	symlinkSync(victim, path);
	symlinkSync(victim, `${path}.${process.pid}.tmp`);
	writeAtomically(path, "new");
	expect([readFileSync(path, "utf8"), readFileSync(victim, "utf8")]).toEqual(["new", "dear"]);
});

test("no file is no content; a file that cannot be read is an error", () => {
	expect(readIfThere(join(folder, "none"))).toBeUndefined();
	writeFileSync(join(folder, "file"), "text");
	expect(readIfThere(join(folder, "file", "below"))).toBeUndefined();
	expect(readIfThere(join(folder, "file"))?.toString()).toBe("text");
	expect(() => readIfThere(folder)).toThrow(`cannot read ${folder}: is a folder`);
});
