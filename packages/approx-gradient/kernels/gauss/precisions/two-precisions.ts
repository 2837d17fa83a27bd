// Pass 2 with a polynomial of its own for each row, in two precisions: monomials of high degree, whose terms are small, are in single precision.
// Everything else is as in `gauss-pass.ts`, for problems in double precision and the form l1. A panel of rows in single precision is two of
// doubles, its parts.

import { EXPONENTIAL_TABLE, prepareExponential } from "@attgrad/matrix-core/kernels/exponential";
import { backwardTo } from "../../features/backward";
import { cotangents } from "../../features/cotangents";
import { panelFeatures, RUN_SIZE } from "../../features/features";
import { addEvaluated } from "../../features/outputs";
import { clearPanels, loadPanels, panelBytes, panelRows, takeSums } from "../../panels/panel";
import { narrowParts, widenPart, widenParts } from "../../panels/parts";
import { centrePanels, projectPanels } from "../../panels/projection";
import { addToSums, clearRows, residual, SUMMED } from "../../polynomial/query-pass";
import { acceptedOf, acceptRows, normaliserIn, reachIn, reachOfRows } from "../acceptance";
import { makeProducts } from "../covariances";
import { boundPanels, rowBounds } from "../gauss-bounds";
import { addProducts, addTerms, combine, normalised, raiseKappa, raiseLargest, scalePanels } from "../panel-sums";
import { clearRow, isRejected, rejectRows } from "../rejected-rows";
import { solutionPanels, solvePanels, solveRows } from "../row-polynomials";

/** Panels of doubles that belong to a part of a panel. */
// @ts-ignore: decorator
@inline
function partPanels(d: i32, degree: i32, low: i32, lowBack: i32): i32 {
	const r = (degree + 1) >> 1;
	return 5 * d + low + lowBack + (degree + 2) * (d + 1) + 2 * d + 1 + 2 * r + 1 + solutionPanels(degree, r) + KEPT_PANELS + d * (d + 1);
}

/** to += `count` panels of doubles that are part `part` of panels in single precision. */
function addWide(panels: usize, count: i32, part: usize, to: usize): void {
	const P = panelBytes();
	panels += part * (P >> 1);
	for (const end = to + <usize>count * P; to < end; to += P, panels += P) {
		// unroll v: TILE_VECTORS
		const w$v = f64x2.promote_low_f32x4(v128.load64_zero(panels, $v * 8));
		// unroll v: TILE_VECTORS
		const s$v = v128.add<f64>(w$v, v128.load(to, $v * 16));
		// unroll v: TILE_VECTORS
		v128.store(to, s$v, $v * 16);
	}
}

/**
 * A range of `rows` queries; returns how many of them are left to the exact method, which have 1 in `flags`.
 * split: sums over nodes of this degree and above are in single precision, and cotangents of nodes above it. lowRuns: the runs of the nodes below it.
 * byDegree, integrals: as in `gaussPass`, of the nodes in double precision; highByDegree, highIntegrals: of the others, in single precision.
 * Other arguments and totals: as of `gaussPass`.
 * scratch: EXPONENTIAL_TABLE bytes; `partPanels` twice; in single precision 4 d + 2 + K + K⁺ + (g + 2)(d + 1) + g + 1 + (d + 1) panels; and
 * 6 d + 3 + `boundPanels` + TRUNCATED_PANELS, those of `solveRows`, and 2 + 3 d + 3 d² panels of doubles.
 */
