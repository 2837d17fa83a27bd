import { allocateNumbers, type Numbers } from "@attgrad/matrix-core";
import { GradientSum } from "../../../rows/gradient-sum.ts";
import { reachOf } from "../../method/feature-space.ts";
import { contractRaised, fillFeatures, reverseThroughTree, spreadCotangents } from "../../routes/block-operations.ts";
import type { FramedQueries } from "../../routes/framed-blocks.ts";
import { cotangents, queryGradients, rowStates } from "../../routes/row-states.ts";
import { BoundarySums } from "../anisotropic/boundary-sums.ts";
import { type BoundaryMoments, columnsOf } from "../anisotropic/key-powers.ts";
import { fillTruncated, rowTruncation, type TruncatedSums } from "../anisotropic/truncation.ts";
import { LEAST_REACH, largestRadius } from "../bounds/limits.ts";
import { levelsOf } from "../levels.ts";
import { writeRecord } from "../pairs/row-record.ts";
import { powerSumsOf } from "../row-polynomial.ts";
import { RowPolynomials } from "../row-polynomials.ts";
import { type RowNumbers, RowTerms, rowNumbers } from "../row-terms.ts";
import { addRow, emptyTotals, type GaussTotals } from "../totals.ts";
import { DegreeSums } from "./degree-sums.ts";
import type { GaussInput } from "./gauss-run.ts";
import { momentColumns } from "./key-columns.ts";

/** Pass 2: gradient, loss and totals of the queries, block by block, from the moments of the keys. */
export class QueryRows {
	readonly sum: GradientSum;
	readonly totals: GaussTotals;
	readonly #input: GaussInput;
	/** Moments against values and ones alone. */
	readonly #narrow: Numbers;
	readonly #sums: DegreeSums;
	readonly #unnormalised: Float64Array;
	readonly #radii: Float64Array;
	readonly #cotangents: Numbers;
	readonly #spread: Numbers;
	readonly #rowGradients: Float64Array;
	readonly #polynomials: RowPolynomials;
	readonly #terms: RowTerms;
	readonly #numbers: RowNumbers;
	readonly #boundarySums?: BoundarySums;
	readonly #records: Float64Array;
	#recorded = 0;

	/** @param ofBoundary the absolute moments of the boundary of an anisotropic set */
	constructor(input: GaussInput, moments: Numbers, blockRows: number, ofBoundary?: BoundaryMoments) {
		const { problem, tree, constants, space } = input;
		const { d } = problem;
		const dtype = problem.A1.dtype;
		const columns = momentColumns(constants);
		this.#input = input;
		this.sum = new GradientSum(problem);
		this.totals = emptyTotals(d);
		this.#narrow = allocateNumbers(dtype, tree.raisedSize * (d + 1));
		for (let node = 0; node < tree.raisedSize; node++)
			for (let i = 0; i <= d; i++) this.#narrow[node * (d + 1) + i] = moments[node * columns + i];
		this.#sums = new DegreeSums(input, { moments, narrow: this.#narrow }, blockRows);
		this.#unnormalised = new Float64Array((d + 1) * blockRows);
		this.#radii = new Float64Array(blockRows);
		this.#cotangents = allocateNumbers(dtype, (d + 1) * blockRows);
		this.#spread = allocateNumbers(dtype, tree.raisedSize * blockRows);
		this.#rowGradients = new Float64Array(d * blockRows);
		const { degree, sumError } = constants;
		this.#polynomials = new RowPolynomials(blockRows, { degree, sumError, largestRadius: largestRadius(space) });
		this.#terms = new RowTerms(constants);
		const numbers = rowNumbers(constants, powerSumsOf(degree));
		const { anisotropic } = input;
		this.#numbers = anisotropic
			? { ...numbers, truncation: rowTruncation(degree, numbers.keySquares.length) }
			: numbers;
		if (anisotropic && ofBoundary)
			this.#boundarySums = new BoundarySums(anisotropic.set, ofBoundary, columnsOf(constants.form), blockRows);
		this.#records = new Float64Array(blockRows * (input.records?.places.length ?? 0));
	}

	/** Adds a block of queries; `features` is overwritten. */
	add(block: FramedQueries, features: Numbers): void {
		const { problem, tree, space, constants, route, anisotropic } = this.#input;
		const { d } = problem;
		const { count, points } = block;
		fillFeatures(tree, tree.raisedSize, points, count, features);
		this.#sums.fill(features, count);
		this.#boundarySums?.fill(features, count);
		for (let j = 0; j < count; j++) this.#radii[j] = Math.max(LEAST_REACH, reachOf(points, j, count, space));
		const stride = momentColumns(constants) * count;
		const sums = this.#sums.powerSums(d, count);
		this.#polynomials.solve(sums, this.#radii, count);
		this.#unnormalised.fill(0);
		for (let k = 0; k <= tree.degree; k++)
			for (let i = 0; i <= d; i++)
				for (let j = 0; j < count; j++)
					this.#unnormalised[i * count + j] +=
						this.#polynomials.coefficients[k * count + j] * this.#sums.byDegree[k * stride + i * count + j];
		const exact = this.#exactRows(block);
		const states = rowStates(block, this.#unnormalised, d);
		for (const j of exact) {
			states.corrections[j] = 0;
			for (let i = 0; i < d; i++) states.residuals[i * count + j] = 0;
		}
		cotangents(states, count, d, this.#cotangents);
		spreadCotangents(this.#cotangents, this.#narrow, d + 1, tree.raisedSize, count, this.#spread);
		if (route === "moment" && !anisotropic) this.#raise(features, count);
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
			numbers.ones[k] = this.#sums.byDegree[at + d * count];
			if (constants.form === "l1") continue;
			numbers.valueSquares[k] = this.#sums.byDegree[at + (d + 1) * count];
			for (const [b, squares] of numbers.keySquares.entries())
				squares[k] = this.#sums.byDegree[at + (d + 2 + b) * count];
		}
		numbers.reach = this.#radii[j];
		numbers.termReach = numbers.reach;
		this.#readTruncation(j, count);
		numbers.normaliser = this.#unnormalised[d * count + j];
		this.#polynomials.row.solve(numbers.ones, numbers.reach);
	}

	/** Sets what an anisotropic set leaves out of the sums of row j. */
	#readTruncation(j: number, count: number): void {
		const [of, { truncation, ones, valueSquares, keySquares, reach }] = [this.#boundarySums, this.#numbers];
		const { anisotropic, constants } = this.#input;
		if (!of || !truncation || !anisotropic) return;
		const { boundary } = anisotropic.set;
		const { values, keys } = constants.addedSquares;
		const fill = (column: number, to: TruncatedSums, columnSum: number, added: number): void => {
			const error = { reach, columnSum, weightSum: ones[0], added };
			fillTruncated(boundary, constants, of.byDegree, error, to, column * count + j, of.columns * count);
		};
		fill(0, truncation.ones, ones[0], 0);
		if (constants.form === "l1") return;
		fill(1, truncation.valueSquares, valueSquares[0], values);
		for (const [b, to] of truncation.keySquares.entries()) fill(2 + b, to, keySquares[b][0], keys);
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
			numbers.pilot[i] = this.#sums.pilots[i * count + j];
		}
		for (let at = 0; at < numbers.products.length; at++) numbers.products[at] = this.#sums.products[at * count + j];
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
