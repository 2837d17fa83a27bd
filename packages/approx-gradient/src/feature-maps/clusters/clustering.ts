import { Matrix, type RowSource } from "@attgrad/matrix-core";
import { distance } from "../../rows/spans.ts";

/** Points in few groups. */
export interface Clustering {
	/** Centres, one row a cluster. */
	readonly centres: Matrix;
	/** Largest distance of a point from its centre. */
	readonly radius: number;
}

/** Steps of k-means after the start; the radius hardly changes after these. */
const STEPS = 6;

/**
 * At most `count` clusters of some points: greedy farthest points, then a few steps of k-means, of which the best radius
 * is kept. Deterministic; O(points · count · d) a step. A cluster that loses all its points is dropped.
 */
export function clusterPoints(points: Matrix, count: number): Clustering {
	let best = withRadius(points, farthestPoints(points, count));
	let current = best.centres;
	for (let step = 0; step < STEPS; step++) {
		current = meansOf(points, current);
		const next = withRadius(points, current);
		if (next.radius < best.radius) best = next;
	}
	return best;
}

/** Index of the centre nearest to a point; the first among equals. */
export function nearest(point: ArrayLike<number>, centres: Matrix): number {
	let [best, least] = [0, Number.POSITIVE_INFINITY];
	for (let e = 0; e < centres.rows; e++) {
		const away = distance(point, centres.row(e));
		if (away < least) [best, least] = [e, away];
	}
	return best;
}

/** The point farthest from the mean, then again and again the one farthest from those chosen (Gonzalez 1985). */
function farthestPoints(points: Matrix, count: number): Matrix {
	const { rows: m, cols: d } = points;
	const mean = meansOf(points, Matrix.zeros(1, d)).row(0);
	const away = Float64Array.from({ length: m }, (_, l) => distance(points.row(l), mean));
	let last = argmax(away);
	const chosen = [last];
	away.fill(Number.POSITIVE_INFINITY);
	while (true) {
		for (let l = 0; l < m; l++) away[l] = Math.min(away[l], distance(points.row(l), points.row(last)));
		last = argmax(away);
		if (chosen.length >= count || away[last] === 0) break;
		chosen.push(last);
	}
	return Matrix.build(chosen.length, d, (e, b) => points.at(chosen[e], b));
}

function argmax(values: Float64Array): number {
	let best = 0;
	for (let l = 1; l < values.length; l++) if (values[l] > values[best]) best = l;
	return best;
}

/** Means of the points nearest to each centre, without the centres that have none. */
function meansOf(points: Matrix, centres: Matrix): Matrix {
	const { cols: d } = points;
	const sums = Matrix.zeros(centres.rows, d);
	const sizes = new Float64Array(centres.rows);
	for (let l = 0; l < points.rows; l++) {
		const e = nearest(points.row(l), centres);
		sizes[e]++;
		for (let b = 0; b < d; b++) sums.data[e * d + b] += points.at(l, b);
	}
	const kept = Array.from(sizes.keys()).filter((e) => sizes[e] > 0);
	return Matrix.build(kept.length, d, (at, b) => sums.at(kept[at], b) / sizes[kept[at]]);
}

function withRadius(points: Matrix, centres: Matrix): Clustering {
	let radius = 0;
	for (let l = 0; l < points.rows; l++)
		radius = Math.max(radius, distance(points.row(l), centres.row(nearest(points.row(l), centres))));
	return { centres, radius };
}

/** All rows of a source, or `most` of them spread evenly, in double precision. */
export function spreadRows(source: RowSource, most: number): Matrix {
	const count = Math.min(source.rows, most);
	const rows = Matrix.zeros(count, source.cols);
	for (let at = 0; at < count; at++) {
		const row = Math.floor((at * source.rows) / count);
		source.readRows(row, row + 1, rows.row(at));
	}
	return rows;
}
