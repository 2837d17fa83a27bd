import type { AttentionProblem, Certificate } from "@attgrad/attention-problem";
import { Matrix, mapEntries, maxAbs, multiply, type Numbers, type RowSource, unitRoundoff } from "@attgrad/matrix-core";
import {
	bounded,
	certificateOf,
	type ErrorParts,
	gradientUnderflow,
	InputRounding,
	type InputSizes,
	LEAST_NORMAL,
	maxUp,
	noError,
	normUp,
	numberTypes,
	over,
	type Proof,
	plus,
	powerUp,
	Quantity,
	RelativeRounding,
	times,
} from "../error-bound/index.ts";
import { largestEntry } from "../rows/largest-entry.ts";
import type { ResidualRows } from "../rows/residual-rows.ts";
import type { QueryBlock } from "../rows/row-blocks.ts";
import type { Spans } from "../rows/spans.ts";
import { ofErrors, ofRounding, type RowErrors } from "./row-effects.ts";

const u = unitRoundoff("f64");

/** A block of rows with their errors. */
interface RowsWithErrors {
	readonly block: QueryBlock;
	readonly residuals: ResidualRows;
	readonly errors: RowErrors;
}

/** Numbers of a row that are summed beside the sizes of its Ĝ. */
const TERMS = 7;

/** Sizes of a map's features, for what is lost below the normal range. */
export interface MappedSizes {
	/** K, or K⁺. */
	readonly rank: number;
	/** |φ_jm| and |ψ_lm| at most, with what they may be off by below the normal range. */
	readonly query: Quantity;
	readonly key: Quantity;
	/** At least every |k_lb| that the map's sums are made of, about its own centre. */
	readonly span: number;
	/** The largest factor from a gradient in the map's coordinates to one in A2's: at least 1. */
	readonly frame: number;
}

/**
 * Σ_j |A1_ja| t_j for every a, where |Ĝ~ − Ĝ|_jb <= W_b t_j is proven for each row by paper.md 7.1 or 7.4, a count of
 * roundings relative to the keys as the sums have them, and what rounding the given numbers changes. Sums of positive
 * numbers only, O(d) a row.
 */
export class ErrorSums {
	readonly #problem: AttentionProblem<RowSource>;
	readonly #spans: Spans;
	readonly #absoluteX: Matrix;
	/** At least the largest |X_ab|. */
	readonly #largestX: number;
	/** Of each column of values: the error of an entry, and H_i and that. */
	readonly #valueErrors: Float64Array;
	readonly #valueReach: Float64Array;
	/** Q = Σ H_i², and |centre| of each column. */
	readonly #valueSquares: number;
	readonly #valueCentres: Float64Array;
	readonly #given: InputRounding | undefined;
	/** Sums for each column of A1: the method's part and that of rounding h, E and q, relative to W; the routes', to their span. */
	readonly #method: Float64Array;
	readonly #problemRounding: Float64Array;
	readonly #sumRounding: Float64Array;
	readonly #change: { readonly ofSpan: Float64Array; readonly ofKeys: Float64Array };
	readonly #inputs: Float64Array;
	readonly #residuals: Float64Array;
	readonly #sizes: Float64Array;
	readonly #largest: { readonly query: Float64Array; readonly queryProducts: Float64Array };
	#inverse = 0;
	#output = 0;
	/** Largest τ_j so far. */
	largestTau = 0;

