import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import {
	type CostName,
	calibratedModel,
	costNames,
	costRun,
	exactRowsRun,
	exactRowsTime,
} from "@attgrad/approx-gradient";
import { type AttentionProblem, generateProblem } from "@attgrad/attention-problem";
import { ComputationError, createRuntime, UsageError } from "@attgrad/matrix-core";
import { choices, flag, scriptArguments, wholeNumber, wholeNumbers } from "@attgrad/matrix-core/script-arguments";
import { costPoints } from "./cost-points.ts";
import { plannedRuns } from "./planned-runs.ts";
import { processorTime } from "./processor-time.ts";

const ALLOWED = 2;
/** Predicted times beyond this are not waited for, milliseconds. */
const LONGEST = 10_000;
/** A point is run again until it has taken so long, and twice where it takes less than `TWICE`, milliseconds: code is compiled in its first runs. */
const [ENOUGH, TWICE] = [400, 1500];
/** A point that is off by less than this is not counted as off, milliseconds. */
const NEGLIGIBLE = 1;
/** Numbers that a problem may have: 10^7 rows at d = 4 take 1.3 GB. */
const MOST_NUMBERS = 2e8;
/** The name of what is no algorithm of its own. */
const EXACT_ROWS = "exact rows";
/** The name of runs to an accuracy, as plans foresee them. */
const PLANS = "plans";

const {
	write,
	from,
	to,
	d: widths,
	only,
} = scriptArguments({
	call: "npm run bench:costs",
	summary: `How far the cost models of the planner are from the times of runs, for every algorithm and route, n = 10^3 to 10^7, on one thread,
		for exact rows of polynomials by row, and for polynomials by row and anisotropic sets to a relative 1e-3 as a plan foresees them. Exits 1 where a model is off by more than a factor of ${ALLOWED} and a millisecond.

		The least processor time of the runs counts, which is blind to other processes. Every point that is predicted to take less than ten
		seconds is run; it ends within ten minutes on an idle machine. A table at the end has measured over predicted time, least and largest of
		the points of each algorithm and n.`,
	options: {
		write: flag("put the table between the marks of docs/performance.md"),
		from: wholeNumber("the least power of ten of n", { most: 9, default: 3 }),
		to: wholeNumber("the largest power of ten of n", { most: 9, default: 7 }),
		d: wholeNumbers("width", { default: [2, 4, 8, 16] }),
		only: choices("what is run", [...costNames, EXACT_ROWS, PLANS]),
	},
});
if (from > to) throw new UsageError(`--from must be at most --to, got ${from} and ${to}`);
const names = costNames.filter((name) => only.includes(name));
const exponents = Array.from({ length: to - from + 1 }, (_, at) => from + at);

/** A run to be compared with its prediction. */
interface Comparison {
	readonly name: string;
	readonly n: number;
	readonly d: number;
	readonly words: string;
	readonly predicted: number;
	run(problem: AttentionProblem): Promise<() => Promise<unknown>>;
}

// Units are measured anew: those of the user's cache may be of a time when the machine was busy.
const cache = mkdtempSync(join(tmpdir(), "attgrad-costs-"));
process.env["XDG_CACHE_HOME"] = cache;
/** Runs that the last run needed beyond its first. */
let moreRuns = 0;
const runtime = await createRuntime({
	onMoreRounds: (count) => {
		moreRuns += count;
	},
});
const model = await calibratedModel(runtime, "f64", costNames);
rmSync(cache, { recursive: true });

function comparisonsAt(n: number): Comparison[] {
	const ofAlgorithms = names.flatMap((name: CostName) =>
		costPoints(name, n).map(({ d, options, work }): Comparison => {
			const words = JSON.stringify(options);
			const run = async (problem: AttentionProblem) => costRun(name, problem, options, runtime);
			return { name, n, d, words, predicted: model.timeOf(name, work), run };
		}),
	);
	const ofExactRows = [2, 4, 8].flatMap((d) =>
		[n / 100, n / 10].map((rows): Comparison => {
			const predicted = exactRowsTime(model, { n, d }, rows);
			const run = (problem: AttentionProblem) => exactRowsRun(problem, rows, runtime);
			return { name: EXACT_ROWS, n, d, words: `${rows} rows`, predicted, run };
		}),
	);
	const all = only.includes(EXACT_ROWS) ? [...ofAlgorithms, ...ofExactRows] : ofAlgorithms;
	return all.filter(({ d, predicted }) => widths.includes(d) && predicted <= LONGEST && 4 * n * d <= MOST_NUMBERS);
}

/** The reason of an algorithm that refuses a problem. @throws any other failure */
function refusal(failure: unknown): string {
	if (failure instanceof UsageError || failure instanceof ComputationError) return failure.message;
	throw failure;
}

