import {
	expUp,
	type FeatureSizes,
	gradientUnderflowBy,
	maxUp,
	type NumberType,
	noError,
	numberTypes,
	outputUnderflow,
	over,
	plus,
	powerUp,
	Quantity,
	sizeUp,
	sumUp,
	times,
} from "../../../error-bound/index.ts";
import type { Candidate, Method } from "../../method/approximation.ts";
import type { ErrorForm, RowFacts } from "./row-facts.ts";

/** The error that underflow causes in a gradient by the polynomial method, from the sizes of all rows. */
export function underflowForm(method: Method, candidate: Candidate): ErrorForm {
	const { n, d, scale } = method.profile;
	const inputs = new Float64Array(d);
	const residuals = new Float64Array(d);
	let [growth, l1, output] = [0, 0, 0];
	return {
		add(row: RowFacts, count = 1) {
			const residual = maxUp(row.residuals);
			for (let a = 0; a < d; a++) {
				inputs[a] = plus(inputs[a], times(count, row.inputs[a]));
				residuals[a] = plus(residuals[a], times(count, times(row.inputs[a], residual)));
			}
			growth = Math.max(growth, row.growth);
			l1 = Math.max(l1, row.l1);
			output = Math.max(output, maxUp(row.outputs));
		},
		bounds() {
			const sizes = featureSizes(method, candidate, { growth, l1, output });
			const lost = gradientUnderflowBy({ ...sizes, scale, frame: frameFactor(method.space) });
			let most = 0;
			for (let a = 0; a < d; a++)
				if (inputs[a] > 0)
					most = Math.max(most, lost({ inputSum: inputs[a], residual: over(residuals[a], inputs[a]) }));
			// A1 = 0 makes a gradient that is 0, but for what rounds to zero in A1ᵀ Ĝ.
			return new Float64Array(d * d).fill(most > 0 ? most : times(n, numberTypes.f64.tiny));
		},
	};
}

/** The error that underflow causes in an output of the polynomial method. */
export const polynomialOutputUnderflow = (method: Method, candidate: Candidate, row: RowSizes): number =>
	outputUnderflow(featureSizes(method, candidate, row));

/** The largest growth, L1 error and output of rows, as in `RowFacts`. */
export interface RowSizes {
	readonly growth: number;
	readonly l1: number;
	readonly output: number;
}

/** A coordinate of a stored query M q and of a stored key N k, at least 1, with what it has lost below the normal range. */
export interface StoredCoordinates {
	/** Overflow is seen in the result; sizes here are products of largest terms, which need not occur. */
	readonly type: NumberType;
	readonly query: Quantity;
	readonly key: Quantity;
}

/** The coordinates of a problem's rows in a space. */
export function storedCoordinates({ profile, space }: Pick<Method, "profile" | "space">): StoredCoordinates {
	const { d, scale, dtype, largest } = profile;
	const { frame, queryReach, keyReach } = space;
	const type = { ...numberTypes[dtype], largest: Number.MAX_VALUE };
	// A coordinate of M q: A1 by X, the scale and M, or by their product, whose entries may be below the normal range too.
	const lostQuery = plus(largest.inputs + 2, times(d * sizeUp(frame.queryMap.data), largest.X + scale + 2));
	const lostKey = plus(2, sizeUp(frame.keyMap.data));
	const coordinate = (reach: ArrayLike<number>, lost: number): Quantity =>
		Quantity.known(Math.max(1, maxUp(reach)), { ...noError, underflow: times(times(d, type.tiny), lost) });
	return { type, query: coordinate(queryReach, lostQuery), key: coordinate(keyReach, lostKey) };
}

/** Σ_i |M_ib|, at most over columns b: what a gradient in the frame is multiplied by. */
export function frameFactor({ frame: { queryMap } }: Method["space"]): number {
	const { rows, cols } = queryMap;
	const columns = new Float64Array(cols);
	for (let i = 0; i < rows; i++)
		for (let b = 0; b < cols; b++) columns[b] = plus(columns[b], Math.abs(queryMap.at(i, b)));
	return maxUp(columns);
}

/** Sizes of features alone, which rows do not change. */
function storedFeatures(
	method: Method,
	{ degree, coefficients }: Candidate,
): Pick<FeatureSizes, "type" | "query" | "key"> {
	const { type, query, key } = storedCoordinates(method);
	let [weight, factorial] = [0, 1];
	for (let k = 0; k < coefficients.length; k++) {
		factorial *= Math.max(1, k);
		weight = Math.max(weight, times(Math.abs(coefficients[k]), factorial));
	}
	const underflow = times(method.profile.d + 2, type.tiny);
	const stored = (size: number): Quantity => Quantity.known(size, { ...noError, underflow });
	return {
		type,
		query: query.power(degree, type).times(stored(weight), type),
		key: key.power(degree + 1, type).times(stored(1), type),
	};
}

function featureSizes(method: Method, candidate: Candidate, row: RowSizes): FeatureSizes {
	const { n, d, valueHalfRange } = method.profile;
	const { degree, coefficients, raisedSize } = candidate;
	const { frame, keyReach } = method.space;
	const { growth, l1, output } = row;
	const leastWeight = times(expUp(2 * frame.shift), growth);
	return {
		...storedFeatures(method, candidate),
		n,
		d,
		// Adjoints of the reverse route take a step for each degree.
		rank: raisedSize * (degree + 2),
		value: maxUp(valueHalfRange),
		span: maxUp(keyReach),
		// Σ ω >= n e^(-2 shift), and growth is at least |a_0| Σ ω / D̃.
		inverse: over(leastWeight, Math.abs(coefficients[0]) * n),
		output,
		// Squared for what the bounds' own products lose below the normal range.
		mass: powerUp(sumUp([2, l1, method.route.surrogate ? growth : 0]), 2),
	};
}
