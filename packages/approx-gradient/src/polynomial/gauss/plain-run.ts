import type { AttentionProblem } from "@attgrad/attention-problem";
import { allocateNumbers, type Matrix, type Numbers, type ProgressReport, type RowSource } from "@attgrad/matrix-core";
import { GradientSum } from "../../rows/gradient-sum.ts";
import { type FeatureSpace, reachOf } from "../method/feature-space.ts";
import type { FeatureTree } from "../monomials/feature-tree.ts";
import {
	addMoments,
	contractRaised,
	FEATURES_AT_ONCE,
	fillFeatures,
	reverseThroughTree,
	spreadCotangents,
} from "../routes/block-operations.ts";
import { rowsOfBlock } from "../routes/block-size.ts";
import { type FramedKeys, type FramedQueries, framedKeys, framedQueries } from "../routes/framed-blocks.ts";
import { ProgressMeter } from "../routes/progress-meter.ts";
import { cotangents, queryGradients, rowStates } from "../routes/row-states.ts";
import type { ErrorConstants } from "./bounds/error-constants.ts";
import { LEAST_REACH, largestRadius } from "./bounds/limits.ts";
import { levelsOf } from "./levels.ts";
import { type RecordSink, writeRecord } from "./pairs/row-record.ts";
import { powerSumsOf } from "./row-polynomial.ts";
import { RowPolynomials } from "./row-polynomials.ts";
import { pilotDegree, type RowNumbers, RowTerms, rowNumbers } from "./row-terms.ts";
import { addRow, emptyTotals, type GaussTotals } from "./totals.ts";

/** The input of a run with row polynomials. */
export interface GaussInput {
	readonly problem: AttentionProblem<RowSource>;
	/** All monomials up to g, with those of degree g + 1 as the edge. */
	readonly tree: FeatureTree;
	readonly space: FeatureSpace;
	readonly constants: ErrorConstants;
	readonly route: "moment" | "reverse";
	/** Takes the rows' records, of form v2: for a certificate from sampled pairs. */
	readonly records?: RecordSink;
}

/** The gradient of the rows within the method, their loss, and what a certificate takes. */
export interface GaussRun {
	readonly gradient: Matrix;
	readonly loss: number;
	readonly totals: GaussTotals;
	/** Rows that were looked at: n, or fewer where the run was given up. */
	readonly rows: number;
}

/** Columns of key moments: ω h (d), ω, then ω ‖h‖² and the key squares where the form has them. */
export const momentColumns = ({ d, form }: ErrorConstants): number => ({ l1: d + 1, v2: d + 3, vd: 2 * d + 2 })[form];

/**
 * The gradient with a polynomial of its own for each row, in plain TypeScript: pass 1 as in the moment route with columns for the
 * certificate; pass 2 keeps sums by degree, makes each row's polynomial from its power sums, and goes on with its coefficients. The
 * route `reverse` differentiates ∫P through the tree: the same numbers with no raising table. Rows that prove nothing are left out
 * and listed.
 */
export async function plainGaussRun(input: GaussInput, onProgress?: ProgressReport): Promise<GaussRun> {
	const { problem, tree, space, constants } = input;
	const { n } = problem;
	const dtype = problem.A1.dtype;
	const columns = momentColumns(constants);
	const progress = new ProgressMeter(
		n,
		{ keys: tree.raisedSize * columns, queries: 3 * tree.raisedSize * columns },
		onProgress,
	);
	const blockRows = rowsOfBlock(2 * tree.raisedSize, dtype);
	const features = allocateNumbers(dtype, tree.raisedSize * blockRows);
	const keyColumns = allocateNumbers(dtype, columns * blockRows);
	const sums = new Float64Array(tree.raisedSize * columns);
	for (const block of framedKeys(problem, space.frame, blockRows)) {
		fillFeatures(tree, tree.raisedSize, block.points, block.count, features);
		fillKeyColumns(block, constants, keyColumns);
		addMoments(features, tree.raisedSize, keyColumns, columns, block.count, sums);
		await progress.advance("keys", block.count);
	}
	addToSquares(sums, constants);
	const moments: Numbers = dtype === "f64" ? sums : Float32Array.from(sums);
	const rows = new QueryRows(input, moments, blockRows);
	for (const block of framedQueries(problem, space.frame, blockRows)) {
		rows.add(block, features);
		await progress.advance("queries", block.count);
	}
	return { ...rows.sum.result(), totals: rows.totals, rows: n };
}

