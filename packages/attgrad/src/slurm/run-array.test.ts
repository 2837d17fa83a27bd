import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { experiments } from "@attgrad/experiments";
import { type CellPlan, planCells, readRows, type Shard, shardFolder, sweep } from "@attgrad/harness";
import { beforeAll, expect, test, vi } from "vitest";
import { temporaryFolder } from "../testing/command.ts";
import { ArrayShards } from "./array-shards.ts";
import { type ArrayRequest, firstScript, runArray } from "./run-array.ts";
import type { SlurmClient, TaskState } from "./slurm-client.ts";

const experiment = experiments.find(({ name }) => name === "scaling")!;
const overrides = { algorithm: ["exact"], n: [8, 16, 32, 64] };
const folder = temporaryFolder();
const truth = join(folder, "truth");
const of = 2;
let plan: CellPlan;

beforeAll(async () => {
	plan = await planCells(experiment, { preset: "quick", overrides, shards: of });
	const progress = { start() {}, begin() {}, finish() {}, notice() {}, stop() {} };
	for (const index of [1, 2]) await sweep(experiment, { overrides, out: truth, progress, shard: { index, of } });
}, 120_000);

const partOf = (index: Shard["index"], parent = truth) => join(parent, shardFolder({ index, of }), "scaling");
const linesOf = (path: string) => (existsSync(path) ? readFileSync(path, "utf8").trimEnd().split("\n") : []);
const rowsOf = (run: string) => readRows(join(run, "rows.csv")).rows;

/** The fate of a task at the second look: the number of new rows, and the state. */
type Fate = readonly [rows: number, state: TaskState | undefined];

/** A SLURM whose tasks copy rows that were measured before. */
class FakeSlurm implements SlurmClient {
	readonly scripts: string[] = [];
	readonly looks: number[] = [];
	private readonly fates: readonly Readonly<Record<number, Fate>>[];

	/** @param fates what becomes of the tasks of each job by their numbers; of those that are not there: all rows, COMPLETED */
	constructor(...fates: readonly Readonly<Record<number, Fate>>[]) {
		this.fates = fates;
	}

	async submit(scriptPath: string): Promise<number> {
		this.scripts.push(readFileSync(scriptPath, "utf8"));
		this.looks.push(0);
		return this.scripts.length;
	}

	async taskStates(job: number): Promise<ReadonlyMap<number, TaskState> | undefined> {
		const script = this.scripts[job - 1]!;
		const tasks = /--array=(.*)/.exec(script)![1]! === "1-2" ? [1, 2] : [Number(/--array=(\d)$/m.exec(script)![1])];
		const looks = ++this.looks[job - 1]!;
		if (looks === 1) return new Map(tasks.map((task) => [task, "RUNNING"]));
		const states = new Map<number, TaskState>();
		for (const task of tasks) {
			const [rows, state] = this.fates[job - 1]?.[task] ?? [Number.POSITIVE_INFINITY, "COMPLETED"];
			if (looks === 2) this.work(task, / --out (\S+)$/m.exec(script)![1]!, rows);
			if (state !== undefined) states.set(task, state);
		}
		return states;
	}

	work(task: number, out: string, rows: number): void {
		const part = partOf(task, out);
		mkdirSync(part, { recursive: true });
		cpSync(join(partOf(task), "run.json"), join(part, "run.json"));
		const [header, ...all] = linesOf(join(partOf(task), "rows.csv"));
		const there = linesOf(join(part, "rows.csv")).slice(1);
		const added = all.filter((line) => !there.includes(line)).slice(0, rows);
		writeFileSync(join(part, "rows.csv"), [header, ...there, ...added, ""].join("\n"));
	}
}

function request(change: Partial<ArrayRequest> = {}): ArrayRequest {
	return {
		experiment: "scaling",
		plan,
		sweep: ["node", "attgrad", "sweep", "scaling", "--algorithm=exact it's"],
		words: ["scaling"],
		out: mkdtempSync(join(folder, "out-")),
		fresh: false,
		submission: {},
		...change,
	};
}

