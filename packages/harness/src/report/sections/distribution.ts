import type { Rounds } from "../../store/index.ts";

/** Bars of a histogram. */
const bars = 20;

/** The distribution of a cell's times as the page draws it; `PageSamples` of page.d.ts. */
export interface Distribution {
	readonly count: number;
	/** Shortest time and the one that 98 of 100 stay below, milliseconds: the last bar has the few that are longer. */
	readonly low: number;
	readonly high: number;
	readonly median: number;
	readonly bins: readonly number[];
	/** Where the median of each round is between low and high, 0 to 1. */
	readonly rounds: readonly number[];
}

/** The distribution of times in rounds, of which there is at least one. */
export function distributionOf(rounds: Rounds): Distribution {
	const times = rounds.flat().sort((a, b) => a - b);
	const [low, high] = [quantileOf(times, 0), quantileOf(times, 0.98)];
	const place = (time: number) => (high > low ? Math.min(1, Math.max(0, (time - low) / (high - low))) : 0);
	const bins = new Array<number>(bars).fill(0);
	for (const time of times) bins[Math.min(bars - 1, Math.floor(place(time) * bars))] += 1;
	const rounded = (x: number) => Number(x.toPrecision(4));
	return {
		count: times.length,
		low: rounded(low),
		high: rounded(high),
		median: rounded(quantileOf(times, 0.5)),
		bins,
		rounds: rounds.map((own) =>
			rounded(
				place(
					quantileOf(
						[...own].sort((a, b) => a - b),
						0.5,
					),
				),
			),
		),
	};
}

function quantileOf(sorted: readonly number[], part: number): number {
	return sorted[Math.round(part * (sorted.length - 1))];
}