/** Processor time of a run that is repeated, the least, milliseconds; or why the algorithm refuses the problem. */
async function leastTime(run: () => Promise<unknown>): Promise<number | string> {
	let least = Number.POSITIVE_INFINITY;
	for (let spent = 0, runs = 0; spent < ENOUGH || (runs < 2 && spent < TWICE); runs++) {
		let refused: string | undefined;
		const time = await processorTime(async () => {
			refused = await run().then(() => undefined, refusal);
		});
		if (refused !== undefined) return refused;
		least = Math.min(least, time);
		spent += time;
	}
	return least;
}

let worst = 1;
/** Measured over predicted time, by algorithm and n. */
const ratios = new Map<string, Map<number, number[]>>();

function note({ name, n, d, words, predicted }: Omit<Comparison, "run">, least: number): void {
	const isNegligible = Math.abs(least - predicted) < NEGLIGIBLE;
	const ratio = least / predicted;
	const off = !isNegligible && Math.max(ratio, 1 / ratio) > ALLOWED;
	if (!isNegligible) worst = Math.max(worst, ratio, 1 / ratio);
	const times = `${least.toFixed(2)} ms, predicted ${predicted.toFixed(2)} ms`;
	console.log(`${name} n ${n} d ${d} ${words}: ${times}, ratio ${ratio.toFixed(2)}${off ? " OFF" : ""}`);
	const ofName = ratios.get(name) ?? new Map<number, number[]>();
	ratios.set(name, ofName.set(n, [...(ofName.get(n) ?? []), ratio]));
}

const lists = exponents.map((exponent) => comparisonsAt(10 ** exponent));
const foreseen = lists.flat().reduce((sum, { predicted }) => sum + Math.max(ENOUGH, predicted), 0);
console.log(`${lists.flat().length} points, predicted to take ${Math.ceil(foreseen / 60_000)} min`);
for (const list of lists)
	for (const d of new Set(list.map((one) => one.d))) {
		const { n } = list[0];
		const problem = generateProblem({ distribution: "uniform", n, d, B: 0.5, seed: 1 });
		for (const comparison of list.filter((one) => one.d === d)) {
			const measured = await leastTime(await comparison.run(problem));
			if (typeof measured === "number") note(comparison, measured);
			else console.log(`${comparison.name} n ${n} d ${d} ${comparison.words}: refused: ${measured}`);
		}
	}

if (only.includes(PLANS))
	for (const n of exponents.map((exponent) => 10 ** exponent))
		for (const d of [2, 4, 8].filter((d) => widths.includes(d) && 4 * n * d <= MOST_NUMBERS))
			for (const { run, ...planned } of await plannedRuns(n, d, LONGEST, runtime)) {
				moreRuns = 0;
				const measured = await leastTime(run);
				const point = `${planned.name} n ${n} d ${d} ${planned.words}`;
				if (typeof measured !== "number") console.log(`${point}: refused: ${measured}`);
				// The degree or set was a little too small: plans foresee one run.
				else if (moreRuns > 0) console.log(`${point}: ${measured.toFixed(2)} ms, took a second run`);
				else note({ ...planned, n, d }, measured);
			}

const column = (numbers: readonly number[] | undefined): string => {
	if (!numbers) return "";
	const [least, most] = [Math.min(...numbers).toFixed(2), Math.max(...numbers).toFixed(2)];
	return least === most ? least : `${least} to ${most}`;
};
const table = [
	`| measured over predicted | ${exponents.map((exponent) => `n = 10^${exponent}`).join(" | ")} |`,
	`|---|${exponents.map(() => "---|").join("")}`,
	...[...ratios].map(
		([name, ofName]) => `| ${name} | ${exponents.map((exponent) => column(ofName.get(10 ** exponent))).join(" | ")} |`,
	),
].join("\n");
console.log(`\n${table}\nworst factor ${worst.toFixed(2)}, allowed ${ALLOWED}`);
if (write) {
	const processor = (cpus()[0]?.model ?? "unknown processor").replace(/ (?:\d+-Core )?Processor.*/, "");
	const file = new URL("../docs/performance.md", import.meta.url);
	const before = readFileSync(file, "utf8");
	const marks = /(<!-- costs -->\n)[\s\S]*?(<!-- end of costs -->)/;
	if (!marks.test(before)) throw new Error("docs/performance.md has no marks for the table of costs");
	const text = `${processor}, ${cpus().length} cores, Node ${process.versions.node}, kernel ${runtime.kernel}; worst factor ${worst.toFixed(2)}.`;
	writeFileSync(
		file,
		before.replace(marks, (_, begin, end) => `${begin}\n${text}\n\n${table}\n\n${end}`),
	);
}
process.exitCode = worst > ALLOWED ? 1 : 0;
await runtime.close();