	constructor(problem: AttentionProblem<RowSource>, spans: Spans) {
		const { d, A1, roundedFrom } = problem;
		const column = (): Float64Array => new Float64Array(d);
		this.#problem = problem;
		this.#spans = spans;
		this.#absoluteX = mapEntries(problem.X.as("f64"), Math.abs);
		this.#largestX = maxUp(this.#absoluteX.data);
		// Products of A3 and Y may be below the normal range, and lose all digits there.
		this.#valueErrors = column().map((_, i) => {
			const rounding = times(u, plus(times(d + 2, spans.valueSize[i]), times(2, spans.valueHalf[i])));
			return plus(rounding, times(d + 2, LEAST_NORMAL));
		});
		this.#valueReach = this.#valueErrors.map((error, i) => plus(spans.valueHalf[i], error));
		this.#valueSquares = this.#valueReach.reduce((sum, H) => plus(sum, times(H, H)), 0);
		this.#valueCentres = Float64Array.from({ length: d }, (_, i) => Math.abs(spans.valueCentre[i]));
		this.#given = InputRounding.of(A1.dtype, roundedFrom, () => inputSizes(problem, spans));
		[this.#method, this.#problemRounding, this.#sumRounding] = [column(), column(), column()];
		this.#change = { ofSpan: column(), ofKeys: column() };
		[this.#inputs, this.#residuals] = [column(), column()];
		this.#largest = { query: column(), queryProducts: column() };
		this.#sizes = new Float64Array(d * d);
	}

	/** Takes in a block of rows with their Ĝ. O(d²) a row. */
	add(block: QueryBlock, residuals: ResidualRows, queryGradients: Matrix, errors: RowErrors): void {
		const { d } = this.#problem;
		const absolute = mapEntries(block.inputs, Math.abs);
		const terms = Matrix.zeros(block.count, TERMS + d);
		this.#addTerms(terms, { block, residuals, errors, querySizes: multiply(absolute, this.#absoluteX) });
		for (let j = 0, at = 0; j < block.count; j++)
			for (let b = 0; b < d; b++) terms.data[j * terms.cols + TERMS + b] = Math.abs(queryGradients.data[at++]);
		const endless = takeEndless(terms, absolute);
		const sums = multiply(absolute, terms, { transposeA: true });
		// Sums of numbers >= 0, each product of which is rounded and may lose what is below the normal range.
		const rounding = RelativeRounding.roundings(block.count + 2);
		const lost = times(block.count, LEAST_NORMAL);
		const targets = [this.#inputs, this.#residuals, this.#method, this.#problemRounding, this.#sumRounding];
		const all = [...targets, this.#change.ofSpan, this.#change.ofKeys];
		for (let a = 0; a < d; a++) {
			const own = a * terms.cols;
			if (sums.data[own] === 0) continue;
			const sum = (at: number): number =>
				endless.data[own + at] > 0
					? Number.POSITIVE_INFINITY
					: plus(rounding.atLeast(bounded(sums.data[own + at])), lost);
			for (const [i, target] of all.entries()) target[a] = plus(target[a], sum(i));
			for (let b = 0; b < d; b++) this.#sizes[a * d + b] = plus(this.#sizes[a * d + b], sum(TERMS + b));
		}
	}

	/** Puts the terms of each row into the first columns, in the order of `add`. */
	#addTerms(
		terms: Matrix,
		{ block, residuals, errors, querySizes }: RowsWithErrors & { readonly querySizes: Matrix },
	): void {
		const { d, scale } = this.#problem;
		const { keyNorm, valueCentre } = this.#spans;
		const ofProducts = RelativeRounding.roundings(d + 6);
		const [c, queryProducts, query] = [new Float64Array(d), new Float64Array(d), new Float64Array(d)];
		const { query: largestQuery, queryProducts: largestProducts } = this.#largest;
		const [residual, queries, targets] = [residuals.c.data, block.queries.data, block.targets.data];
		const sizes = { A: 0, values: 0 };
		const Q = this.#valueSquares;
		for (let j = 0; j < block.count; j++) {
			const tau = errors.tau[j];
			for (let b = 0, at = j * d; b < d; b++, at++) {
				c[b] = Math.abs(residual[at]);
				query[b] = Math.abs(queries[at]);
				queryProducts[b] = times(scale, querySizes.data[at]);
				largestQuery[b] = Math.max(largestQuery[b], query[b]);
				largestProducts[b] = Math.max(largestProducts[b], queryProducts[b]);
				const output = plus(c[b], Math.abs(targets[at] - valueCentre[b]));
				this.#output = Math.max(this.#output, output);
			}
			this.#sizesOf(c, targets, j * d, sizes);
			const { A, values } = sizes;
			const ofWeights = ofErrors(errors.form, tau, A, Q);
			const score = times(normUp(queryProducts), keyNorm);
			const scores = Quantity.known(score, this.#scoreError(score));
			const relative = RelativeRounding.exponential(scores, numberTypes.f64, 0).ofSum(1).bound;
			const change = this.#given?.row({ query, queryProducts, residuals: c, l1: tau });
			this.largestTau = Math.max(this.largestTau, tau);
			this.#inverse = Math.max(this.#inverse, over(1, residuals.normaliser[j]));
			const row = [
				1,
				maxUp(c),
				Math.min(ofWeights, bounded(errors.method?.[j] ?? Number.POSITIVE_INFINITY)),
				plus(values, ofErrors("relative", relative, plus(A, times(tau, Q)), Q)),
				ofRounding(errors.rounding[j], plus(1, tau), ofProducts, A, Q),
				change?.ofSpan ?? 0,
				change?.ofKeys ?? 0,
			];
			terms.data.set(row, j * terms.cols);
		}
	}

	/** The error of a score by that of its query: of the products A1 X and of the scale. */
	#scoreError(score: number): ErrorParts {
		const { d, scale } = this.#problem;
		const rounding = times(times(d + 3, u), score);
		const factors = plus(plus(this.#largestX, scale), 2);
		return { ...noError, rounding, underflow: times(times(d, this.#spans.keyNorm), times(factors, LEAST_NORMAL)) };
	}

	/** A = Σ H_i|c_i|, and what rounding h = A3 Y and c = o − E to doubles does to a row. */
	#sizesOf(c: Float64Array, targets: Numbers, from: number, made: { A: number; values: number }): void {
		const [errors, reach, centres] = [this.#valueErrors, this.#valueReach, this.#valueCentres];
		let A = 0;
		let values = 0;
		for (let i = 0; i < c.length; i++) {
			const error = errors[i];
			const H = reach[i];
			const own = c[i];
			A = plus(A, times(H, own));
			const targetError = times(4 * u, plus(plus(centres[i], Math.abs(targets[from + i])), own));
			values = plus(values, plus(times(times(2, error), plus(H, own)), times(targetError, H)));
		}
		made.A = A;
		made.values = values;
	}

	/**
	 * Bound on max |g~ − g|.
	 * @param depth additions that stand one after the other in the sums over rows
	 */
	certificate(kind: Proof["kind"], radius: number, depth: number, sizes: MappedSizes): Certificate {
		const { n, d, scale } = this.#problem;
		const W = maxUp(this.#spans.keyHalf);
		// Keys without span make a gradient of 0, whatever is known of the weights.
		const against = (span: number, sums: Float64Array): number =>
			span === 0 ? 0 : times(scale, times(span, maxUp(sums)));
		const largest = { value: maxUp(this.#spans.valueHalf), output: this.#output, inverse: this.#inverse };
		let [underflow, input] = [times(n, LEAST_NORMAL), 0];
		for (let a = 0; a < d; a++) {
			const inputSum = this.#inputs[a];
			const change = { ofSpan: this.#change.ofSpan[a], ofKeys: this.#change.ofKeys[a] };
			input = Math.max(input, this.#given?.total(change, this.#largest, n) ?? 0);
			if (inputSum === 0) continue;
			const rows = {
				inputSum,
				residual: over(this.#residuals[a], inputSum),
				mass: powerUp(plus(2, this.largestTau), 2),
			};
			const lost = gradientUnderflow({ n, d, scale, type: numberTypes.f64, ...sizes, ...largest, ...rows });
			underflow = Math.max(underflow, lost);
		}
		const ofSums = times(times(RelativeRounding.roundings(depth + 4).bound, scale), maxUp(this.#sizes));
		const rounding = plus(
			plus(against(W, this.#problemRounding), against(Math.max(W, sizes.span), this.#sumRounding)),
			ofSums,
		);
		const error = { method: against(W, this.#method), rounding, underflow, input };
		return certificateOf({ kind, error, radius, relativeError: this.largestTau });
	}
}

/** Takes the entries that are no finite numbers out of rows of terms; d x columns: how many of them each sum would have. */
function takeEndless(terms: Matrix, absolute: Matrix): Matrix {
	const { rows, cols, data } = terms;
	const count = Matrix.zeros(absolute.cols, cols);
	for (let j = 0, at = 0; j < rows; j++)
		for (let i = 0; i < cols; i++, at++) {
			if (data[at] < Number.POSITIVE_INFINITY) continue;
			data[at] = 0;
			for (let a = 0; a < absolute.cols; a++) if (absolute.at(j, a) !== 0) count.data[a * cols + i]++;
		}
	return count;
}

/** Sizes of the numbers that a problem was read from. A pass over A1 and one over E. */
function inputSizes(problem: AttentionProblem<RowSource>, spans: Spans): InputSizes {
	return {
		scale: problem.scale,
		inputs: largestEntry(problem.A1),
		targets: largestEntry(problem.E),
		X: maxAbs(problem.X),
		valueInputs: spans.valueInputs,
		Y: maxAbs(problem.Y),
		keys: spans.keyHalf.map((half, b) => plus(half, Math.abs(spans.keyCentre[b]))),
		keySpan: spans.keyHalf,
		valueProducts: spans.valueSize,
		valueHalf: spans.valueHalf,
		valueCentre: spans.valueCentre,
	};
}
