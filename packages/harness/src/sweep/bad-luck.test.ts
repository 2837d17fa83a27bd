import { execFileSync } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { seededRandom } from "@attgrad/matrix-core";
import { beforeAll, expect, test } from "vitest";
import { cellKey } from "../cells/cell.ts";
import { expandGrid } from "../experiment/grid.ts";
import { readRows } from "../store/rows-file.ts";
import { mountSmallDisk } from "../testing/small-disk.ts";
import { stopping, stopSweep } from "../testing/stop-sweep.ts";
import { ended, type SweepProcess, startSweep, tinyRows, until } from "../testing/sweep-process.ts";
import { folderIn, temporaryFolder } from "../testing/temporary-folder.ts";
import tiny from "../testing/tiny-experiment.ts";

// After each: every finished row is there once, the file parses, and the next run goes on. `readRows` refuses what does not parse
// and a key that stands twice.
const parent = temporaryFolder();
const newFolder = () => folderIn(parent);

const overrides = { n: [4, 8] };

/** The keys of a sweep with the overrides above. */
const wholeKeys = (out: string) => expandGrid(tiny, "quick", tinyRows(out)[0].kernel, overrides).map(cellKey).sort();

/** Sweeps to the end, and checks that all rows are there once and those before are as they were. */
async function goesOn(out: string, options: Readonly<Record<string, unknown>> = { overrides }): Promise<SweepProcess> {
	const before = tinyRows(out);
	const child = startSweep(out, options);
	expect(await ended(child)).toEqual({ code: 0, signal: null });
	expect(tinyRows(out).slice(0, before.length)).toEqual(before);
	expect(
		tinyRows(out)
			.map(({ key }) => key)
			.sort(),
	).toEqual(wholeKeys(out));
	return child;
}

/** How long an undisturbed sweep takes on this machine, milliseconds: the shorter of two, since the first finds nothing in the caches. */
let duration = Number.POSITIVE_INFINITY;
beforeAll(async () => {
	for (let sweep = 0; sweep < 2; sweep++) {
		const begin = performance.now();
		await ended(startSweep(newFolder(), { overrides }));
		duration = Math.min(duration, performance.now() - begin);
	}
}, 120_000);

test.each(stopping)(
	"a sweep that %s stops at random moments ends as an undisturbed one",
	async (signal) => {
		const random = seededRandom(3, signal);
		let stops = 0;
		// Where the machine was busy before, sweeps are over before the moment comes: then another one, stopped earlier.
		for (let sweep = 0; stops === 0; sweep++) {
			expect(sweep).toBeLessThan(8);
			const out = newFolder();
			stops = await stopSweep(out, signal, { random, duration: duration / 2 ** sweep, options: { overrides } });
			expect(
				tinyRows(out)
					.map(({ key }) => key)
					.sort(),
			).toEqual(wholeKeys(out));
		}
	},
	120_000,
);

test("cells that loop, fill the memory, crash, print garbage or give NaN are rows, and are not tried again", async () => {
	const algorithm = ["looping", "swelling", "crashing", "leaving", "killed", "chatty", "not-a-number", "honest"];
	const out = newFolder();
	// A minute for those that end, so that a busy machine makes no timeout of them.
	const others = { overrides: { algorithm: algorithm.slice(1), n: [4] }, cellTimeout: 60_000, memoryLimit: 300 };
	expect(await ended(startSweep(out, others))).toEqual({ code: 0, signal: null });
	const options = { overrides: { algorithm, n: [4] }, cellTimeout: 4000, memoryLimit: 300 };
	expect(await ended(startSweep(out, options))).toEqual({ code: 0, signal: null });
	expect(Object.fromEntries(tinyRows(out).map((row) => [row.algorithm, row.status]))).toEqual({
		looping: "timeout",
		swelling: "out-of-memory",
		crashing: "failed",
		leaving: "failed",
		killed: "out-of-memory",
		chatty: "done",
		"not-a-number": "invalid",
		honest: "done",
	});
	expect(tinyRows(out)).toHaveLength(2 * algorithm.length);
	const before = readFileSync(join(out, "tiny/rows.csv"), "utf8");
	const again = startSweep(out, options);
	await ended(again);
	expect(again.said).toBe("tiny: found 16 cells, done 16, to run 0\n");
	expect(readFileSync(join(out, "tiny/rows.csv"), "utf8")).toBe(before);
}, 120_000);

test("a disk that is full in the middle of a row leaves whole rows; with room the sweep goes on", async ({ skip }) => {
	const out = newFolder();
	if (!mountSmallDisk(out, 64)) skip("needs root's rights on Linux, to mount a small file system");
	expect((await ended(startSweep(out, { overrides: { n: [4] } }))).code).toBe(0);
	// The header and two rows end within the first page of 4 KiB; all that is left goes to a ballast, so a row is cut at its end.
	const fill = () => {
		for (let kibibytes = 64; kibibytes >= 4; kibibytes /= 2)
			for (let file = 0; ; file++)
				try {
					writeFileSync(join(out, `ballast-${kibibytes}-${file}`), Buffer.alloc(1024 * kibibytes), { flag: "wx" });
				} catch (error) {
					rmSync(join(out, `ballast-${kibibytes}-${file}`), { force: true });
					expect((error as NodeJS.ErrnoException).code).toBe("ENOSPC");
					break;
				}
	};
	const child = startSweep(out, { overrides: { n: [4, 8, 16, 32, 64, 128] } });
	const end = ended(child);
	await until(() => child.said.includes("[1/"));
	fill();
	expect((await end).code).toBe(1);
	expect(child.said).toMatch(
		/results folder \S+ takes no more \(ENOSPC\); existing rows are intact; free some space and repeat the command to resume/,
	);
	const left = readRows(join(out, "tiny/rows.csv"));
	expect(left.cutBytes).toBe(0);
	expect(left.rows.length).toBeGreaterThanOrEqual(3);
	expect(left.rows.length).toBeLessThan(12);
	execFileSync("sh", ["-c", 'rm -f "$0"/ballast-*', out]);
	const again = startSweep(out, { overrides: { n: [4, 8, 16, 32, 64, 128] } });
	expect((await ended(again)).code).toBe(0);
	expect(tinyRows(out)).toHaveLength(12);
	expect(tinyRows(out).slice(0, left.rows.length)).toEqual(left.rows);
}, 120_000);

