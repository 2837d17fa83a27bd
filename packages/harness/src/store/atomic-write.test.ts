import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { UsageError } from "@attgrad/matrix-core";
import { expect, test } from "vitest";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { writeAtomically } from "./atomic-write.ts";

const folder = temporaryFolder();

test("a file is there whole, and no other", () => {
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
