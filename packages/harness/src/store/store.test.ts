import { execFileSync } from "node:child_process";
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { UsageError } from "@attgrad/matrix-core";
import { beforeEach, expect, test } from "vitest";
import { sampleKey, sampleRow } from "../testing/rows.ts";
import { folderIn, temporaryFolder } from "../testing/temporary-folder.ts";
import { headerLine, readRows, rowLine } from "./rows-file.ts";
import { readSamples } from "./samples-file.ts";
import { openStore } from "./store.ts";

const parent = temporaryFolder();
let folder: string;
let path: string;
beforeEach(() => {
	folder = join(folderIn(parent), "deep", "results");
	path = join(folder, "rows.csv");
});

const row = (number: number) => sampleRow({ key: sampleKey(number) });

/** A results folder that holds this. */
function holding(content: string) {
	mkdirSync(folder, { recursive: true });
	writeFileSync(path, content);
}

test("a new store makes its folder and the header", () => {
	openStore(folder).close();
	expect(readFileSync(path, "utf8")).toBe(headerLine);
});

test("a row is in the file as soon as it is appended", () => {
	const store = openStore(folder);
	store.put(row(1));
	expect(readRows(path).rows).toEqual([row(1)]);
	store.put(row(2));
	expect(readRows(path).rows).toEqual([row(1), row(2)]);
	expect(store.rows).toEqual([row(1), row(2)]);
	store.close();
});

test("a store that is opened again has its rows and goes on behind them", () => {
	const first = openStore(folder);
	first.put(row(1));
	first.close();
	const second = openStore(folder);
	expect([second.has(sampleKey(1)), second.has(sampleKey(2))]).toEqual([true, false]);
	second.put(row(2));
	second.close();
	expect(readRows(path).rows).toEqual([row(1), row(2)]);
});

test("a row with a key that is there takes its place", () => {
	const store = openStore(folder);
	for (const number of [1, 2, 3]) store.put(row(number));
	const again = sampleRow({ key: sampleKey(2), status: "failed", reason: "why" });
	store.put(again);
	store.put(row(4));
	expect(store.rows).toEqual([row(1), again, row(3), row(4)]);
	store.close();
	expect(readRows(path)).toMatchObject({ rows: [row(1), again, row(3), row(4)], cutBytes: 0 });
});

test("the times of a row are kept beside it, the last where it was measured again", () => {
	const store = openStore(folder);
	store.put(row(1), [[1, 2], [3]]);
	store.put(row(2));
	appendFileSync(join(folder, "samples.jsonl"), '{"key":"cut off by a cra');
	store.put(row(1), [[4]]);
	store.put(row(3), [[5], [6]]);
	store.close();
	expect([...readSamples(folder)]).toEqual([
		[sampleKey(1), [[4]]],
		[sampleKey(3), [[5], [6]]],
	]);
	openStore(folder, { fresh: true }).close();
	expect(readSamples(folder).size).toBe(0);
});

test("a file of an older version is brought up to date when it is opened, with a notice", () => {
	const short = (line: string) => line.replace(/,[^,]*\n$/, "\n");
	holding(short(headerLine) + short(rowLine(row(1))));
	const notices: string[] = [];
	const store = openStore(folder, { notice: (line) => notices.push(line) });
	expect(notices).toEqual([`${path}: was written by an older version and now has the columns commit`]);
	store.put(row(2));
	store.close();
	expect(readFileSync(path, "utf8")).toBe(headerLine + rowLine(row(1)) + rowLine(row(2)));
});

test("a last line that was cut off is removed with a notice, and its row can be stored again", () => {
	const whole = headerLine + rowLine(row(1));
	holding(whole + rowLine(row(2)).slice(0, 40));
	const notices: string[] = [];
	const store = openStore(folder, { notice: (line) => notices.push(line) });
	expect(notices).toEqual([`${path}: the last line was cut off (40 bytes) and has been removed`]);
	expect(readFileSync(path, "utf8")).toBe(whole);
	store.put(row(2));
	store.close();
	expect(readRows(path).rows).toEqual([row(1), row(2)]);
});

test.each(["", "key,experi"])("a header that was cut off (%j) is written again", (start) => {
	holding(start);
	const store = openStore(folder);
	store.put(row(1));
	store.close();
	expect(readFileSync(path, "utf8")).toBe(headerLine + rowLine(row(1)));
});

test("a damaged file is refused, left as it is, and the folder is free again", () => {
	const content = `${headerLine}nonsense\n${rowLine(row(1)).slice(0, 30)}`;
	holding(content);
	expect(() => openStore(folder)).toThrow(UsageError);
	expect(() => openStore(folder)).toThrow(`${path} line 2: expected 35 fields, got 1`);
	expect(readFileSync(path, "utf8")).toBe(content);
});

