import { Matrix, solve } from "@attgrad/matrix-core";
import { nodes } from "./certified-maximum.ts";

/** Points on which extrema are looked for. */
const GRID = 2000;

const ROUNDS = 30;

/**
 * Chebyshev coefficients (of T_k(x/R)) of the polynomial of degree g that minimises max |1 - e^-x P(x)| on [-R, R], by
 * Remez exchange: g + 2 points where the error alternates in sign and is of one size (paper.md 6). The best polynomial
 * met is given, whether or not the exchange has come to its end; undefined where none was met (equations singular).
 */
export function weightedMinimax(radius: number, degree: number): Float64Array | undefined {
	const grid = Float64Array.from([-1, ...nodes(GRID), 1], (node) => radius * node);
	let reference: Float64Array = Float64Array.from(
		{ length: degree + 2 },
		(_, i) => -radius * Math.cos((Math.PI * i) / (degree + 1)),
	);
	let best: { series: Float64Array; largest: number } | undefined;
	for (let round = 0; round < ROUNDS; round++) {
		const levelled = levelledError(reference, radius, degree);
		if (!levelled) break;
		const errors = grid.map((x) => 1 - Math.exp(-x) * chebyshevSum(levelled.series, x / radius));
		const largest = errors.reduce((most, e) => Math.max(most, Math.abs(e)), 0);
		if (!best || largest < best.largest) best = { series: levelled.series, largest };
		if (largest <= (1 + 1e-6) * levelled.level) break;
		const next = alternatingExtrema(grid, errors, degree + 2);
		if (!next) break;
		reference = next;
	}
	return best?.series;
}

/** Solves Σ c_k T_k(x_i/R) e^-x_i + (-1)^i level = 1 at g + 2 points. */
function levelledError(
	points: Float64Array,
	radius: number,
	degree: number,
): { series: Float64Array; level: number } | undefined {
	const equations = Matrix.build(degree + 2, degree + 2, (i, k) =>
		k <= degree ? Math.cos(k * Math.acos(clamp(points[i] / radius))) * Math.exp(-points[i]) : (-1) ** i,
	);
	try {
		const unknowns = solve(
			equations,
			Matrix.build(degree + 2, 1, () => 1),
		).data;
		const series = Float64Array.from(unknowns.subarray(0, degree + 1));
		return series.every(Number.isFinite) ? { series, level: Math.abs(unknowns[degree + 1]) } : undefined;
	} catch {
		return undefined;
	}
}

const clamp = (y: number): number => Math.min(1, Math.max(-1, y));

/** Σ c_k T_k(y) by Clenshaw's recurrence. */
function chebyshevSum(series: Float64Array, y: number): number {
	let [above, current] = [0, 0];
	for (let k = series.length - 1; k > 0; k--) [above, current] = [current, series[k] + 2 * y * current - above];
	return series[0] + y * current - above;
}

/** The largest error in each run of one sign, the smaller end dropped until `count` are left; undefined if fewer. */
function alternatingExtrema(grid: Float64Array, errors: Float64Array, count: number): Float64Array | undefined {
	const extrema: number[] = [];
	for (let at = 0; at < errors.length; at++) {
		const last = extrema.at(-1);
		if (last === undefined || errors[at] * errors[last] < 0) extrema.push(at);
		else if (Math.abs(errors[at]) > Math.abs(errors[last])) extrema[extrema.length - 1] = at;
	}
	while (extrema.length > count)
		if (Math.abs(errors[extrema[0]]) < Math.abs(errors[extrema[extrema.length - 1]])) extrema.shift();
		else extrema.pop();
	return extrema.length === count ? Float64Array.from(extrema, (at) => grid[at]) : undefined;
}
