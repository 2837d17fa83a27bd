import type { Random } from "@attgrad/matrix-core";
import { fitLine, type Line } from "./line.ts";
import type { SizedValue } from "./power-law.ts";

/** The growth of a curve around one size. */
export interface LocalExponent {
	/** Geometric mean of the sizes it rests on. */
	readonly n: number;
	/** d log value / d log n. */
	readonly exponent: number;
	/** 95 % interval, from the scatter about the local lines of the whole curve. Absent where nothing scatters: two sizes a line. */
	readonly interval?: readonly [low: number, high: number];
}

/**
 * The local exponents of a curve: the slope of a least-squares line, in logarithms, through each `window` neighbouring
 * sizes. Unlike one exponent for all it shows a constant part, which bends a curve at small n, and a cache that is left.
 * One window has hardly any residuals, so the intervals pool those of all; their quantiles are found by drawing normal
 * errors at these sizes, since windows share points and no table has them.
 * @param points values > 0, in any order
 * @param random where the errors are drawn from; a seeded one makes the intervals repeatable
 * @param window sizes a line rests on, 2 or more
 * @returns in the order of n; none where there are fewer sizes than `window`
 */
export function localExponents(
	points: readonly SizedValue[],
	random: Random,
	{ window = 3, draws = 2000 } = {},
): LocalExponent[] {
	const sizes = [...new Set(points.map(({ n }) => n))].sort((a, b) => a - b);
	const x = points.map(({ n }) => Math.log(n));
	const windows = sizes
		.slice(window - 1)
		.map((largest, i) => [...points.keys()].filter((p) => sizes[i] <= points[p].n && points[p].n <= largest));
	const linesOf = (y: readonly number[]) =>
		windows.map((members) =>
			fitLine(
				members.map((p) => x[p]),
				members.map((p) => y[p]),
			),
		);
	const lines = linesOf(points.map(({ value }) => Math.log(value)));
	const exponents = lines.map(({ slope, meanX }) => ({ n: Math.exp(meanX), exponent: slope }));
	if (lines.every(({ freedom }) => freedom === 0)) return exponents;
	const drawn = Array.from({ length: draws }, () => studentised(linesOf(x.map(() => random.normal()))));
	const scatter = pooledVariance(lines);
	return exponents.map((local, i) => {
		const ordered = Float64Array.from(drawn, (slopes) => Math.abs(slopes[i])).sort();
		const half = ordered[Math.ceil(0.95 * (draws + 1)) - 1] * Math.sqrt(scatter / lines[i].spread);
		return { ...local, interval: [local.exponent - half, local.exponent + half] };
	});
}

function pooledVariance(lines: readonly Line[]): number {
	const scattering = lines.filter(({ freedom }) => freedom > 0);
	return scattering.reduce((sum, { variance }) => sum + variance, 0) / scattering.length;
}

/** Each slope in standard errors, by the pooled variance. */
function studentised(lines: readonly Line[]): number[] {
	const variance = pooledVariance(lines);
	return lines.map(({ slope, spread }) => slope / Math.sqrt(variance / spread));
}
