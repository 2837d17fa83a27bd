import { existsSync, globSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { readRows, readRunInfo } from "@attgrad/harness";
import { afterAll, beforeAll, expect, test } from "vitest";
import { start, temporaryFolder } from "../testing/command.ts";
import { type SlurmCluster, startSlurm, whyNoSlurm } from "../testing/slurm-cluster.ts";

const why = whyNoSlurm();
const out = temporaryFolder();
const home = mkdtempSync(join(tmpdir(), "attgrad-slurm-"));
let cluster: SlurmCluster;

beforeAll(async () => {
	if (why) return;
	cluster = await startSlurm(home);
	Object.assign(process.env, cluster.environment);
});

afterAll(async () => {
	await cluster?.close();
	rmSync(home, { recursive: true, force: true, maxRetries: 5 });
});

/** Runs `attgrad slurm` with what it says on standard error at hand while it runs. */
function follow(words: readonly string[]) {
	const child = start(["slurm", ...words, "--out", out]);
	const run = { child, stdout: "", stderr: "" };
	for (const name of ["stdout", "stderr"] as const)
		child[name].setEncoding("utf8").on("data", (text: string) => {
			run[name] += text;
		});
	const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
	return Object.assign(run, { ended });
}

/** Lines of the rows that a shard has in an attempt. */
function rowsIn(pattern: string) {
	return globSync(pattern, { cwd: out }).flatMap((path) => readRows(join(out, path)).rows);
}

async function until(isSo: () => boolean, run: ReturnType<typeof follow>): Promise<void> {
	while (!isSo()) {
		if (run.child.exitCode !== null) throw new Error(`attgrad slurm ended too soon:\n${run.stderr}\n${run.stdout}`);
		await pause(100);
	}
}

const words = ["scaling", "--algorithm", "exact,dense", "--n", "2^6..2^11"];
const cells = 12;

test.skipIf(why !== "")(
	`a node that is killed in mid-run costs nothing: no row is lost, none is measured twice${why && ` (skipped, no SLURM: ${why})`}`,
	async () => {
		const run = follow([...words, "--array", "2", "--throttle", "2", "--partition", "debug", "--json", "--fresh"]);
		await until(() => /\d+ running/.test(run.stderr), run);
		const placed = () => cluster.ask("squeue", "--noheader", "--array", "--states=running", "--format=%K %N");
		const task = () => /^(\d+) n1$/m.exec(placed())?.[1];
		await until(() => task() !== undefined, run);
		const part = `scaling.slurm/attempt-1/shard-${task()}-of-2/scaling/rows.csv`;
		await until(() => rowsIn(part).length >= 2, run);
		cluster.killNode("n1");
		const measured = rowsIn(part);
		expect(measured.length).toBeLessThan(cells / 2);
		expect(await run.ended, `${run.stderr}\n${cluster.logs()}`).toBe(0);
		expect(run.stderr).toMatch(/task \d of job \d+ ended as NODE_FAIL with \d+ cells to run/);
		expect(run.stderr.match(/submitted job/g)!.length).toBeGreaterThanOrEqual(2);
		const { rows } = readRows(join(out, "scaling/rows.csv"));
		expect(rows).toHaveLength(cells);
		expect(rows.map(({ status }) => status)).toEqual(Array(cells).fill("done"));
		for (const row of measured) expect(rows).toContainEqual(row);
		expect(
			readRunInfo(join(out, "scaling"))
				.cells.map(({ key }) => key)
				.sort(),
		).toEqual(rows.map(({ key }) => key).sort());
		expect(JSON.parse(run.stdout)).toMatchObject({ experiment: "scaling", left: 0 });
		expect(existsSync(join(out, "scaling/time-vs-n.png"))).toBe(true);
		expect(existsSync(join(out, "scaling.slurm"))).toBe(false);
	},
);

test.skipIf(why !== "")("what is measured already is not submitted again", async () => {
	const run = follow([...words, "--array", "2"]);
	expect(await run.ended).toBe(0);
	expect(run.stderr).not.toContain("submitted");
	expect(run.stdout).toMatch(/^scaling: 12 cells; /);
});