/** Adds to the moments of squares what covers their underflow, as if it were added to each square. */
export function addToSquares(moments: Float64Array, constants: ErrorConstants): void {
	const { d, addedSquares } = constants;
	const columns = momentColumns(constants);
	for (let at = 0; at < moments.length; at += columns)
		for (let column = d + 1; column < columns; column++)
			moments[at + column] += moments[at + d] * (column === d + 1 ? addedSquares.values : addedSquares.keys);
}

/** The columns that key moments are taken against. */
function fillKeyColumns(
	{ count, weights, values, points }: FramedKeys,
	{ d, form }: ErrorConstants,
	columns: Numbers,
): void {
	const h = values.data;
	for (let l = 0; l < count; l++) {
		let [square, keySquare] = [0, 0];
		for (let i = 0; i < d; i++) {
			const value = h[l * d + i];
			const key = points[i * count + l];
			square += value * value;
			keySquare += key * key;
			columns[i * count + l] = weights[l] * value;
			if (form === "vd") columns[(d + 2 + i) * count + l] = weights[l] * key * key;
		}
		columns[d * count + l] = weights[l];
		if (form !== "l1") columns[(d + 1) * count + l] = weights[l] * square;
		if (form === "v2") columns[(d + 2) * count + l] = weights[l] * keySquare;
	}
}

/** Pass 2. */
class QueryRows {
	readonly sum: GradientSum;
	readonly totals: GaussTotals;
	readonly #input: GaussInput;
	readonly #moments: Numbers;
	/** Moments against values and ones alone, and for the pilot: degree <= 2, those of k_b. */
	readonly #narrow: Numbers;
	readonly #byDegree: Float64Array;
	readonly #part: Float64Array;
	readonly #unnormalised: Float64Array;
	readonly #radii: Float64Array;
	readonly #cotangents: Numbers;
	readonly #spread: Numbers;
	readonly #rowGradients: Float64Array;
	readonly #pilots: Float64Array;
	readonly #polynomials: RowPolynomials;
	readonly #terms: RowTerms;
	readonly #numbers: RowNumbers;
	readonly #records: Float64Array;
	#recorded = 0;

	constructor(input: GaussInput, moments: Numbers, blockRows: number) {
		const { problem, tree, constants, space } = input;
		const { d } = problem;
		const dtype = problem.A1.dtype;
		const columns = momentColumns(constants);
		this.#input = input;
		this.#moments = moments;
		this.sum = new GradientSum(problem);
		this.totals = emptyTotals(d);
		this.#narrow = allocateNumbers(dtype, tree.raisedSize * (d + 1));
		for (let node = 0; node < tree.raisedSize; node++)
			for (let i = 0; i <= d; i++) this.#narrow[node * (d + 1) + i] = moments[node * columns + i];
		this.#byDegree = new Float64Array((tree.degree + 2) * columns * blockRows);
		this.#part = new Float64Array(blockRows);
		this.#unnormalised = new Float64Array((d + 1) * blockRows);
		this.#radii = new Float64Array(blockRows);
		this.#cotangents = allocateNumbers(dtype, (d + 1) * blockRows);
		this.#spread = allocateNumbers(dtype, tree.raisedSize * blockRows);
		this.#rowGradients = new Float64Array(d * blockRows);
		this.#pilots = new Float64Array(d * blockRows);
		const { degree, sumError } = constants;
		this.#polynomials = new RowPolynomials(blockRows, { degree, sumError, largestRadius: largestRadius(space) });
		this.#terms = new RowTerms(constants);
		this.#numbers = rowNumbers(constants, powerSumsOf(degree));
		this.#records = new Float64Array(blockRows * (input.records?.places.length ?? 0));
	}