async function run(slurm: SlurmClient, what: ArrayRequest, signal = new AbortController().signal) {
	const notices: string[] = [];
	const end = await runArray(what, { slurm, notice: (line) => notices.push(line), pause: async () => {}, signal });
	return { ...end, notices };
}

const sorted = (rows: readonly { key: string }[]) => rows.toSorted((a, b) => (a.key < b.key ? -1 : 1));
const all = () => sorted([1, 2].flatMap((index) => rowsOf(partOf(index))));

test("all rows of all tasks come together, and nothing else is left", async () => {
	const slurm = new FakeSlurm();
	const what = request();
	const { left, notices } = await run(slurm, what);
	expect(left).toBe(0);
	expect(sorted(rowsOf(join(what.out, "scaling")))).toEqual(all());
	expect(existsSync(join(what.out, "scaling.slurm"))).toBe(false);
	expect(slurm.scripts).toHaveLength(1);
	expect(notices.at(0)).toMatch(/^scaling: submitted job 1: 4 cells in 2 tasks \(1-2\), /);
	expect(notices.slice(1)).toEqual([
		"scaling: 0 of 4 cells; tasks: 2 running",
		"scaling: 4 of 4 cells; tasks: 2 completed",
	]);
});

test("rows that arrive just after others were joined are not lost", async () => {
	const slurm = new FakeSlurm({ 1: [1, "RUNNING"], 2: [0, "RUNNING"] });
	const what = request();
	const { mergeNew } = ArrayShards.prototype;
	const spy = vi.spyOn(ArrayShards.prototype, "mergeNew").mockImplementation(function (this: ArrayShards) {
		mergeNew.call(this);
		for (const task of [1, 2]) slurm.work(task, this.attemptFolder(1), Number.POSITIVE_INFINITY);
	});
	try {
		expect((await run(slurm, what)).left).toBe(0);
	} finally {
		spy.mockRestore();
	}
	expect(sorted(rowsOf(join(what.out, "scaling")))).toEqual(all());
});