export function queriesInTwo(
	scratch: usize, rows: i32, d: i32, degree: i32, split: i32, terms: i32, levels: usize, lowRuns: i32, runs: i32, tops: i32, runTable: usize,
	A1: usize, E: usize, valueCentre: usize, queryMap: usize, none: usize, queryShift: usize, byDegree: usize, highByDegree: usize,
	integrals: usize, highIntegrals: usize, backRuns: i32, backTable: usize, products: usize, constants: usize, bounds: usize, flags: usize, totals: usize,
): i32 {
	const P = panelBytes(), block = <usize>d * P, stride = <usize>d << 3, inPart = panelRows<f64>();
	const columns = d + 1, r = (degree + 1) >> 1, state = <usize>columns * P;
	const nodes = load<i32>(levels + (<usize>(degree + 2) << 2)), K = load<i32>(levels + (<usize>(degree + 1) << 2));
	const low = load<i32>(levels + (<usize>split << 2)), lowBack = load<i32>(levels + (<usize>(split + 1) << 2));
	const partBytes = <usize>partPanels(d, degree, low, lowBack) * P;
	const table = scratch, parts = table + EXPONENTIAL_TABLE;
	// Of a part.
	const A = parts, C = A + block, Q = C + block, FEATURE = Q + block, GRADIENT = FEATURE + <usize>low * P, T = GRADIENT + block;
	const SUMS_BY_DEGREE = T + <usize>lowBack * P, N = SUMS_BY_DEGREE + <usize>(degree + 2) * state, OUTPUT = N + state, POWERS = OUTPUT + block;
	const SOLUTION = POWERS + <usize>(2 * r + 1) * P, FACTS = SOLUTION + <usize>solutionPanels(degree, r) * P, MADE = FACTS + <usize>KEPT_PANELS * P;
	// In single precision.
	const q = parts + 2 * partBytes, feature = q + block, gradient = feature + <usize>K * P, t = gradient + block, sumsByDegree = t + <usize>nodes * P;
	const coefficients = sumsByDegree + <usize>(degree + 2) * state, cotangent = coefficients + <usize>(degree + 1) * P, scaled = cotangent + state;
	// Of doubles.
	const wide = scaled + state, rowTerms = wide + 4 * block + P, small = rowTerms + <usize>(d + 2) * P, mean = small + <usize>boundPanels(d) * P, truncated = mean + block;
	const solving = truncated + <usize>TRUNCATED_PANELS * P, sums = solving + <usize>solvePanels(r, terms) * P, sumCount = 1 + d + 2 * d * d;
	const termSums = sums + <usize>sumCount * P, termCount = (d + 2) * d, kappa = termSums + <usize>termCount * P;
	prepareExponential<f64>(table);
	memory.fill(sums, 0, <usize>(sumCount + termCount + 1) * P);
	memory.fill(truncated, 0, <usize>TRUNCATED_PANELS * P);
	memory.fill(mean, 0, block);
	const topTable = runTable + <usize>runs * RUN_SIZE;
	let rejected = 0;
	for (let from = 0, panels = 2; from < rows; from += 2 * inPart, panels += 2) {
		for (let part: usize = 0; part < 2; part++) {
			const own = part * partBytes, first = from + <i32>part * inPart, count = max(0, min(inPart, rows - first));
			loadPanels<f64>(A1 + <usize>first * stride, count, d, A + own);
			loadPanels<f64>(E + <usize>first * stride, count, d, C + own);
			projectPanels<f64>(A + own, queryMap, none, queryShift, d, Q + own, wide);
			if (count < inPart) clearRows<f64>(Q + own, d, count);
			centrePanels<f64>(d, valueCentre, C + own, wide);
			narrowParts<f32>(Q + own, d, part, q);
			panelFeatures<f64>(FEATURE + own, lowRuns, runTable);
			clearPanels(SUMS_BY_DEGREE + own, split * columns);
			for (let k = 0, to = SUMS_BY_DEGREE + own; k < split; k++, to += state) {
				const node = load<i32>(levels + (<usize>k << 2)), size = load<i32>(levels + (<usize>(k + 1) << 2)) - node;
				addEvaluated<f64>(columns, FEATURE + own + <usize>node * P, size, byDegree + (<usize>(node * columns) << 3), <usize>columns << 3, to);
			}
		}
		panelFeatures<f32>(feature, runs, runTable);
		const high = sumsByDegree + <usize>split * state;
		clearPanels(high, (degree + 2 - split) * columns);
		for (let k = split, to = high; k <= degree; k++, to += state) {
			const node = load<i32>(levels + (<usize>k << 2)), size = load<i32>(levels + (<usize>(k + 1) << 2)) - node;
			const at = highByDegree + (<usize>((node - low) * columns) << 2);
			addEvaluated<f32>(columns, feature + <usize>node * P, size, at, <usize>columns << 2, to);
		}
		if (2 * r > degree) {
			const at = highByDegree + (<usize>((K - low) * columns) << 2);
			addProducts<f32>(1, tops, topTable, feature, at, sumsByDegree + <usize>(degree + 1) * state + block, scaled);
		}
		let left = 0;
		for (let part: usize = 0; part < 2; part++) {
			const own = part * partBytes, first = from + <i32>part * inPart, count = max(0, min(inPart, rows - first)), facts = FACTS + own;
			widenParts<f32>(high, (degree + 2 - split) * columns, part, SUMS_BY_DEGREE + own + <usize>split * state);
			for (let k = 0, at = SUMS_BY_DEGREE + own + block, to = POWERS + own; k <= 2 * r; k++, at += state, to += P) widenPart<f64>(at, 0, to);
			reachOfRows(d, Q + own, bounds, facts);
			makeProducts(d, Q + own, products, MADE + own);
			solveRows(degree, r, terms, constants, POWERS + own, reachIn(facts), table, SOLUTION + own, solving);
			narrowParts<f32>(SOLUTION + own, degree + 1, part, coefficients);
			combine<f64>(d, degree, columns, SOLUTION + own, SUMS_BY_DEGREE + own, N + own);
			widenPart<f64>(N + own + block, 0, normaliserIn(facts));
			acceptRows(degree, r, constants, bounds, SOLUTION + own, POWERS + own, facts, truncated);
			const apart = rejectRows<f64>(d, count, facts, 0, N + own, flags + first);
			left += apart;
			normalised<f64>(d, N + own, OUTPUT + own);
			residual<f64>(d, N + own, C + own);
			if (count < inPart || apart > 0)
				for (let row = 0; row < inPart; row++) {
					if (!isRejected<f64>(row, facts, 0)) continue;
					clearRow<f64>(N + own, d + 1, row);
					clearRow<f64>(C + own, d, row);
					clearRow<f64>(OUTPUT + own, d, row);
				}
			narrowParts<f32>(N + own, columns, part, cotangent);
		}
		rejected += left;
		clearPanels(gradient, d);
		let run = backTable + <usize>backRuns * RUN_SIZE;
		for (let k = degree + 1; k >= split; k--) {
			const node = load<i32>(levels + (<usize>k << 2)), end = load<i32>(levels + (<usize>(k + 1) << 2));
			if (k > split) {
				scalePanels<f32>(columns, coefficients + <usize>(k - 1) * P, cotangent, scaled);
				cotangents<f32>(columns, end - node, highIntegrals + (<usize>((node - lowBack) * columns) << 2), scaled, t + <usize>node * P);
			} else clearPanels(t + <usize>node * P, end - node);
			if (k <= degree) run = backwardTo<f32>(end, load<i32>(levels + (<usize>(k + 2) << 2)), run, feature, t);
		}
		const lowRun = run;
		for (let part: usize = 0; part < 2; part++) {
			const own = part * partBytes, facts = FACTS + own;
			widenParts<f32>(gradient, d, part, GRADIENT + own);
			clearPanels(T + own, 1);
			run = lowRun;
			for (let k = split; k >= 0; k--) {
				const node = load<i32>(levels + (<usize>k << 2)), end = load<i32>(levels + (<usize>(k + 1) << 2));
				if (k > 0) {
					scalePanels<f64>(columns, SOLUTION + own + <usize>(k - 1) * P, N + own, wide);
					cotangents<f64>(columns, end - node, integrals + (<usize>(node * columns) << 3), wide, T + own + <usize>node * P);
				}
				if (k == split) addWide(t + <usize>node * P, end - node, part, T + own + <usize>node * P);
				else run = backwardTo<f64>(end, load<i32>(levels + (<usize>(k + 2) << 2)), run, FEATURE + own, T + own);
			}
			// Powers of a row beyond the method may be infinite.
			if (left > 0)
				for (let row = 0; row < inPart; row++) if (isRejected<f64>(row, facts, 0)) clearRow<f64>(GRADIENT + own, d, row);
			rowBounds(
				d, degree, r, 0, constants, bounds, SOLUTION + own, POWERS + own, facts, OUTPUT + own, C + own, GRADIENT + own, mean, MADE + own, truncated, 1, rowTerms, small,
			);
			addTerms(d, A + own, rowTerms, termSums);
			raiseKappa(acceptedOf(facts), facts + 4 * P, kappa);
			addToSums<f64>(d, A + own, C + own, GRADIENT + own, sums);
		}
		if (panels % SUMMED == 0 || from + 2 * inPart >= rows) {
			takeSums<f64>(sumCount, sums, totals);
			takeSums<f64>(termCount, termSums, totals + (<usize>sumCount << 3));
		}
	}
	raiseLargest(kappa, totals + (<usize>(sumCount + termCount) << 3));
	return rejected;
}
