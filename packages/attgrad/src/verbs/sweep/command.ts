import type { Experiment, SweepOptions, SweepPlan, SweepSummary } from "@attgrad/harness";
import type { z } from "zod";
import type { Verb } from "../verb.ts";

/** `attgrad sweep`: measures what is not measured yet, then draws the figures. */
export const sweepVerb: Verb = {
	name: "sweep",
	argument: {
		syntax: "[experiment..]",
		type: "string",
		array: true,
		describe: "names that attgrad list shows, or files of your own like ./mine.ts; default: all",
	},
	summary: "Run experiments: measure the missing results, then draw the figures",
	examples: [
		["sweep", "the quick preset of every experiment"],
		["sweep scaling --n 2^10..2^17 --algorithm exact,polynomial/moment", "other sizes, fewer algorithms"],
		["sweep --dry-run", "the cells to measure and their predicted time"],
		["sweep degree --preset full --out runs", "the long form, into runs/degree"],
		["sweep ./mine.ts", "an experiment of your own (docs/extending.md)"],
	],
	flags: async () => [{ schema: await sweepFlags() }],
	run: async (given) => {
		const { readFlags } = await import("../../flags/flags.ts");
		const { experiments } = await import("@attgrad/experiments");
		const harness = await import("@attgrad/harness");
		const { drawRun } = await import("../plot/draw-run.ts");
		const {
			json,
			dryRun,
			shard: part,
			cellTimeout,
			memoryLimit,
			rerun,
			...flags
		} = readFlags(await sweepFlags(), given);
		const { preset, jobs, fresh, out } = flags;
		const asked = {
			preset,
			jobs,
			fresh,
			out,
			...(await gridOf(flags)),
			...(cellTimeout && { cellTimeout: 1000 * cellTimeout }),
			...(memoryLimit && { memoryLimit }),
			...(rerun && { rerun }),
			...(part && { shard: harness.parseShard(part) }),
		};
		const chosen = await chooseExperiments(given["experiment"], experiments);
		const known = [...new Set([...experiments, ...chosen])];
		if (dryRun) return describePlans(await plansOf(chosen, asked), json);
		const progress = await harness.createProgress();
		using stop = harness.onStopSignals();
		const done: (SweepSummary & { files: string[] })[] = [];
		for (const experiment of chosen) {
			if (stop.signal.aborted) break;
			const { signal } = stop;
			const summary = await harness.sweep(experiment, { ...asked, progress, signal });
			const { folder } = summary;
			const files = summary.left > 0 || part ? [] : await drawRun(folder, known);
			done.push({ ...summary, files });
			if (json) continue;
			console.log(describeSummary(summary, files));
			console.log(`\n${harness.describeRun(harness.readRun(folder, known))}\n`);
		}
		const isWhole = done.length === chosen.length && done.every(({ files }) => files.length > 0);
		const claims =
			chosen.length > 1 && isWhole
				? harness.reportClaims(out, known, (line) => console.error(`attgrad sweep: ${line}`))
				: undefined;
		if (json) console.log(JSON.stringify({ experiments: done, ...(claims && { claims }) }));
		else if (claims) console.log(`claims, with figures: ${claims}`);
		process.exitCode = stop.exitCode;
	},
};