test("the cells of a task that was killed are submitted again, with the rows that it had", async () => {
	const slurm = new FakeSlurm({ 2: [1, "NODE_FAIL"] });
	const what = request();
	const { left, notices } = await run(slurm, what);
	expect(left).toBe(0);
	expect(slurm.scripts).toHaveLength(2);
	expect(slurm.scripts[1]).toMatch(/^#SBATCH --array=2$/m);
	expect(slurm.scripts[1]).toContain('--shard "$SLURM_ARRAY_TASK_ID"/2 --out ');
	expect(sorted(rowsOf(join(what.out, "scaling")))).toEqual(all());
	expect(notices).toContain("scaling: task 2 of job 1 ended as NODE_FAIL with 1 cells to run");
});

test.each([
	["TIMEOUT", 2, 1],
	["OUT_OF_MEMORY", 1, 2],
	["NODE_FAIL", 1, 1],
])("after %s a task gets %i times the time and %i times the memory", async (state, time, memory) => {
	const slurm = new FakeSlurm({ 1: [1, state] });
	await run(slurm, request());
	const asked = (script: string) =>
		["time", "mem"].map((name) => Number(new RegExp(`--${name}=(\\d+)`).exec(script)![1]));
	const [before, after] = slurm.scripts.map(asked) as [[number, number], [number, number]];
	expect(after[0] / before[0]).toBe(time);
	expect(after[1] / before[1]).toBe(memory);
});

test("a task that gives no row twice in a row is given up with its log; one that gives some is not", async () => {
	const what = request();
	const hopeless = new FakeSlurm({ 1: [0, "FAILED"] }, { 1: [0, "FAILED"] });
	await expect(run(hopeless, what)).rejects.toThrow(
		`task 1 gave no row 2 times in a row; its log: ${join(what.out, "scaling.slurm/attempt-2/task-1.log")}`,
	);
	expect(rowsOf(join(what.out, "scaling"))).toHaveLength(2);
	const slow = new FakeSlurm({ 1: [0, "FAILED"] }, { 1: [1, "FAILED"] }, { 1: [0, "FAILED"] });
	expect((await run(slow, request())).left).toBe(0);
});

test("a task that SLURM has forgotten has ended; one about which it does not answer has not", async () => {
	const forgotten = new FakeSlurm({ 1: [1, undefined] });
	expect((await run(forgotten, request())).left).toBe(0);
	expect(forgotten.scripts).toHaveLength(2);

	const slurm = new FakeSlurm();
	let answers = 0;
	const silent: SlurmClient = {
		submit: (path) => slurm.submit(path),
		taskStates: async (job) => (answers++ < 5 ? undefined : slurm.taskStates(job)),
	};
	const { left, notices } = await run(silent, request());
	expect({ left, jobs: slurm.scripts.length }).toEqual({ left: 0, jobs: 1 });
	expect(notices).toContain("scaling: squeue does not answer about job 1; trying again");
});

test("an array that was left is followed again by the same call, and refused to another", async () => {
	const slurm = new FakeSlurm();
	const what = request();
	const stop = new AbortController();
	const interrupted: SlurmClient = {
		submit: (path) => slurm.submit(path),
		taskStates: (job) => {
			stop.abort();
			return slurm.taskStates(job);
		},
	};
	const first = await run(interrupted, what, stop.signal);
	expect(first.left).toBe(4);
	expect(first.notices.at(-1)).toMatch(/job 1 keeps running; repeat the command without --fresh to follow it again$/);
	await expect(run(slurm, { ...what, words: ["scaling", "--n=8"] })).rejects.toThrow(/holds an array of another call/);
	const second = await run(slurm, what);
	expect(second.left).toBe(0);
	expect(second.notices[0]).toBe("scaling: following job 1 again");
	expect(slurm.scripts).toHaveLength(1);
});

test("rows that are there already are not measured again, unless all is to start anew", async () => {
	const what = request();
	cpSync(partOf(1), join(what.out, "scaling"), { recursive: true });
	const slurm = new FakeSlurm();
	await run(slurm, what);
	expect(slurm.scripts.map((script) => /--array=(.*)/.exec(script)![1])).toEqual(["2"]);
	expect(sorted(rowsOf(join(what.out, "scaling")))).toEqual(all());
	const again = new FakeSlurm();
	await run(again, what);
	expect(again.scripts).toEqual([]);
	const times = join(what.out, "scaling", "samples.jsonl");
	expect(existsSync(times)).toBe(true);
	const anew = new FakeSlurm();
	await run(anew, { ...what, fresh: true });
	expect(anew.scripts).toHaveLength(1);
	// These tasks have left none.
	expect(existsSync(times)).toBe(false);
	expect(sorted(rowsOf(join(what.out, "scaling")))).toEqual(all());
});

test("the script asks for what the cells need, and quotes what the shell would read", () => {
	const script = firstScript(
		request({ submission: { partition: "cpu", throttle: 1, options: "--account=a" }, out: "/shared/results" }),
	);
	expect(script.split("\n")).toEqual([
		"#!/bin/sh",
		"#SBATCH --job-name=attgrad-scaling",
		"#SBATCH --array=1-2%1",
		"#SBATCH --partition=cpu",
		"#SBATCH --nodes=1",
		"#SBATCH --ntasks=1",
		"#SBATCH --cpus-per-task=1",
		expect.stringMatching(/^#SBATCH --mem=\d{3}M$/),
		"#SBATCH --time=6",
		"#SBATCH --no-requeue",
		"#SBATCH --output=/shared/results/scaling.slurm/attempt-1/task-%a.log",
		`#SBATCH --chdir=${process.cwd()}`,
		"#SBATCH --account=a",
		`exec node attgrad sweep scaling '--algorithm=exact it'\\''s' --shard "$SLURM_ARRAY_TASK_ID"/2 --out /shared/results/scaling.slurm/attempt-1`,
		"",
	]);
});
