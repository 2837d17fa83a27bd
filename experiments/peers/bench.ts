import { readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { peers as programPeers } from "@attgrad/algorithms";
import { polynomial } from "@attgrad/approx-gradient";
import { type AnyGradientAlgorithm, type AttentionProblem, generateProblem } from "@attgrad/attention-problem";
import { streaming } from "@attgrad/exact-gradient";
import {
	ComputationError,
	createRuntime,
	type Dtype,
	type Matrix,
	maxAbs,
	maxAbsDifference,
	present,
	type Runtime,
} from "@attgrad/matrix-core";
import { flag, positiveNumber, scriptArguments, wholeNumber } from "@attgrad/matrix-core/script-arguments";
import { Bench } from "tinybench";
import { peers } from "./peers.ts";

const { write, rounds, scale } = scriptArguments({
	call: "npm run bench",
	summary: `Time and error of our gradients and of other software, every candidate in turn, round after round, in one process: a table in
		Markdown.`,
	options: {
		write: flag("put the table between the marks of docs/performance.md and into results/reference/bench.txt"),
		rounds: wholeNumber("rounds; slow candidates are timed in the first three", { default: 7 }),
		scale: positiveNumber("what every n is multiplied by: less than 1 for a first look", { default: 1 }),
	},
});

/** A gradient to be timed. */
interface Candidate {
	readonly name: string;
	readonly algorithm: AnyGradientAlgorithm;
	readonly options: object;
	readonly dtype: Dtype;
	readonly threads: number;
	/** n of the problem over that of the table: times are multiplied by its inverse square. */
	readonly part?: number;
}

/** One table: problems of one size, and the candidate that the others are compared with. */
interface Table {
	readonly n: number;
	readonly d: number;
	readonly candidates: readonly Candidate[];
}

const exact = (dtype: Dtype, threads: number, part?: number): Candidate => ({
	name: part ? `exact, from n = ${part}` : "**exact**",
	algorithm: streaming,
	options: {},
	dtype,
	threads,
	...(part && { part }),
});

/** Those of this folder, and those that run in processes of their own and tell their time. */
const others = [...peers, ...programPeers];

const other = (dtype: Dtype): Candidate[] =>
	others.map((algorithm) => ({ name: algorithm.name, algorithm, options: {}, dtype, threads: 1 }));

const route = (name: "moment" | "reverse", degree: number, dtype: Dtype, threads: number): Candidate => ({
	name: `**${name}**, degree ${degree}`,
	algorithm: polynomial,
	options: polynomial.options.parse({ route: name, degree }),
	dtype,
	threads,
});

/** The time to a proof: every entry within `relative` of the largest one, by polynomials by row at the degree that this takes. */
const proved = (relative: number, threads: number): Candidate => ({
	name: `**gauss**, proves ${relative}`,
	algorithm: polynomial,
	options: polynomial.options.parse({ basis: "gauss", relative }),
	dtype: "f64",
	threads,
});

const routes = (degree: number) => [
	proved(1e-2, 1),
	proved(1e-2, 2),
	route("reverse", degree, "f64", 1),
	route("reverse", degree, "f64", 2),
	route("reverse", degree, "f32", 1),
	// as accurate as `reverse` at the degree above
	route("moment", degree - 1, "f64", 1),
	route("moment", degree, "f64", 1),
];

const size = (n: number) => Math.max(64, Math.round(n * scale));

const tables: Table[] = [
	...[8, 64].map((d) => ({
		n: size(4096),
		d,
		candidates: [exact("f64", 1), exact("f64", 2), ...other("f64"), exact("f32", 1), exact("f32", 2), ...other("f32")],
	})),
	{ n: size(16_384), d: 4, candidates: [exact("f64", 1), ...routes(6)] },
	{ n: size(262_144), d: 8, candidates: [exact("f64", 1, size(32_768)), ...routes(6)] },
];

/** Runs slower than this are timed in the first three rounds only. */
const SLOW_MS = 1000;

/** Time of the runs in a round; there is at least one run. Programs in separate processes first warm up if their runs are shorter than this. */
const ROUND_MS = { own: 100, program: 1000 };

/** Milliseconds of the shortest run of a round, by tinybench. */
async function timeRound(run: () => Promise<unknown>): Promise<number> {
	const bench = new Bench({ iterations: 1, time: ROUND_MS.own, warmup: false, throws: true });
	bench.add("run", async () => {
		await run();
	});
	const [task] = await bench.run();
	if (task.result.state !== "completed") throw new Error(`tinybench: the timed run is ${task.result.state}`);
	return task.result.latency.min;
}

/** A candidate of a table with its times, or the reason why it has none. */
interface Line {
	readonly candidate: Candidate;
	readonly times: number[];
	readonly error?: number;
	/** The proved error over max |g|. */
	readonly proved?: number;
	readonly reason?: string;
	/** Milliseconds of the shortest run of a round, by our clock or that of the program that computes it. */
	time(): Promise<number>;
}

/** The problems of a table, each made once. */
function problemsOf({ d }: Table) {
	const problems = new Map<string, AttentionProblem>();
	return (n: number, dtype: Dtype): AttentionProblem => {
		const key = `${n} ${dtype}`;
		const made = problems.get(key) ?? generateProblem({ distribution: "uniform", n, d, B: 1, seed: 1, dtype });
		problems.set(key, made);
		return made;
	};
}

/** The gradient that errors are measured against: of plain TypeScript, and where that is slow of the fused kernel in f64; none for large n. */
async function referenceOf(problem: AttentionProblem): Promise<Matrix | undefined> {
	if (problem.n > 2 ** 16) return undefined;
	const judge = await createRuntime(problem.n <= 4096 ? { kernel: "js" } : { threads: 2 });
	try {
		return (await streaming.run(problem, {}, judge)).gradient;
	} finally {
		await judge.close();
	}
}

/** Runs a candidate once: its line, without times. */
async function lineOf(
	candidate: Candidate,
	problem: AttentionProblem,
	runtime: Runtime,
	reference: Matrix | undefined,
): Promise<Line> {
	const { algorithm, options, part } = candidate;
	const run = () => algorithm.run(problem, options, runtime);
	const time = async (): Promise<number> => {
		if (!algorithm.timeRuns) return timeRound(run);
		return Math.min(...(await algorithm.timeRuns(problem, options, runtime, ROUND_MS.program)).milliseconds);
	};
	const line = { candidate, times: [], time };
	const supported = algorithm.supports(problem, options);
	if (supported !== true) return { ...line, reason: supported.reason };
	try {
		const { gradient, certificate } = await run();
		const proved = certificate && Number.isFinite(certificate.bound) ? certificate.bound / maxAbs(gradient) : undefined;
		return {
			...line,
			...(reference && !part && { error: maxAbsDifference(gradient, reference) / maxAbs(reference) }),
			...(proved !== undefined && { proved }),
		};
	} catch (failure) {
		// a program that is not there or lacks a package, or other software that runs out of its memory
		if (!(failure instanceof ComputationError || others.includes(algorithm))) throw failure;
		const [reason] = (failure instanceof Error ? failure.message : String(failure)).split("\n");
		return { ...line, reason };
	}
}

async function measure(table: Table): Promise<string[]> {
	const { n, candidates } = table;
	const problemOf = problemsOf(table);
	const reference = await referenceOf(problemOf(n, "f64"));
	const runtimes = new Map<number, Runtime>();
	for (const threads of new Set(candidates.map((each) => each.threads)))
		runtimes.set(threads, await createRuntime({ threads }));
	const runtimeOf = (threads: number) => present(runtimes.get(threads), `the runtime of ${threads} threads`);
	const lines: Line[] = [];
	for (const candidate of candidates) {
		const { dtype, threads, part = n } = candidate;
		lines.push(await lineOf(candidate, problemOf(part, dtype), runtimeOf(threads), reference));
	}
	for (let round = 0; round < rounds; round++)
		for (const { times, reason, time } of lines) {
			if (reason !== undefined || (round >= 3 && Math.min(...times) > SLOW_MS)) continue;
			times.push(await time());
		}
	const { kernel } = runtimeOf(1);
	for (const runtime of runtimes.values()) await runtime.close();
	return tableText(table, lines, kernel);
}

/** The lines of a table in Markdown, under its heading. */
function tableText({ n, d }: Table, lines: readonly Line[], kernel: string): string[] {
	const timeOf = ({ times, candidate: { part } }: Line) => Math.min(...times) * (part ? (n / part) ** 2 : 1);
	const first = timeOf(lines[0]);
	return [
		`n = ${n}, d = ${d}, milliseconds a gradient (shortest run of ${rounds} rounds; slow ones of 3), kernel ${kernel}:`,
		"",
		"| | number type | threads | ms | time / first | error | proved error / max \\|g\\| |",
		"|---|---|---|---|---|---|---|",
		...lines.map((line) => {
			const { name, dtype, threads } = line.candidate;
			if (line.reason !== undefined) return `| ${name} | ${dtype} | ${threads} | ${line.reason} | | | |`;
			const time = timeOf(line);
			const ratio = time >= first ? (time / first).toPrecision(3) : `1/${(first / time).toPrecision(3)}`;
			const error = line.error === undefined ? "" : line.error.toExponential(1);
			const bound = line.proved === undefined ? "" : line.proved.toExponential(1);
			return `| ${name} | ${dtype} | ${threads} | ${Number(time.toPrecision(3))} | ${ratio} | ${error} | ${bound} |`;
		}),
		"",
	];
}

const text: string[] = [`${cpus()[0]?.model.trim()}, ${cpus().length} cores, Node ${process.versions.node}.`, ""];
for (const table of tables) {
	process.stderr.write(`n = ${table.n}, d = ${table.d}: ${table.candidates.length} candidates\n`);
	text.push(...(await measure(table)));
}
const made = text.join("\n");
if (!write) console.log(made);
else {
	const path = new URL("../../docs/performance.md", import.meta.url);
	const marks = /(<!-- bench -->\n)[\s\S]*?(<!-- end of bench -->)/;
	const old = readFileSync(path, "utf8");
	if (!marks.test(old)) throw new Error("docs/performance.md has no marks for the table");
	writeFileSync(path, old.replace(marks, `$1\n${made}\n$2`));
	writeFileSync(new URL("../../results/reference/bench.txt", import.meta.url), made);
}
process.exit(0);
