import { seededRandom } from "@attgrad/matrix-core";
import { fitPowerLaw, type PowerLaw } from "../fits/power-law.ts";
import type { Row } from "../row.ts";
import type { LineFigure, Series } from "./figure.ts";

/** A point of a curve: the median of the rows at one x, and a band that holds all of them. */
export interface CurvePoint {
	readonly x: number;
	readonly y: number;
	readonly low: number;
	readonly high: number;
}

/** Values of one series of one algorithm. */
export interface Curve {
	readonly name: string;
	readonly kind: Series["kind"];
	readonly points: readonly CurvePoint[];
	readonly law?: PowerLaw;
}

/** A cell that gave no value. */
export interface Gap {
	/** Curve on which the value is missing. */
	readonly curve: string;
	readonly x: number;
	readonly status: Exclude<Row["status"], "done">;
}

/** The curves of a figure in these rows, and where points of its measured curves are missing. */
export function curvesOf(figure: LineFigure, rows: readonly Row[]): { curves: Curve[]; gaps: Gap[] } {
	const isLogarithmic = figure.y.scale !== "linear";
	const curves: Curve[] = [];
	const gaps: Gap[] = [];
	for (const series of figure.series) {
		const groups = Map.groupBy(rows, (row) => series.name ?? row.algorithm);
		for (const [name, members] of groups) {
			const points = pointsOf(series, members, isLogarithmic);
			if (series.kind === "measured")
				for (const row of members) {
					const x = series.x(row);
					if (row.status !== "done" && x !== undefined) gaps.push({ curve: name, x, status: row.status });
				}
			if (points.length === 0) continue;
			// Rows that were measured beside others are drawn, and not fitted.
			const quiet = pointsOf(
				series,
				members.filter(({ contended }) => !contended),
				isLogarithmic,
			);
			const law = figure.fitted && series.kind === "measured" ? fit(quiet) : undefined;
			curves.push({ name, kind: series.kind, points, ...(law && { law }) });
		}
	}
	return { curves, gaps: uniqueGaps(gaps) };
}

function pointsOf(series: Series, rows: readonly Row[], isLogarithmic: boolean): CurvePoint[] {
	const values = rows
		.filter(({ status }) => status === "done")
		.flatMap((row) => {
			const [x, y, spread = 0] = [series.x(row), series.y(row), series.spread?.(row)];
			return x === undefined || y === undefined || (isLogarithmic && y <= 0) ? [] : [{ x, y, spread }];
		});
	return [...Map.groupBy(values, ({ x }) => x)]
		.map(([x, group]) => {
			const low = Math.min(...group.map(({ y, spread }) => y - spread));
			const high = Math.max(...group.map(({ y, spread }) => y + spread));
			const y = median(group.map((value) => value.y));
			return { x, y, low: isLogarithmic && low <= 0 ? y : low, high };
		})
		.sort((a, b) => a.x - b.x);
}

function fit(points: readonly CurvePoint[]): PowerLaw | undefined {
	return fitPowerLaw(
		points.map(({ x, y }) => ({ n: x, value: y })),
		seededRandom(1, "figure"),
	);
}

function median(values: readonly number[]): number {
	const sorted = [...values].sort((a, b) => a - b);
	const middle = (sorted.length - 1) / 2;
	return (sorted[Math.floor(middle)]! + sorted[Math.ceil(middle)]!) / 2;
}

function uniqueGaps(gaps: readonly Gap[]): Gap[] {
	return [...new Map(gaps.map((gap) => [`${gap.curve} ${gap.x} ${gap.status}`, gap])).values()];
}
