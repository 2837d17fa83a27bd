import type { Matrix } from "@attgrad/matrix-core";
import { bounded, LEAST_NORMAL, leastRest, over, plus, type RelativeRounding, times } from "../error-bound/index.ts";
import type { ResidualRows } from "../rows/residual-rows.ts";
import type { Spans } from "../rows/spans.ts";
import type { FormScale } from "./residual-forms.ts";

/** Bounds on the effect that the errors e_jl of a row's entries have on a sum over keys. */
export interface RowReach {
	/** α_j: |Σ_l e_jl z_l|² <= α_j² zᵀRz for every z, R the residual matrix of the keys. */
	readonly alpha: Float64Array;
	/** ρ_j: |Σ_l e_jl z_l| <= ρ_j ‖z‖₂ for every z. */
	readonly sums: Float64Array;
	/** At least |Σ_l e_jl|. */
	readonly ones: Float64Array;
	/** At most D̃_j. */
	readonly normaliser: Float64Array;
}

/** Half-ranges of keys and of values. */
export type DirectSpans = Pick<Spans, "keyHalf" | "valueHalf">;

/** Results of a block of rows. */
export interface DirectRows {
	readonly residuals: Pick<ResidualRows, "normaliser" | "cotangents">;
	/** Whether the cotangents are the outputs less a target, and off as these are. @default true */
	readonly ofTarget?: boolean;
	/** Ã h', count x (d+1). */
	readonly N: Matrix;
	/** Ĝ~, count x d. */
	readonly gradients: Matrix;
	/** m̃_j = Σ_l f̃_jl k'_l, count x d; without them nothing is said. */
	readonly keyMeans?: Matrix;
}

/** Bounds of a block of rows. */
export interface DirectRowBounds {
	/** t_j: |Ĝ~ − Ĝ|_jb <= W_b t_j. Infinity where D may not be positive. */
	readonly relative: Float64Array;
	/** At least |Ĝ~ − Ĝ|_jb for every b, without what the error of a target adds. */
	readonly largest: Float64Array;
	/** At least |Σ_l e_jl| and |Σ_l e_jl (g_l − δ̃_j)|. */
	readonly ones: Float64Array;
	readonly ofCotangents: Float64Array;
	/** At least |õ − o|_ji for every i. */
	readonly outputs: Float64Array;
}

/** Numbers of all rows of a block. */
export interface KnownForms {
	readonly spans: DirectSpans;
	/** Whether the problem is so wide that forms are made of cotangents alone. */
	readonly isWide: boolean;
	readonly scale: FormScale;
	/** Forms of h_i with itself and with ones, and of ones. */
	readonly values: Float64Array;
	readonly valueSums: Float64Array;
	readonly ones: number;
	/** Forms of k_b with itself, and with ones. */
	readonly keySquares: Float64Array;
	readonly keySums: Float64Array;
	/** Roundings of the size of a form, and of all that follows. */
	readonly keyGrowth: number;
	readonly growth: RelativeRounding;
	readonly rootN: number;
	/** Σ H_i². */
	readonly valueSquares: number;
}

/** A number >= 0, raised to the least normal one: its relative precision is lost below. No number stays none. */
const lifted = (x: number): number => Math.max(x, LEAST_NORMAL);

/** The rounding of a form, added to it in `sizeOf`, for Z and C as in `formNorm`. */
const besideForm = ({ added, lost }: FormScale, Z: number, C: number): number =>
	added * Z * Z + lost * (1 + C) * (1 + C);

/** At least |Σ_l e_jl z_l| from the form of z and its rounding, up to roundings of this formula. */
const sizeOf = (alpha: number, factor: number, form: number, beside: number): number =>
	lifted(alpha * Math.sqrt(lifted(factor * (Math.max(0, form) + beside))));

/** Numbers of rows that do not depend on their cotangents: α_j, at least |Σ_l e_jl|, and at most the normaliser less that. */
export interface RowRests {
	readonly alpha: Float64Array;
	readonly ones: Float64Array;
	readonly D: Float64Array;
}

/** A block of rows with the forms of their cotangents (`DirectBounds`). */
export interface FormedRows {
	readonly rows: DirectRows;
	/** m̃, count x d. */
	readonly keyMeans: Matrix;
	readonly forms: Matrix;
	readonly rests: RowRests;
	readonly known: KnownForms;
}

/** Bounds of rows where kernels made their results: `boundRow` of all rows, rows x 4, in the order of `DirectRowBounds` from `ofCotangents` on. */
export interface RowsOnKernels {
	boundRows(known: KnownForms, rests: RowRests): Promise<Float64Array>;
}

/** The errors of normalisers. O(1) a row. */
export function rowRests(
	{ alpha, ones, normaliser }: RowReach,
	{ keyGrowth, scale, ones: form }: KnownForms,
): RowRests {
	const made = { alpha, ones: new Float64Array(alpha.length), D: new Float64Array(alpha.length) };
	const beside = besideForm(scale, 1, 1);
	for (let j = 0; j < alpha.length; j++) {
		const own = Math.min(ones[j], times(keyGrowth, sizeOf(alpha[j], scale.factor, form, beside)));
		made.ones[j] = own;
		made.D[j] = leastRest(normaliser[j], own);
	}
	return made;
}

/**
 * The bounds of a row before `finishRow`. Numbers >= 0 are multiplied, added and divided as they are, since `growth` makes up for the roundings of all that
 * follow one another; what may be below the normal range is raised to the least normal number. Nothing is allocated. The kernel `boundQueries` does the same.
 */
