import type { Kernels } from "@attgrad/matrix-core";
import { kernelConstants } from "../../kernels/kernel-constants.ts";
import type { gaussKernels } from "../gauss-kernels.ts";
import { nodesOf, type RowPolynomial } from "../row-polynomial.ts";
import type { RowNumbers } from "../row-terms.ts";
import { pilotDegree } from "../row-terms.ts";

/** Places of a row's numbers in its record, which `kernels/gauss/gauss-records.ts` writes in this order. */
export interface RecordPlaces {
	/** The query as stored, and A1_j: d each. */
	readonly query: number;
	readonly input: number;
	/** a_0..a_g, w_0..w_2r, C, ρ, the error of w, e^R. */
	readonly coefficients: number;
	readonly square: number;
	readonly factor: number;
	readonly offset: number;
	readonly squareError: number;
	readonly exponential: number;
	readonly reach: number;
	readonly normaliser: number;
	/** Σ ω |e^s − P(s)| at most, with the errors of scores. */
	readonly error: number;
	readonly growth: number;
	/** 0 for a row that is left to the exact method. */
	readonly accepted: number;
	/** Σ |a_k| R^k. */
	readonly size: number;
	/** Σ ω P x and at least Σ ω Q x, x = ‖v‖² and ‖k‖². */
	readonly valueSum: number;
	readonly valueError: number;
	readonly keyError: number;
	readonly keySum: number;
	/** õ − η, c̃, Ĝ~, and the pilot's Σ ω T(s) k: d each, in the frame. */
	readonly output: number;
	readonly residual: number;
	readonly gradient: number;
	readonly pilot: number;
	/** Σ ω, Σ ω ‖v‖², Σ ω ‖k‖², Σ ω s^2p, Σ ω s² ‖k‖². */
	readonly ones: number;
	readonly values: number;
	readonly keys: number;
	readonly scores: number;
	readonly weighted: number;
	readonly length: number;
}

/** The places at a width and a degree. */
export function recordPlaces(d: number, degree: number): RecordPlaces {
	const r = nodesOf(degree);
	const coefficients = 2 * d;
	const square = coefficients + degree + 1;
	const factor = square + 2 * r + 1;
	const facts = factor + 4;
	const output = facts + kernelConstants.KEPT_PANELS;
	const ones = output + 4 * d;
	return {
		...{ query: 0, input: d, coefficients, square, factor, offset: factor + 1, squareError: factor + 2 },
		...{ exponential: factor + 3, reach: facts, normaliser: facts + 1, error: facts + 2, growth: facts + 3 },
		...{ accepted: facts + 5, size: facts + 7, valueSum: facts + 8, valueError: facts + 9 },
		...{ keyError: facts + 10, keySum: facts + 11 },
		...{ output, residual: output + d, gradient: output + 2 * d, pilot: output + 3 * d },
		...{ ones, values: ones + 1, keys: ones + 2, scores: ones + 3, weighted: ones + 4, length: ones + 5 },
	};
}

/** Records of consecutive rows: number i of row j is at (⌊j / lanes⌋ · length + i) · lanes + j mod lanes. */
export interface RowRecords {
	readonly data: Float64Array;
	readonly lanes: number;
	readonly count: number;
}

/** Records of some rows in the kernels' memory. */
export interface KernelRecords {
	readonly lanes: number;
	readonly ranges: readonly { readonly rows: number; readonly address: number }[];
}

/** Arguments of pass 2 for drawing the pairs of a range of rows. */
export interface PairArguments {
	readonly pairConstants: number;
	readonly choices: number;
	readonly pairTable: number;
	readonly seed: number;
	readonly pairTotals: number;
}

/** Whoever takes the records of a run's rows. */
export interface RecordSink {
	readonly places: RecordPlaces;
	/** Takes rows in their order. */
	take(records: RowRecords): void;
	/** For a run on kernels that sums into so many slots. */
	onKernels(kernels: Kernels<typeof gaussKernels>, slots: number): KernelSink;
}

/** Draws pairs in a run on kernels. */
export interface KernelSink {
	/** Makes ready, from records of some rows from all over the first chunk; gives the arguments of each slot, none where no row has a polynomial. */
	prepare(some: KernelRecords): Promise<readonly PairArguments[]>;
	/** After the last row. */
	finish(): void;
}

/** The record of an accepted row of the plain run, of form v2, into `record`. */
export function writeRecord(
	record: Float64Array,
	at: RecordPlaces,
	row: RowPolynomial,
	numbers: RowNumbers,
	{ growth, scoreError }: { growth: number; scoreError: number },
): void {
	const { ones, valueSquares, keySquares, normaliser, reach } = numbers;
	const keys = keySquares[0];
	record.set(row.coefficients, at.coefficients);
	record.set(row.square, at.square);
	record[at.factor] = row.factor;
	record[at.offset] = row.offset;
	record[at.squareError] = row.squareError;
	record[at.exponential] = Math.exp(reach);
	record[at.reach] = reach;
	record[at.normaliser] = normaliser;
	record[at.error] = (1 + scoreError) * row.errorSum(ones) + 1.02 * scoreError * normaliser;
	record[at.growth] = growth;
	record[at.accepted] = 1;
	record[at.size] = row.sizeAt(reach);
	record[at.valueSum] = row.valueSum(valueSquares);
	record[at.valueError] = row.errorSum(valueSquares);
	record[at.keyError] = row.errorSum(keys);
	record[at.keySum] = row.valueSum(keys);
	record.set(numbers.output, at.output);
	record.set(numbers.residual, at.residual);
	record.set(numbers.gradient, at.gradient);
	record.set(numbers.pilot, at.pilot);
	record[at.ones] = ones[0];
	record[at.values] = valueSquares[0];
	record[at.keys] = keys[0];
	record[at.scores] = ones[2 * pilotDegree(row.nodes)];
	record[at.weighted] = keys[2];
}
