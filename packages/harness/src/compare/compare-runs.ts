import { UsageError } from "@attgrad/matrix-core";
import { readRowsOf, readRunInfo, readSamples, runsIn } from "../store/index.ts";
import { judge, type Verdict } from "./judge.ts";
import { type Condition, type LonePoint, matchPoints, type Point, type TimedPoint } from "./match.ts";
import { type Ratio, ratioOf } from "./ratio.ts";

/** A point that both runs have. */
export interface ComparedPoint extends Omit<Ratio, "halves"> {
	readonly name: string;
	/** Median times of both runs, milliseconds. */
	readonly times: readonly [first: number, second: number];
	readonly verdict: Verdict;
}

/** How a second run compares with a first. */
export interface Comparison {
	readonly points: readonly ComparedPoint[];
	/** The bound that 19 of 20 differences between identical halves stay below: 0.03 is 3 %. */
	readonly noise: number;
	/** Points that one run alone has timed. */
	readonly alone: readonly LonePoint[];
	/** Points left out because they were measured in other conditions. */
	readonly incomparable: number;
}

/**
 * Compares the times of two results folders, or of two folders that hold results folders.
 * @param across conditions that may differ
 * @throws UsageError where a folder holds no results, or where no two points are comparable
 */
export function compareRuns(first: string, second: string, across: readonly Condition[] = []): Comparison {
	const matched = matchPoints(pointsOf(first), pointsOf(second), across);
	const { pairs, alone, incomparable, differing } = matched;
	if (pairs.length === 0) throw new UsageError(refusal(first, second, differing));
	const ratios = pairs.map((pair) => ratioOf(timesOf(pair.first), timesOf(pair.second)));
	const { verdicts, noise } = judge(ratios);
	return {
		points: pairs.map(({ name, first, second }, i) => {
			const { ratio, interval } = ratios[i];
			const times = [first.row.time_ms, second.row.time_ms] as const;
			return { name, times, ratio, ...(interval && { interval }), verdict: verdicts[i] };
		}),
		noise,
		alone,
		incomparable,
	};
}

/** The points of a results folder, or of all that a folder holds. */
function pointsOf(folder: string): Point[] {
	const folders = runsIn(folder);
	if (folders.length === 0) throw new UsageError(`${folder}: no results; give a folder that a sweep has written`);
	return folders.flatMap((one) => {
		const info = readRunInfo(one);
		const cells = new Map(info.cells.map((cell) => [cell.key, cell]));
		const samples = readSamples(one);
		return readRowsOf(one, info).flatMap((row) => {
			const cell = cells.get(row.key);
			return cell
				? [{ row, epsilon: cell.epsilon, relative: cell.relative, degree: cell.degree, rounds: samples.get(row.key) }]
				: [];
		});
	});
}

function timesOf({ row, rounds }: TimedPoint) {
	return { median: row.time_ms, rounds, mad: row.time_mad_ms, samples: row.samples };
}

function refusal(first: string, second: string, differing: ReadonlyMap<Condition, readonly [string, string]>): string {
	if (differing.size === 0) return `${first} and ${second} have no point in common that both have timed`;
	const what = [...differing].map(([name, [one, other]]) => `${name} (${one}; ${other})`).join(", ");
	return `${first} and ${second} differ in ${what}: not comparable; say --across ${[...differing.keys()].join(",")} to compare all the same`;
}
