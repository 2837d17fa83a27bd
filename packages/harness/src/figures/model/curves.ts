import { seededRandom } from "@attgrad/matrix-core";
import { algorithmLabel, type Row } from "../../cells/index.ts";
import { fitPowerLaw, type PowerLaw } from "../../fits/index.ts";
import type { LineFigure, Series } from "../figure.ts";
import type { CurveStyle } from "../look/palette.ts";
import type { Range } from "../scales/axes.ts";

/** A point of a curve: the median of the rows at one x (or at one value of `along`), and a band that holds all of them. */
export interface CurvePoint {
	readonly x: number;
	readonly y: number;
	readonly low: number;
	readonly high: number;
	/** Text beside it. */
	readonly label?: string;
}

/** Values of one series of one algorithm. */
export interface Curve {
	readonly name: string;
	readonly kind: Series["kind"];
	readonly points: readonly CurvePoint[];
	/** Whether its points are marked. */
	readonly isMarked: boolean;
	readonly law?: PowerLaw;
}

/** A cell that gave no value. */
export interface Gap {
	/** Curve on which the value is missing. */
	readonly curve: string;
	/** Where, if that is known without the value. */
	readonly x?: number;
	readonly status: Exclude<Row["status"], "done">;
}

/** The curves of a figure in these rows, and where points of its measured curves are missing. */
export function curvesOf(figure: LineFigure, rows: readonly Row[]): { curves: Curve[]; gaps: Gap[] } {
	const isLogarithmic = figure.y.scale !== "linear";
	const curves: Curve[] = [];
	const gaps: Gap[] = [];
	for (const series of figure.series) {
		const groups = Map.groupBy(rows, (row) => curveNameOf(series, row));
		for (const [name, members] of groups) {
			if (name === undefined) continue;
			const points = pointsOf(series, members, rows, isLogarithmic);
			if (series.kind === "measured")
				for (const row of members) {
					const x = series.x(row);
					if (row.status === "done" || (x === undefined && !series.along)) continue;
					gaps.push({ curve: name, status: row.status, ...(x !== undefined && { x }) });
				}
			if (points.length === 0) continue;
			// Rows that were measured beside others are drawn, and not fitted.
			const quiet = pointsOf(
				series,
				members.filter(({ contended }) => !contended),
				rows,
				isLogarithmic,
			);
			const law = figure.fitted && series.kind === "measured" ? fit(quiet) : undefined;
			const isMarked = series.kind !== "floor" && series.marked !== false;
			curves.push({ name, kind: series.kind, points, isMarked, ...(law && { law }) });
		}
	}
	return { curves, gaps: uniqueGaps(gaps) };
}

/** The curve of a series that a row is on, if any. */
export function curveNameOf({ name }: Series, row: Row): string | undefined {
	return typeof name === "function" ? name(row) : (name ?? algorithmLabel(row.algorithm));
}

function pointsOf(series: Series, members: readonly Row[], rows: readonly Row[], isLogarithmic: boolean): CurvePoint[] {
	const values = members
		.filter(({ status }) => status === "done")
		.flatMap((row) => {
			const [x, y, spread = 0] = [series.x(row), series.y(row, rows), series.spread?.(row, rows)];
			const along = series.along ? series.along(row) : x;
			if (x === undefined || y === undefined || along === undefined || (isLogarithmic && y <= 0)) return [];
			return [{ along, x, y, spread, label: series.label?.(row) }];
		});
	return [...Map.groupBy(values, ({ along }) => along)]
		.sort(([a], [b]) => a - b)
		.map(([, group]) => {
			const low = Math.min(...group.map(({ y, spread }) => y - spread));
			const high = Math.max(...group.map(({ y, spread }) => y + spread));
			const [x, y] = [median(group.map((value) => value.x)), median(group.map((value) => value.y))];
			const label = group[0].label;
			return { x, y, low: isLogarithmic && low <= 0 ? y : low, high, ...(label !== undefined && { label }) };
		});
}

function fit(points: readonly CurvePoint[]): PowerLaw | undefined {
	return fitPowerLaw(
		points.map(({ x, y }) => ({ n: x, value: y })),
		seededRandom(1, "figure"),
	);
}

/** The middle value, or the mean of the two in the middle. */
export function median(values: readonly number[]): number {
	const sorted = [...values].sort((a, b) => a - b);
	const middle = (sorted.length - 1) / 2;
	return (sorted[Math.floor(middle)] + sorted[Math.ceil(middle)]) / 2;
}

function uniqueGaps(gaps: readonly Gap[]): Gap[] {
	const placed = gaps.filter(({ x }) => x !== undefined);
	const unplaced = gaps.filter(({ x }) => x === undefined);
	return [...new Map(placed.map((gap) => [`${gap.curve} ${gap.x} ${gap.status}`, gap])).values(), ...unplaced];
}

/** How all panels of a figure are drawn. */
export interface Frame {
	readonly width: number;
	readonly height: number;
	readonly x: Range;
	readonly y: Range;
	/** Curves that have gaps in any panel: each has a row of marks above every panel, so that headings stand level. */
	readonly gapped: readonly string[];
	/** Look of every curve of the figure, in the order of the legend. */
	readonly styles: ReadonlyMap<string, CurveStyle & Pick<Curve, "kind">>;
	/** Whether names stand beside the curves; otherwise there is a legend. */
	readonly namesBeside: boolean;
	/** Width of the whole figure. */
	readonly figureWidth: number;
}