	/** Adds a block of queries; `features` is overwritten. */
	add(block: FramedQueries, features: Numbers): void {
		const { problem, tree, space, constants, route } = this.#input;
		const { d } = problem;
		const { count, points } = block;
		fillFeatures(tree, tree.raisedSize, points, count, features);
		this.#sumByDegree(features, count);
		if (constants.form !== "l1") this.#pilot(features, count);
		for (let j = 0; j < count; j++) this.#radii[j] = Math.max(LEAST_REACH, reachOf(points, j, count, space));
		const stride = momentColumns(constants) * count;
		const sums = this.#powerSums(d, count);
		this.#polynomials.solve(sums, this.#radii, count);
		this.#unnormalised.fill(0);
		for (let k = 0; k <= tree.degree; k++)
			for (let i = 0; i <= d; i++)
				for (let j = 0; j < count; j++)
					this.#unnormalised[i * count + j] +=
						this.#polynomials.coefficients[k * count + j] * this.#byDegree[k * stride + i * count + j];
		const exact = this.#exactRows(block);
		const states = rowStates(block, this.#unnormalised, d);
		for (const j of exact) {
			states.corrections[j] = 0;
			for (let i = 0; i < d; i++) states.residuals[i * count + j] = 0;
		}
		cotangents(states, count, d, this.#cotangents);
		spreadCotangents(this.#cotangents, this.#narrow, d + 1, tree.raisedSize, count, this.#spread);
		if (route === "moment") this.#raise(features, count);
		else this.#reverse(features, points, count);
		// Powers of a row beyond the method may be infinite.
		for (const j of exact) for (let b = 0; b < d; b++) this.#rowGradients[b * count + j] = 0;
		this.sum.add(block, queryGradients(this.#rowGradients, states.normalisers, count, d), space.frame.queryMap);
		for (let j = 0; j < count; j++) {
			if (exact.has(j)) continue;
			for (let i = 0; i < d; i++) this.sum.loss += 0.5 * states.residuals[i * count + j] ** 2;
			this.#addTerms(block, j, states.outputs, states.residuals, states.normalisers[j]);
		}
		this.#input.records?.take({ data: this.#records, lanes: 1, count: this.#recorded });
		this.#recorded = 0;
	}

	/** N[k, i, j] = Σ over the monomials of degree k, by degree, columns, rows; in pieces of FEATURES_AT_ONCE. */
	#sumByDegree(features: Numbers, count: number): void {
		const { tree, constants } = this.#input;
		const columns = momentColumns(constants);
		const { starts, multiplicity } = levelsOf(tree);
		this.#byDegree.fill(0, 0, (tree.degree + 2) * columns * count);
		for (let k = 0; k <= tree.degree + 1; k++)
			for (let first = starts[k]; first < starts[k + 1]; first += FEATURES_AT_ONCE)
				for (let i = 0; i < columns; i++) {
					const part = this.#part.fill(0, 0, count);
					for (let node = first; node < Math.min(first + FEATURES_AT_ONCE, starts[k + 1]); node++) {
						const moment = multiplicity[node] * this.#moments[node * columns + i];
						for (let j = 0; j < count; j++) part[j] += features[node * count + j] * moment;
					}
					const at = (k * columns + i) * count;
					for (let j = 0; j < count; j++) this.#byDegree[at + j] += part[j];
				}
	}

	/** The power sums of a column, (2r + 1) x count. */
	#powerSums(column: number, count: number): Float64Array {
		const { constants } = this.#input;
		const columns = momentColumns(constants);
		const sums = new Float64Array(powerSumsOf(constants.degree) * count);
		for (let k = 0, from = column * count; k * count < sums.length; k++, from += columns * count)
			sums.set(this.#byDegree.subarray(from, from + count), k * count);
		return sums;
	}

	/** Σ_l ω_l T(s_l) k_l, T of degree `pilotDegree`. */
	#pilot(features: Numbers, count: number): void {
		const { tree } = this.#input;
		const { d, raise } = tree;
		const { starts, multiplicity } = levelsOf(tree);
		const highest = Math.min(tree.degree, pilotDegree(this.#polynomials.row.nodes));
		this.#pilots.fill(0);
		for (let k = 0, factorial = 1; k <= highest; k++, factorial *= k)
			for (let node = starts[k]; node < starts[k + 1]; node++)
				for (let b = 0; b < d; b++) {
					const moment = (multiplicity[node] * this.#narrow[raise[node * d + b] * (d + 1) + d]) / factorial;
					for (let j = 0; j < count; j++) this.#pilots[b * count + j] += features[node * count + j] * moment;
				}
	}

	/** Rows of the block that the method does not take; they get the normaliser 1. */
	#exactRows({ count, indices }: FramedQueries): Set<number> {
		const { d } = this.#input.problem;
		const exact = new Set<number>();
		for (let j = 0; j < count; j++) {
			this.#readRow(j, count);
			if (this.#terms.accepts(this.#polynomials.row, this.#numbers)) continue;
			exact.add(j);
			this.totals.exactRows.push(indices[j]);
			for (let i = 0; i <= d; i++) this.#unnormalised[i * count + j] = i < d ? 0 : 1;
		}
		return exact;
	}

	/** Solves row j again and sets the numbers that its acceptance is decided from. */
	#readRow(j: number, count: number): void {
		const { constants } = this.#input;
		const { d } = constants;
		const columns = momentColumns(constants);
		const numbers = this.#numbers;
		for (let k = 0; k < numbers.ones.length; k++) {
			const at = k * columns * count + j;
			numbers.ones[k] = this.#byDegree[at + d * count];
			if (constants.form === "l1") continue;
			numbers.valueSquares[k] = this.#byDegree[at + (d + 1) * count];
			for (const [b, squares] of numbers.keySquares.entries()) squares[k] = this.#byDegree[at + (d + 2 + b) * count];
		}
		numbers.reach = this.#radii[j];
		numbers.normaliser = this.#unnormalised[d * count + j];
		this.#polynomials.row.solve(numbers.ones, numbers.reach);
	}

	/** Features with their multiplicity and each row's coefficients of degree k times `factorOf(k)`. */
	#weigh(features: Numbers, count: number): void {
		const { tree } = this.#input;
		const { starts, multiplicity } = levelsOf(tree);
		const { coefficients } = this.#polynomials;
		for (let k = 0; k <= tree.degree; k++)
			for (let node = starts[k]; node < starts[k + 1]; node++)
				for (let j = 0; j < count; j++) features[node * count + j] *= multiplicity[node] * coefficients[k * count + j];
	}

	#raise(features: Numbers, count: number): void {
		const { tree } = this.#input;
		this.#weigh(features, count);
		contractRaised(tree, features, tree.size, this.#spread, count, this.#rowGradients);
	}

	/** The derivative of ∫P: coefficients a_(k-1)/k up to degree g + 1. */
	#reverse(features: Numbers, points: Numbers, count: number): void {
		const { tree } = this.#input;
		const { starts, multiplicity } = levelsOf(tree);
		const { coefficients } = this.#polynomials;
		this.#spread.fill(0, 0, count);
		for (let k = 1; k <= tree.degree + 1; k++)
			for (let node = starts[k]; node < starts[k + 1]; node++)
				for (let j = 0; j < count; j++)
					this.#spread[node * count + j] *= (multiplicity[node] * coefficients[(k - 1) * count + j]) / k;
		reverseThroughTree(tree, features, this.#spread, tree.raisedSize, points, count, this.#rowGradients);
	}

	#addTerms(block: FramedQueries, j: number, outputs: Float64Array, residuals: Float64Array, normaliser: number): void {
		const { count, inputs } = block;
		const { constants } = this.#input;
		const { d } = constants;
		this.#readRow(j, count);
		const [numbers, terms, totals] = [this.#numbers, this.#terms, this.totals];
		for (let i = 0; i < d; i++) {
			numbers.output[i] = outputs[i * count + j];
			numbers.residual[i] = residuals[i * count + j];
			numbers.gradient[i] = this.#rowGradients[i * count + j] / normaliser;
			numbers.pilot[i] = this.#pilots[i * count + j];
		}
		terms.accepts(this.#polynomials.row, numbers);
		terms.read(this.#polynomials.row, numbers);
		addRow(totals, inputs.row(j), numbers.residual, terms);
		this.#record(block, j);
	}

	/** Keeps the record of the row that was read last. */
	#record({ count, inputs, points }: FramedQueries, j: number): void {
		const { constants, records } = this.#input;
		if (!records) return;
		const { d } = constants;
		const { places } = records;
		const record = this.#records.subarray(this.#recorded * places.length, ++this.#recorded * places.length);
		for (let i = 0; i < d; i++) record[places.query + i] = points[i * count + j];
		record.set(inputs.row(j), places.input);
		writeRecord(record, places, this.#polynomials.row, this.#numbers, { ...constants, growth: this.#terms.growth });
	}
}