/** The grid that flags ask for: axes in place of the experiment's, and the time limit of a curve. */
export async function gridOf(flags: GridFlags): Promise<Pick<SweepOptions, "overrides" | "timeLimit">> {
	const { parseAlgorithms, parseAxis } = await import("@attgrad/harness");
	const { n, d, B, epsilon, relative, degree, algorithm, command, commandName, threads, timeLimit } = flags;
	const { distribution, seed, dtype } = flags;
	const { UsageError } = await import("@attgrad/matrix-core");
	if ([epsilon, relative, degree].filter(Boolean).length > 1)
		throw new UsageError("give one of --epsilon, --relative and --degree");
	if (commandName !== undefined && command === undefined) throw new UsageError("--command-name needs --command");
	const { distributions } = await import("@attgrad/attention-problem");
	if (distribution && !distributions.some((name) => name === distribution))
		throw new UsageError(`--distribution must be one of ${distributions.join(", ")}, got ${distribution}`);
	const overrides = {
		...(n && { n: parseAxis("n", n, { whole: true }) }),
		...(d && { d: parseAxis("d", d, { whole: true }) }),
		...(B && { B: parseAxis("B", B) }),
		...(epsilon && { epsilon: parseAxis("epsilon", epsilon) }),
		...(relative && { relative: parseParts("relative", parseAxis("relative", relative), UsageError) }),
		...(degree && { degree: parseAxis("degree", degree, { whole: true }) }),
		...((algorithm || command) && {
			algorithm: [
				...(algorithm ? parseAlgorithms(algorithm) : []),
				...(command ? [spellingOf(command, commandName, UsageError)] : []),
			],
		}),
		...(distribution && { distribution: [distribution] }),
		...(seed && { seed: parseAxis("seed", seed, { whole: true }) }),
		...(dtype && { dtype: [dtype] }),
		...(threads && { threads: parseAxis("threads", threads, { whole: true }) }),
	};
	return { overrides, ...(timeLimit && { timeLimit: 1000 * timeLimit }) };
}

type GridFlags = Omit<
	z.output<Awaited<ReturnType<typeof sweepFlags>>>,
	"preset" | "jobs" | "shard" | "fresh" | "out" | "json" | "dryRun" | "rerun" | "cellTimeout" | "memoryLimit"
>;

/** @throws the given error for a name that has other characters than letters, digits, `.`, `_` and `-` */
function spellingOf(command: string, name: string | undefined, Refusal: new (message: string) => Error): string {
	if (name === undefined) return `command:${command}`;
	if (!/^[\w.-]+$/.test(name))
		throw new Refusal(`--command-name must be letters, digits, ".", "_" and "-", got ${name}`);
	return `command/${name}:${command}`;
}

/** @throws the given error where one of an axis' values is no part: 1 or more */
function parseParts(name: string, values: number[], Refusal: new (message: string) => Error): number[] {
	const wrong = values.find((value) => value >= 1);
	if (wrong !== undefined) throw new Refusal(`--${name}: each value must be < 1, got ${wrong}`);
	return values;
}

/** The options of a sweep. Values of axes stay text here: they may be lists and ranges. */
export async function sweepFlags() {
	const [{ z }, { durationOption, memoryOption }] = await Promise.all([
		import("zod"),
		import("@attgrad/attention-problem"),
	]);
	return z.object({
		preset: z.enum(["quick", "full"]).default("quick").describe("size of the grid"),
		n: z.string().optional().describe("sizes in place of the experiment's: 1024,2048 or 2^10..2^17"),
		d: z.string().optional().describe("widths in place of the experiment's: 4,8"),
		B: z.string().optional().describe("bounds in place of the experiment's: 0.5,1"),
		epsilon: z.string().optional().describe("errors to certify in place of the experiment's: 1e-4,1e-6"),
		relative: z
			.string()
			.optional()
			.describe("errors to certify as parts of the largest entry, in place of the experiment's: 1e-2,1e-3"),
		algorithm: z
			.string()
			.optional()
			.describe("algorithms in place of the experiment's: exact,polynomial/moment:basis=taylor"),
		degree: z.string().optional().describe("degrees in place of the experiment's degrees or errors: 4,8"),
		distribution: z.string().optional().describe("distribution in place of the experiment's"),
		seed: z.string().optional().describe("seeds in place of the experiment's: 1,2,3"),
		dtype: z.enum(["f64", "f32"]).optional().describe("number type in place of the experiment's"),
		command: z
			.string()
			.optional()
			.describe('a program of your own, beside what --algorithm names: "python3 mine.py" (docs/extending.md)'),
		commandName: z.string().optional().describe("name of --command in rows and figures: mine"),
		threads: z.string().optional().describe("numbers of threads in place of the experiment's: 1,2"),
		jobs: z
			.int()
			.min(1)
			.default(1)
			.describe("cells to run in parallel; more than one disturb each other, and their rows are marked"),
		timeLimit: durationOption
			.optional()
			.describe("skip the larger n of a curve once a point takes longer: 500ms, 10s, 2m; default: the experiment's"),
		cellTimeout: durationOption
			.optional()
			.describe("stop a cell whose total time is longer: 30s, 5m; default: 6 times the time limit, at least a minute"),
		memoryLimit: memoryOption
			.optional()
			.describe("stop a cell that takes more memory: 512MB, 4GB; default: four fifths of the memory"),
		rerun: z
			.enum(["failed", "skipped", "all"])
			.optional()
			.describe("measure these again; a row stays until its new one exists"),
		dryRun: z.boolean().default(false).describe("print the cells to measure and their predicted time; measure nothing"),
		shard: z
			.string()
			.optional()
			.describe(
				"measure shard i of k, i/k, into out/shard-i-of-k; shards cost about the same; attgrad merge merges them",
			),
		fresh: z.boolean().default(false).describe("delete existing results and measure everything again"),
		out: z.string().min(1).default("results").describe("folder in which each experiment has its own"),
		json: z.boolean().default(false).describe("print one JSON object"),
	});
}

