import { writeAtomically } from "@attgrad/attention-problem";
import {
	type ComparedPoint,
	type Comparison,
	type Condition,
	compareRuns,
	comparisonPage,
	conditions,
	describeChange,
	findRun,
	type LonePoint,
	saveBaseline,
	shownTime,
	textTable,
} from "@attgrad/harness";
import { UsageError } from "@attgrad/matrix-core";
import { measureCommits } from "./commits.ts";

/** The flags of `attgrad compare`. */
export interface CompareRequest {
	readonly save?: string | undefined;
	readonly across?: string | undefined;
	readonly failOnRegression?: string | undefined;
	readonly html?: string | undefined;
	readonly commits: boolean;
	readonly rounds: number;
	readonly sweep?: string | undefined;
	readonly json: boolean;
}

/**
 * Compares two runs, or keeps one as a baseline, and prints what was found.
 * @returns the exit code: 1 where a point has become slower by what was asked not to be
 * @throws UsageError for a wrong call, and for runs that are not comparable
 */
export function answerCompare(
	runs: readonly string[],
	{ save, across, failOnRegression, html, json, commits, rounds, sweep }: CompareRequest,
): number {
	if (save !== undefined) {
		if (runs.length !== 1) throw new UsageError(`--save takes one folder, got ${runs.length}`);
		const folder = saveBaseline(save, runs[0]);
		console.log(json ? JSON.stringify({ saved: folder }) : `saved ${folder}`);
		return 0;
	}
	const limit = failOnRegression === undefined ? undefined : readLimit(failOnRegression);
	if (sweep !== undefined && !commits) throw new UsageError("--sweep needs --commits");
	const [first, second] = commits
		? measured(runs, rounds, sweep)
		: (twoRuns(runs).map((run) => findRun(run)) as [string, string]);
	// Both commits ran here, whatever each calls the machine.
	const comparison = compareRuns(first, second, [...readAcross(across), ...(commits ? (["machine"] as const) : [])]);
	const regressions = comparison.points.filter(
		({ verdict, ratio }) => limit !== undefined && verdict === "slower" && ratio >= 1 + limit,
	);
	if (html !== undefined) writeAtomically(html, comparisonPage(first, second, comparison));
	if (json)
		console.log(JSON.stringify({ first, second, ...comparison, regressions: regressions.map(({ name }) => name) }));
	else console.log(describeComparison(first, second, comparison));
	if (regressions.length === 0) return 0;
	console.error(
		`attgrad compare: ${regressions.length} of ${comparison.points.length} points slower by ${failOnRegression} or more`,
	);
	return 1;
}

/** @throws UsageError for another number of runs */
function twoRuns(runs: readonly string[]): readonly string[] {
	if (runs.length !== 2) throw new UsageError(`compare takes two runs, got ${runs.length}`);
	return runs;
}

/** The results of two commits, measured in turn. */
function measured(words: readonly string[], rounds: number, sweep = ""): [string, string] {
	const [first, second, ...experiments] = words;
	if (first === undefined || second === undefined || experiments.length === 0)
		throw new UsageError(
			"--commits takes two commits and the experiments to measure, like --commits main HEAD scaling",
		);
	return measureCommits({
		commits: [first, second],
		experiments,
		rounds,
		words: sweep.split(/\s+/).filter(Boolean),
		tell: (line) => console.error(`attgrad compare: ${line}`),
	});
}

/** `10%` or `0.1` as 0.1. */
function readLimit(text: string): number {
	const [, number, percent] = /^(\d*\.?\d+)(%?)$/.exec(text.trim()) ?? [];
	const limit = Number(number) / (percent ? 100 : 1);
	// A bare 10 is meant as 10 % far more often than as ten times as slow.
	if (!(limit > 0) || (!percent && limit >= 1))
		throw new UsageError(`--fail-on-regression must be a share above 0 like 10% or 0.1, got ${text}`);
	return limit;
}

function readAcross(text: string | undefined): Condition[] {
	return (text?.split(",") ?? []).map((word) => {
		const found = conditions.find((name) => name === word.trim());
		if (!found) throw new UsageError(`--across must be among ${conditions.join(", ")}, got ${word}`);
		return found;
	});
}

/** The comparison for people: a line a point, those that have changed marked, and the sum of it. */
function describeComparison(first: string, second: string, { points, noise, alone, incomparable }: Comparison): string {
	const lines = textTable(
		["point", "before", "after", "ratio", "95 % interval", "change"],
		points.map((point) => [
			point.name,
			...point.times.map(shownTime),
			point.ratio.toFixed(3),
			point.interval ? point.interval.map((end) => end.toFixed(3)).join(" to ") : "",
			describeChange(point),
		]),
	);
	const count = (wanted: ComparedPoint["verdict"]) => points.filter(({ verdict }) => verdict === wanted).length;
	const left = [
		...describeAlone(alone),
		incomparable > 0 && `${incomparable} left out, measured in other conditions`,
	].filter((line) => line !== false);
	return [
		`before ${first}, after ${second}`,
		"",
		...lines,
		"",
		`${points.length} points: ${count("slower")} slower, ${count("faster")} faster, ${count("same")} without a change above noise, ${count("unknown")} timed once only`,
		`noise between identical halves: ${(100 * noise).toFixed(1)} %`,
		...left,
	].join("\n");
}

/** Most points that are listed one by one. */
const mostAlone = 20;

/** The points that one run alone has timed, a line each. */
function describeAlone(alone: readonly LonePoint[]): string[] {
	if (alone.length === 0) return [];
	const lines = alone
		.slice(0, mostAlone)
		.map(
			({ name, run, otherwise }) =>
				`  ${run === "first" ? "before" : "after"}: ${name}${otherwise ? ` (${otherwise} in the other)` : ""}`,
		);
	const more = alone.length > mostAlone ? [`  … and ${alone.length - mostAlone} more: --json or --html has all`] : [];
	return [`${alone.length} points in one run only:`, ...lines, ...more];
}
