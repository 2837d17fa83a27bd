import { type Dtype, Matrix, type Numbers } from "@attgrad/matrix-core";

/**
 * Coordinates in which features are taken: a query q becomes M (q - ν), a key k becomes N (k - μ), MᵀN = I, and key l
 * gets the weight ω_l = e^(<ν, k_l - μ> - shift). Softmax weights and gradient do not change (paper.md 5.3): what is
 * left out is a factor common to a row.
 */
export interface Frame {
	/** ν, d numbers. */
	readonly queryCentre: Float64Array;
	/** μ, d numbers. */
	readonly keyCentre: Float64Array;
	/**
	 * η, d numbers: h becomes h - 1 ηᵀ and E becomes E - 1 ηᵀ, which leaves c and, because the rows of p sum to zero, the
	 * gradient as they are.
	 */
	readonly valueCentre: Float64Array;
	/** At least every <ν, k_l - μ>, so that no weight is above 1. */
	readonly shift: number;
	/** M, d x d. */
	readonly queryMap: Matrix;
	/** N, d x d. */
	readonly keyMap: Matrix;
}

/** No centring, no change of coordinates. */
export function plainFrame(d: number): Frame {
	const none = new Float64Array(d);
	const same = Matrix.identity(d);
	return { queryCentre: none, keyCentre: none, valueCentre: none, shift: 0, queryMap: same, keyMap: same };
}

/** rows - centre, row by row, in double precision; `centred` may be `rows`. */
export function centreRows(rows: Numbers, centre: Float64Array, count: number, centred: Numbers): void {
	const d = centre.length;
	for (let at = 0; at < count * d; at++) centred[at] = rows[at] - centre[at % d];
}

/** Rows x (count x d, row-major) as the columns M x of a d x count block, rounded to the block's number type. */
export function mapToColumns(rows: Numbers, M: Matrix, count: number, columns: Numbers): void {
	const d = M.rows;
	for (let j = 0; j < count; j++)
		for (let i = 0; i < d; i++) {
			let sum = 0;
			for (let b = 0; b < d; b++) sum += M.data[i * d + b] * rows[j * d + b];
			columns[i * count + j] = sum;
		}
}

/** The weights ω of a block of centred keys (count x d, row-major), rounded to `dtype`. */
export function keyWeights(frame: Frame, centredKeys: Numbers, count: number, dtype: Dtype): Float64Array {
	const d = frame.queryCentre.length;
	return Float64Array.from({ length: count }, (_, l) => {
		let exponent = -frame.shift;
		for (let b = 0; b < d; b++) exponent += frame.queryCentre[b] * centredKeys[l * d + b];
		return dtype === "f64" ? Math.exp(exponent) : Math.fround(Math.exp(exponent));
	});
}