test("a folder that is made read-only is refused in one line; writable again the sweep goes on", async ({ skip }) => {
	const out = newFolder();
	const disk = mountSmallDisk(out, 256) ?? skip("needs root's rights on Linux, to mount a file system read-only");
	expect((await ended(startSweep(out, { overrides: { n: [4] } }))).code).toBe(0);
	const before = tinyRows(out);
	disk.setReadOnly(true);
	const refused = startSweep(out, { overrides });
	expect((await ended(refused)).code).toBe(1);
	expect(refused.said).toContain(
		`UsageError: results folder ${join(out, "tiny")} cannot be written (EROFS); give another with --out`,
	);
	expect(tinyRows(out)).toEqual(before);
	disk.setReadOnly(false);
	await goesOn(out);
}, 120_000);

test("a file that no row can be added to any more ends the sweep in one line; later it goes on", async ({ skip }) => {
	const out = newFolder();
	const lock = (flag: "+i" | "-i") => execFileSync("chattr", [flag, join(out, "tiny/rows.csv")], { stdio: "pipe" });
	const child = startSweep(out, { overrides: { n: [4, 8, 16, 32] } });
	const end = ended(child);
	await until(() => child.said.includes("[1/"));
	try {
		lock("+i");
	} catch {
		child.kill("SIGKILL");
		await end;
		return skip("needs root's rights and a file system that knows immutable files");
	}
	try {
		expect((await end).code).toBe(1);
		expect(child.said).toContain("takes no more (EPERM)");
	} finally {
		lock("-i");
	}
	expect(readRows(join(out, "tiny/rows.csv")).cutBytes).toBe(0);
	expect((await ended(startSweep(out, { overrides: { n: [4, 8, 16, 32] } }))).code).toBe(0);
	expect(tinyRows(out)).toHaveLength(8);
}, 120_000);

test("of sweeps that start at once on one folder one goes on and the others are refused", async () => {
	const out = newFolder();
	const sweeps = [1, 2, 3].map(() => startSweep(out, { overrides }));
	const ends = await Promise.all(sweeps.map(ended));
	expect(ends.map(({ code }) => code).sort()).toEqual([0, 1, 1]);
	const refused = sweeps.filter((_, i) => ends[i].code === 1);
	for (const { said } of refused) expect(said).toContain("is in use by another sweep");
	await goesOn(out);
}, 120_000);

test("where the date jumps backwards times are as long as they are, and the sweep goes on", async () => {
	const out = newFolder();
	const clock = pathToFileURL(join(import.meta.dirname, "../testing/backward-clock.ts")).href;
	const environment = { NODE_OPTIONS: `${process.env["NODE_OPTIONS"] ?? ""} --import=${clock}` };
	expect((await ended(startSweep(out, { overrides: { n: [4] } }, environment))).code).toBe(0);
	const [first, second] = tinyRows(out);
	expect(second.started_at < first.started_at).toBe(true);
	for (const { status, time_ms = 0, time_min_ms = 0 } of [first, second]) {
		expect(status).toBe("done");
		expect(time_min_ms).toBeGreaterThan(0);
		expect(time_ms).toBeLessThan(60_000);
	}
	const again = await goesOn(out);
	expect(again.said).toContain("found 4 cells, done 2, to run 2");
}, 120_000);

test("rows of an older version with fewer columns are kept, and the sweep goes on behind them", async () => {
	const out = newFolder();
	await ended(startSweep(out, { overrides: { n: [4] } }));
	const path = join(out, "tiny/rows.csv");
	const rows = tinyRows(out);
	// Without the last two columns, `machine` and `commit`.
	writeFileSync(path, readFileSync(path, "utf8").replaceAll(/,("[^"]*"|[^,\n]*),[^,\n]*\n/g, "\n"));
	const child = startSweep(out, { overrides });
	expect((await ended(child)).code).toBe(0);
	expect(child.said).toContain("was written by an older version and now has the columns machine, commit");
	expect(child.said).toContain("found 4 cells, done 2, to run 2");
	expect(tinyRows(out).slice(0, 2)).toEqual(rows.map((row) => ({ ...row, machine: "", commit: "" })));
});

test("a bad value in the rows is refused with its line, and once it is mended the sweep goes on", async () => {
	const out = newFolder();
	await ended(startSweep(out, { overrides: { n: [4] } }));
	const path = join(out, "tiny/rows.csv");
	const sound = readFileSync(path, "utf8");
	const last = sound.lastIndexOf(",done,");
	writeFileSync(path, `${sound.slice(0, last)},fine,${sound.slice(last + 6)}`);
	const child = startSweep(out, { overrides });
	expect((await ended(child)).code).toBe(1);
	expect(child.said).toContain(`UsageError: ${path} line 3: status is "fine", expected`);
	writeFileSync(path, sound);
	await goesOn(out);
});