test("fresh throws away the rows that are there, damaged ones too", () => {
	holding(`${headerLine}nonsense\n`);
	const store = openStore(folder, { fresh: true });
	expect(store.rows).toEqual([]);
	store.close();
	expect(readFileSync(path, "utf8")).toBe(headerLine);
});

test("a folder that another sweep has is refused, with fresh too", () => {
	const store = openStore(folder);
	store.put(row(1));
	expect(() => openStore(folder, { fresh: true })).toThrow(
		`results folder ${folder} is in use by another sweep (process ${process.pid}`,
	);
	store.close();
	expect(readRows(path).rows).toEqual([row(1)]);
});

test("a file that a spreadsheet has saved is written again as it was, with a notice", () => {
	holding(`\ufeff${headerLine}${rowLine(row(1))}`.replaceAll("\n", "\r\n"));
	const notices: string[] = [];
	const store = openStore(folder, { notice: (line) => notices.push(line) });
	expect(notices).toEqual([`${path}: was saved by another program and is now as a sweep writes it`]);
	store.put(row(2));
	store.close();
	expect(readFileSync(path, "utf8")).toBe(headerLine + rowLine(row(1)) + rowLine(row(2)));
});

test("temporary files that a crash has left are removed, and no others", () => {
	openStore(folder).close();
	const [left, mine] = ["rows.csv.0123456789abcdef.tmp", "notes.tmp"].map((name) => join(folder, name));
	for (const name of [left, mine]) writeFileSync(name, "half");
	openStore(folder).close();
	expect([existsSync(left), existsSync(mine)]).toEqual([false, true]);
});

test("a sweep whose folder was taken over writes nothing more", () => {
	const store = openStore(folder);
	for (const name of readdirSync(folder).filter((name) => name.startsWith(".lock"))) rmSync(join(folder, name));
	expect(() => store.put(row(1))).toThrow(`results folder ${folder} was taken over by another sweep`);
	store.close();
	expect(readRows(path).rows).toEqual([]);
});

test("a row that contradicts the cell of its key is refused with its line", () => {
	holding(headerLine + rowLine(row(1)) + rowLine(row(2)));
	const cells = new Map([[sampleKey(2), { ...row(2), n: 2048 }]]);
	expect(() => openStore(folder, { cells })).toThrow(
		`${path} line 3: n is 1024, but key ${sampleKey(2)} is of a cell with n 2048; correct or remove that line`,
	);
	openStore(folder, { cells: new Map([[sampleKey(2), row(2)]]) }).close();
});

test("a column that an older version did not write is filled in from the cell", () => {
	const without = (line: string) => line.replace(/,(dtype|f64),/, ",");
	holding(without(headerLine) + without(rowLine(row(1))));
	const store = openStore(folder, { cells: new Map([[sampleKey(1), row(1)]]) });
	store.close();
	expect(store.rows).toEqual([row(1)]);
	expect(readRows(path).rows).toEqual([row(1)]);
});

test("a folder that cannot be made is refused in one line", () => {
	mkdirSync(join(folder, ".."), { recursive: true });
	appendFileSync(folder, "a file where the folder should be");
	expect(() => openStore(folder)).toThrow(UsageError);
	expect(() => openStore(folder)).toThrow(
		`results folder ${folder} cannot be written (EEXIST); give another with --out`,
	);
	expect(() => openStore(join(folder, "below"))).toThrow(/cannot be written \(ENOTDIR\)/);
});

test.runIf(existsSync("/proc/self"))("a folder on a file system that takes no files is refused in one line", () => {
	expect(() => openStore("/proc/attgrad")).toThrow(/^results folder \/proc\/attgrad cannot be written \(E[A-Z]+\)/);
});

test.skipIf(process.platform === "win32")(
	"a disk that takes only part of a row leaves the whole rows there are",
	() => {
		// The shell's limit on the size of a file, 8 KiB, stands for a full disk: a write is cut short, then refused.
		const script = join(import.meta.dirname, "../testing/fill-store.ts");
		const output = execFileSync("bash", ["-c", 'ulimit -f 8; exec "$0" "$@"', process.execPath, script, folder]);
		const { added, message } = JSON.parse(output.toString());
		expect(message).toBe(
			`results folder ${folder} takes no more (EFBIG); existing rows are intact; free some space and repeat the command to resume`,
		);
		expect(added).toBeGreaterThan(10);
		expect(readRows(path)).toMatchObject({ rows: { length: added }, cutBytes: 0 });
	},
);
