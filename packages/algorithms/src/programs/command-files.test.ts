import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { filesOfCommand } from "./command-files.ts";

const folder = mkdtempSync(join(tmpdir(), "attgrad-files-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
mkdirSync(join(folder, "my dir"));
const script = join(folder, "my dir", "mine.py");
process.env["ATTGRAD_TEST_FOLDER"] = folder;

/** Hashes before and after the script has changed. */
function seen(command: string): [before: string[], after: string[]] {
	writeFileSync(script, "one");
	const before = Object.values(filesOfCommand(command));
	writeFileSync(script, "two");
	return [before, Object.values(filesOfCommand(command))];
}

test.each([
	["single quotes", `python3 '${script}'`],
	["double quotes", `python3 "${script}"`],
	["an escaped blank", `python3 ${script.replace(" ", "\\ ")}`],
	["quotes within a word", `python3 ${folder}/'my dir'/mine.py --fast`],
	["cd", `cd '${folder}/my dir' && python3 mine.py`],
	["cd twice", `cd ${folder}; cd "my dir"; python3 mine.py`],
	["cd without blanks around the operator", `cd '${folder}/my dir'&&python3 mine.py`],
	["a variable", 'python3 "$ATTGRAD_TEST_FOLDER/my dir/mine.py"'],
	["several lines", `set -e\ncd '${folder}/my dir'\npython3 mine.py`],
])("a changed script is seen through %s", (_, command) => {
	const [before, after] = seen(command);
	expect([before.length, after.length]).toEqual([1, 1]);
	expect(before).not.toEqual(after);
});

test("words that name no file are none: long ones, folders, quotes that are not closed", () => {
	expect(filesOfCommand(`echo ${"x".repeat(300)} ${folder} 'open`)).toEqual({});
	expect(filesOfCommand("x".repeat(10_000))).toEqual({});
});
