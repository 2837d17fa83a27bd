// Pass 2 with a polynomial of its own for each row: sums by degree, power sums, polynomials, and from there on as the route `moment`, with
// coefficients by row. `run/plain-run.ts` in TypeScript says what is computed.

import { EXPONENTIAL_TABLE, prepareExponential } from "@attgrad/matrix-core/kernels/exponential";
import { backwardTo } from "../features/backward";
import { cotangents } from "../features/cotangents";
import { panelFeatures, RUN_SIZE } from "../features/features";
import { acceptedOf, acceptRows, normaliserIn, reachIn, reachOfRows } from "./acceptance";
import { makeProducts } from "./covariances";
import { boundPanels, rowBounds } from "./gauss-bounds";
import { keepRecord, recordPanels } from "./gauss-records";
import { addProducts, addTerms, combine, normalised, raiseKappa, raiseLargest, scalePanels } from "./panel-sums";
import { addEvaluated } from "../features/outputs";
import { clearPanels, loadPanels, panelBytes, panelRows, takeSums } from "../panels/panel";
import { narrowParts, widenPart, widenParts } from "../panels/parts";
import { centrePanels, projectPanels, wideBlocks } from "../panels/projection";
import { addToSums, clearRows, residual, SUMMED } from "../polynomial/query-pass";
import { drawPairs, preparePairs } from "./pairs/pair-draws";
import { clearRow, isRejected, rejectRows } from "./rejected-rows";
import { solutionPanels, solvePanels, solveRows } from "./row-polynomials";
import { boundarySums, truncate } from "./truncation";

/**
 * A range of `rows` queries. Returns how many of them are left to the exact method; they have 1 in `flags`.
 * levels: first node of each degree 0..g + 1 and the end. runTable: the runs of the nodes of degree <= g, and behind them `tops` runs of
 * those of degree g + 1, whose features are not made.
 * byDegree: multinomials times S, K x columns (values, ones, extra), and behind it (K⁺ - K) x (1 + extra) (ones, extra); integrals: multinomials times S over the
 * degree k > 0 of the node, against values and ones, K⁺ x (d + 1): with a_(k - 1) they are those of ∫P, whose derivative is the gradient; backRuns,
 * backTable: the runs of all K⁺ nodes, none longer than RUN; pilot: `pilotNodes` x d; products: the table of `makeProducts`.
 * totals: as of `queryPass` without normalisers, then l1 (d), V of each coordinate (d x d), grown (d), largest κ.
 * records: room for `recordPanels` of each block of rows, or 0 for none. pairConstants: 0, or draws pairs of row `first` and those after it, with
 * numbers of `weighRows` and, as in `preparePairs`, choices, table and sums of the pairs; seed: two words.
 * boundaryStarts: 0, or those of an anisotropic set: starts by degree, nodes, multinomials times moments of `sumColumns` columns, and the factors of
 * `truncate`.
 */