/**
 * The experiments of these names and files; all that are known where there are none.
 * @throws UsageError for a name that no experiment has, and for a file that holds none
 */
export async function chooseExperiments(names: unknown, known: readonly Experiment[]): Promise<readonly Experiment[]> {
	if (!Array.isArray(names) || names.length === 0) return known;
	const { UsageError } = await import("@attgrad/matrix-core");
	const { meantOrKnown } = await import("@attgrad/matrix-core");
	const { isExperimentFile, loadExperiment } = await import("./experiment-file.ts");
	const knownNames = known.map((experiment) => experiment.name);
	const chosen: Experiment[] = [];
	for (const name of new Set<string>(names)) {
		const found = known.find((experiment) => experiment.name === name);
		if (!found && !isExperimentFile(name))
			throw new UsageError(`unknown experiment: ${name} (${meantOrKnown(name, knownNames)})`);
		chosen.push(found ?? (await loadExperiment(name)));
	}
	return chosen;
}

/** The plan of each experiment. */
async function plansOf(
	chosen: readonly Experiment[],
	options: Omit<SweepOptions, "progress" | "signal">,
): Promise<SweepPlan[]> {
	const { planSweep } = await import("@attgrad/harness");
	const plans: SweepPlan[] = [];
	for (const experiment of chosen) plans.push(await planSweep(experiment, options));
	return plans;
}

/** A line for each cell, then one for each experiment; or one JSON object. */
async function describePlans(plans: readonly SweepPlan[], json: boolean): Promise<void> {
	if (json) return console.log(JSON.stringify({ plans }));
	const { shortDuration } = await import("@attgrad/matrix-core");
	const timeOf = (cells: SweepPlan["toRun"]) => cells.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
	for (const { experiment, cells, toRun } of plans) {
		for (const { what, milliseconds } of toRun)
			console.log(
				`${experiment}: ${what}: ${milliseconds > 0 ? `about ${shortDuration(milliseconds)}` : "over the time limit, would be skipped"}`,
			);
		const end = toRun.length > 0 ? `, about ${shortDuration(timeOf(toRun))}` : "";
		console.log(`${experiment}: found ${cells} cells, done ${cells - toRun.length}, to run ${toRun.length}${end}`);
	}
	const all = plans.flatMap(({ toRun }) => toRun);
	if (plans.length > 1) console.log(`in all to run ${all.length}, about ${shortDuration(timeOf(all))}`);
}

/** `scaling: 33 done, 2 skipped; results/scaling: rows.csv, run.json, time-vs-n.png, time-vs-n.svg` */
function describeSummary({ experiment, folder, counts, left }: SweepSummary, files: readonly string[]): string {
	const outcomes = Object.entries({ ...counts, "to run": left }).filter(([, count]) => count > 0);
	const names = ["rows.csv", "run.json", ...files.map((file) => file.slice(folder.length + 1))];
	return `${experiment}: ${outcomes.map(([status, count]) => `${count} ${status}`).join(", ")}; ${folder}: ${names.join(", ")}`;
}