export function boundRow(j: number, formed: FormedRows, bounds: DirectRowBounds): void {
	const { rows, forms, rests, known } = formed;
	const { valueHalf } = known.spans;
	const { scale } = known;
	const [alpha, D, d_v] = [rests.alpha[j], rests.D[j], valueHalf.length];
	const c = rows.residuals.cotangents.data;
	let Z = Math.abs(c[j * (d_v + 1) + d_v]);
	let C = Z;
	for (let i = 0; i < d_v; i++) {
		const own = Math.abs(c[j * (d_v + 1) + i]);
		Z += lifted(own * valueHalf[i]);
		C += own;
	}
	const form = forms.data[(j + 1) * forms.cols - 1];
	const ofG = times(known.keyGrowth, sizeOf(alpha, scale.factor, form, besideForm(scale, Z, C)));
	bounds.ofCotangents[j] = ofG;
	boundOutputs(j, rows, alpha, D, known, bounds);
	boundTerms(j, formed, { alpha, Z, C, D, ones: rests.ones[j], ofG }, bounds);
}

/** Completes the bounds of a row with the roundings of all that they are made of. */
export function finishRow(
	j: number,
	rests: RowRests,
	sums: number,
	theta: number,
	known: KnownForms,
	bounds: DirectRowBounds,
): void {
	const D = rests.D[j];
	bounds.ones[j] = rests.ones[j];
	bounds.ofCotangents[j] = bounded(bounds.ofCotangents[j]);
	if (!(D > 0 && Number.isFinite(rests.alpha[j]))) {
		bounds.relative[j] = bounds.largest[j] = bounds.outputs[j] = Number.POSITIVE_INFINITY;
		return;
	}
	// Rounding moves the outputs by 2θH, and with them the terms whose sizes were taken.
	const moved = times(times(32, theta), times(times(over(sums, D), known.rootN), known.valueSquares));
	// Means, cotangents and gradients are as computed.
	const grown = known.growth.atLeast(plus(1, times(8, theta)));
	bounds.outputs[j] = times(known.keyGrowth, bounded(bounds.outputs[j]));
	bounds.relative[j] = times(grown, plus(bounded(bounds.relative[j]), plus(moved, LEAST_NORMAL)));
	bounds.largest[j] = times(grown, plus(bounded(bounds.largest[j]), LEAST_NORMAL));
}

/** Bounds of the outputs of a row; what their errors add to a target's gradient is where `relative` begins. */
function boundOutputs(
	j: number,
	{ residuals, N, ofTarget = true }: DirectRows,
	alpha: number,
	D: number,
	{ spans: { valueHalf }, scale, values, valueSums, ones }: KnownForms,
	bounds: DirectRowBounds,
): void {
	const [d_v, { factor }] = [valueHalf.length, scale];
	const normaliser = residuals.normaliser[j];
	let [output, outputs] = [0, 0];
	for (let i = 0; i < d_v; i++) {
		const mean = N.data[j * (d_v + 1) + i] / normaliser;
		const form = values[i] - 2 * mean * valueSums[i] + mean * mean * ones;
		const beside = besideForm(scale, valueHalf[i] + Math.abs(mean), 1 + Math.abs(mean));
		const change = lifted(sizeOf(alpha, factor, form, beside) / D);
		outputs = Math.max(outputs, change);
		if (ofTarget) output += lifted(change * valueHalf[i]);
	}
	bounds.outputs[j] = outputs;
	bounds.relative[j] = output;
}

/** Sizes of a row. */
interface RowSizes {
	readonly alpha: number;
	/** Σ |c'_i| H_i and Σ |c'_i|. */
	readonly Z: number;
	readonly C: number;
	readonly D: number;
	readonly ones: number;
	readonly ofG: number;
}

/** Adds the largest of the entries of a row's gradient, over the half-range of the keys and as it is, to the bounds. */
function boundTerms(
	j: number,
	{ rows: { gradients }, keyMeans, forms, known }: FormedRows,
	{ alpha, Z, C, D, ones, ofG }: RowSizes,
	bounds: DirectRowBounds,
): void {
	const { spans, isWide, ones: own, keySquares, keySums, scale } = known;
	const { keyHalf } = spans;
	const { factor } = scale;
	const d = keyHalf.length;
	const [from, last, row] = [j * forms.cols, (j + 1) * forms.cols - 1, j * d];
	const shareOfG = lifted(ofG / D);
	const ofLast = forms.data[last];
	let [relative, largest] = [0, 0];
	for (let b = 0; b < d; b++) {
		const W = keyHalf[b];
		if (W === 0) continue;
		const mean = keyMeans.data[row + b];
		const size = Math.abs(mean);
		const [wide, multiplier] = [W + size, 1 + size];
		let ofTerms = lifted(wide * ofG);
		if (!isWide) {
			const form = forms.data[from + b] - 2 * mean * forms.data[from + d + b] + mean * mean * ofLast;
			ofTerms = sizeOf(alpha, factor, form, besideForm(scale, lifted(Z * wide), lifted(C * multiplier)));
		}
		const ofKeys = keySquares[b] - 2 * mean * keySums[b] + mean * mean * own;
		const ofKey = sizeOf(alpha, factor, ofKeys, besideForm(scale, wide, multiplier));
		const first = lifted((ofTerms + lifted(ones * Math.abs(gradients.data[row + b]))) / D);
		const all = first + lifted(shareOfG * lifted(ofKey / D));
		relative = Math.max(relative, all / W);
		largest = Math.max(largest, all);
	}
	bounds.relative[j] += relative;
	bounds.largest[j] = largest;
}