// @ts-ignore: decorator
@inline
export function gaussPass<T>(
	scratch: usize, rows: i32, d: i32, degree: i32, extra: i32, terms: i32, levels: usize, runs: i32, tops: i32, runTable: usize,
	A1: usize, E: usize, valueCentre: usize, queryMap: usize, none: usize, queryShift: usize, byDegree: usize, integrals: usize,
	backRuns: i32, backTable: usize, pilot: usize, pilotNodes: i32, products: usize, constants: usize, bounds: usize, flags: usize, totals: usize,
	records: usize, pairConstants: usize, choices: usize, pairTable: usize, seed: usize, pairTotals: usize, first: i32,
	boundaryStarts: usize, boundaryNodes: usize, boundaryMoments: usize, boundaryFactors: usize,
): i32 {
	const P = panelBytes(), block = <usize>d * P, stride = <usize>d * sizeof<T>(), Z = <usize>sizeof<T>();
	const columns = d + 1 + extra, r = (degree + 1) >> 1, sumColumns = extra + 1, parts = wideBlocks<T>();
	const nodes = load<i32>(levels + (<usize>(degree + 2) << 2)), K = load<i32>(levels + (<usize>(degree + 1) << 2));
	const powers = <usize>(2 * r + 1) * P, sumBytes = <usize>sumColumns * powers;
	const solutionBytes = <usize>solutionPanels(degree, r) * P, keptBytes = <usize>KEPT_PANELS * P;
	const table = scratch, wide = table + EXPONENTIAL_TABLE, q = wide + 4 * block, feature = q + block, gradient = feature + <usize>K * P;
	const t = gradient + block, a1 = t + <usize>nodes * P, c = a1 + block, N = c + block, output = N + block + P;
	const mean = output + block, coefficients = mean + block, sumsByDegree = coefficients + <usize>(degree + 1) * P;
	const wideSums = sumsByDegree + <usize>(degree + 2) * <usize>columns * P, solution = wideSums + parts * sumBytes;
	const keptPanels = solution + parts * solutionBytes, rowTerms = keptPanels + parts * keptBytes, small = rowTerms + <usize>(d + 2) * P;
	const made = small + <usize>boundPanels(d) * P, solving = made + parts * <usize>(d + 1) * block, sums = solving + <usize>solvePanels(r, terms) * P, sumCount = 1 + d + 2 * d * d;
	const hasProducts = degree > 0 && boundaryStarts == 0;
	const termSums = sums + <usize>sumCount * P, termCount = (d + 2) * d, kappa = termSums + <usize>termCount * P;
	const ofBoundary = kappa + P, boundaryBytes = <usize>((degree + 1) * sumColumns) * P, truncated = ofBoundary + (1 + parts) * boundaryBytes;
	const truncatedBytes = <usize>TRUNCATED_PANELS * P, truncating = truncated + parts * truncatedBytes;
	const sizes = truncating + <usize>(4 * (degree + 2)) * P, ownRecord = sizes + <usize>RUN_NODES * P, recordBytes = <usize>recordPanels(d, degree, r) * P;
	const pairs = pairConstants ? preparePairs(ownRecord + recordBytes, d, degree, choices, pairTable, pairTotals) : 0;
	prepareExponential<f64>(table);
	memory.fill(sums, 0, <usize>(sumCount + termCount + 1) * P);
	memory.fill(truncated, 0, parts * truncatedBytes);
	let rejected = 0;
	for (let from = 0, panels = 1; from < rows; from += panelRows<T>(), panels++) {
		const count = min(panelRows<T>(), rows - from);
		loadPanels<T>(A1 + <usize>from * stride, count, d, a1);
		loadPanels<T>(E + <usize>from * stride, count, d, c);
		projectPanels<T>(a1, queryMap, none, queryShift, d, q, wide);
		if (count < panelRows<T>()) clearRows<T>(q, d, count);
		centrePanels<T>(d, valueCentre, c, wide);
		panelFeatures<T>(feature, runs, runTable);
		clearPanels(sumsByDegree, (degree + 2) * columns);
		for (let k = 0, to = sumsByDegree; k <= degree; k++, to += <usize>columns * P) {
			const first = load<i32>(levels + (<usize>k << 2)), size = load<i32>(levels + (<usize>(k + 1) << 2)) - first;
			const at = byDegree + <usize>(first * columns) * Z, f = feature + <usize>first * P;
			addEvaluated<T>(columns, f, size, at, <usize>columns * Z, to);
		}
		if (2 * r > degree) {
			const topTable = runTable + <usize>runs * RUN_SIZE, at = byDegree + <usize>(K * columns) * Z;
			addProducts<T>(extra + 1, tops, topTable, feature, at, sumsByDegree + <usize>((degree + 1) * columns) * P + block, small);
		}
		if (extra) {
			clearPanels(mean, d);
			addEvaluated<T>(d, feature, pilotNodes, pilot, stride, mean);
		}
		if (boundaryStarts) boundarySums<T>(degree, sumColumns, boundaryStarts, boundaryNodes, boundaryMoments, feature, ofBoundary, sizes);
		for (let part: usize = 0; part < parts; part++) {
			const own = wideSums + part * sumBytes, facts = keptPanels + part * keptBytes, solved = solution + part * solutionBytes;
			for (let x = 0, to = own; x < sumColumns; x++)
				for (let k = 0, at = sumsByDegree + <usize>(d + x) * P; k <= 2 * r; k++, at += <usize>columns * P, to += P)
					widenPart<T>(at, part, to);
			widenParts<T>(q, d, part, wide);
			reachOfRows(d, wide, bounds, facts);
			if (hasProducts) makeProducts(d, wide, products, made + part * <usize>(d + 1) * block);
			solveRows(degree, r, terms, constants, own, reachIn(facts), table, solved, solving);
			narrowParts<T>(solved, degree + 1, part, coefficients);
			if (boundaryStarts == 0) continue;
			const sizes = ofBoundary + (1 + part) * boundaryBytes;
			widenParts<T>(ofBoundary, (degree + 1) * sumColumns, part, sizes);
			truncate(
				degree, r, sumColumns, boundaryStarts, boundaryFactors, sizes, solved, own, reachIn(facts), truncating, truncated + part * truncatedBytes,
			);
		}
		combine<T>(d, degree, columns, coefficients, sumsByDegree, N);
		for (let part: usize = 0; part < parts; part++) {
			const facts = keptPanels + part * keptBytes;
			widenPart<T>(N + block, part, normaliserIn(facts));
			acceptRows(
				degree, r, constants, bounds, solution + part * solutionBytes, wideSums + part * sumBytes, facts, truncated + part * truncatedBytes,
			);
			// Largest κ before rows beyond the count are taken out is of no use: these have the normaliser of a key's.
		}
		const left = rejectRows<T>(d, count, keptPanels, keptBytes, N, flags + from);
		rejected += left;
		normalised<T>(d, N, output);
		residual<T>(d, N, c);
		if (count < panelRows<T>() || left > 0)
			for (let row = 0; row < panelRows<T>(); row++) {
				if (!isRejected<T>(row, keptPanels, keptBytes)) continue;
				clearRow<T>(N, d + 1, row);
				clearRow<T>(c, d, row);
				clearRow<T>(output, d, row);
			}
		// t of the variables is the gradient: those panels lie before t. One degree after the other stays in L1.
		clearPanels(gradient, d + 1);
		let run = backTable + <usize>backRuns * RUN_SIZE;
		for (let k = degree + 1; k >= 0; k--) {
			const first = load<i32>(levels + (<usize>k << 2)), end = load<i32>(levels + (<usize>(k + 1) << 2));
			if (k > 0) {
				scalePanels<T>(d + 1, coefficients + <usize>(k - 1) * P, N, wide);
				cotangents<T>(d + 1, end - first, integrals + <usize>(first * (d + 1)) * Z, wide, t + <usize>first * P);
			}
			// The nodes of one degree more, now that their parents have their own t.
			if (k <= degree) run = backwardTo<T>(end, load<i32>(levels + (<usize>(k + 2) << 2)), run, feature, t);
		}
		// Powers of a row beyond the method may be infinite.
		if (left > 0)
			for (let row = 0; row < panelRows<T>(); row++)
				if (isRejected<T>(row, keptPanels, keptBytes)) clearRow<T>(gradient, d, row);
		for (let part: usize = 0; part < parts; part++) {
			const facts = keptPanels + part * keptBytes, o = wide, x = wide + block, g = x + block, p = g + block;
			widenParts<T>(output, d, part, o);
			widenParts<T>(c, d, part, x);
			widenParts<T>(gradient, d, part, g);
			widenParts<T>(mean, d, part, p);
			rowBounds(
				d, degree, r, extra, constants, bounds, solution + part * solutionBytes, wideSums + part * sumBytes, facts, o, x, g, p,
				hasProducts ? made + part * <usize>(d + 1) * block : 0, truncated + part * truncatedBytes, boundaryStarts == 0 ? 1 : 0, rowTerms, small,
			);
			if (records || pairs) {
				const record = records ? records : ownRecord;
				widenParts<T>(q, d, part, record);
				widenParts<T>(a1, d, part, record + block);
				keepRecord(d, degree, r, solution + part * solutionBytes, facts, wide, wideSums + part * sumBytes, record + 2 * block);
				if (records) records += recordBytes;
				else drawPairs(pairs, first + from + <i32>part * panelRows<f64>(), record, pairConstants, seed);
			}
			widenParts<T>(a1, d, part, wide);
			addTerms(d, wide, rowTerms, termSums);
			raiseKappa(acceptedOf(facts), facts + 4 * P, kappa);
		}
		addToSums<T>(d, a1, c, gradient, sums);
		if (panels % SUMMED == 0 || from + panelRows<T>() >= rows) {
			takeSums<T>(sumCount, sums, totals);
			takeSums<f64>(termCount, termSums, totals + (<usize>sumCount << 3));
		}
	}
	raiseLargest(kappa, totals + (<usize>(sumCount + termCount) << 3));
	return rejected;
}
