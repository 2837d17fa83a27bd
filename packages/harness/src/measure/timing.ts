import { medianInterval } from "../fits/index.ts";

/** Statistics of the raw times that have no column in a row: `extra.timing`. */
export interface TimingDetail {
	/** 95 % bootstrap interval of the median, milliseconds. */
	readonly interval_ms: readonly [low: number, high: number];
	/** Times outside Tukey's fences, 1.5 interquartile ranges beyond the quartiles. They are kept. */
	readonly outliers: number;
	/** Median time of each round, milliseconds: how the machine drifted. */
	readonly rounds_ms: readonly number[];
}

/** Times of repeated runs, milliseconds. */
export interface Timing {
	readonly median: number;
	/** Median absolute deviation from the median; absent for a single run. */
	readonly mad?: number;
	readonly min: number;
	readonly samples: number;
	/** Absent for a single run. */
	readonly detail?: TimingDetail;
	/** The times themselves by round, ascending, at most `keptTimes` of each, evenly taken. */
	readonly rounds: readonly (readonly number[])[];
}

/** Times of a round that are kept: more would fill the disk and tell nothing. */
const keptTimes = 25;

/**
 * Describes times that were measured in rounds.
 * @param rounds one time at least, milliseconds
 */
export function timingOf(rounds: readonly (readonly number[])[]): Timing {
	const ordered = Float64Array.from(rounds.flat()).sort();
	const median = quantile(ordered, 0.5);
	const ascending = rounds.map((times) => Float64Array.from(times).sort());
	return {
		median,
		min: ordered[0],
		samples: ordered.length,
		rounds: ascending.map((times) => thinned(times).map(reading)),
		...(ordered.length > 1 && {
			mad: quantile(ordered.map((time) => Math.abs(time - median)).sort(), 0.5),
			detail: {
				interval_ms: medianInterval(ordered).map(reading) as [number, number],
				outliers: countOutliers(ordered),
				rounds_ms: ascending.map((times) => reading(quantile(times, 0.5))),
			},
		}),
	};
}

/** A clock's or a counter's reading, without digits that mean nothing. */
export function reading(value: number): number {
	return Number(value.toPrecision(6));
}

/** The fields of a measurement that its times and its memory give. @param memory MiB */
export function describeTiming({ median, mad, min, samples, detail, rounds }: Timing, memory: number) {
	return {
		time_ms: reading(median),
		...(mad !== undefined && { time_mad_ms: reading(mad) }),
		time_min_ms: reading(min),
		samples,
		...(detail && { timing: detail }),
		rounds,
		peak_rss_mb: reading(memory),
	};
}

/** Quantile of ascending values, linear between them. */
function quantile(ordered: Float64Array, probability: number): number {
	const at = probability * (ordered.length - 1);
	const [low, high] = [ordered[Math.floor(at)], ordered[Math.ceil(at)]];
	return low + (high - low) * (at - Math.floor(at));
}

function countOutliers(ordered: Float64Array): number {
	const [first, third] = [quantile(ordered, 0.25), quantile(ordered, 0.75)];
	const reach = 1.5 * (third - first);
	return ordered.filter((time) => time < first - reach || time > third + reach).length;
}

/** Values at evenly spaced ranks: they are distributed as all of them are. */
function thinned(ordered: Float64Array): number[] {
	if (ordered.length <= keptTimes) return [...ordered];
	return Array.from({ length: keptTimes }, (_, i) => ordered[Math.round((i * (ordered.length - 1)) / (keptTimes - 1))]);
}
