import {
	expUp,
	type FeatureSizes,
	gradientUnderflow,
	maxUp,
	noError,
	numberTypes,
	outputUnderflow,
	over,
	plus,
	Quantity,
	times,
} from "../../../error-bound/index.ts";
import type { Candidate, Method } from "../../method/approximation.ts";
import type { ErrorForm, RowFacts } from "./row-facts.ts";

/** What results below the normal range change in a gradient by the polynomial method, from the sizes of all rows. */
export function underflowForm(method: Method, candidate: Candidate): ErrorForm {
	const { n, d, scale } = method.profile;
	const inputs = new Float64Array(d);
	const residuals = new Float64Array(d);
	let [growth, l1, output] = [0, 0, 0];
	return {
		add(row: RowFacts, count = 1) {
			const residual = maxUp(row.residuals);
			for (let a = 0; a < d; a++) {
				inputs[a] += count * row.inputs[a];
				residuals[a] += count * times(row.inputs[a], residual);
			}
			growth = Math.max(growth, row.growth);
			l1 = Math.max(l1, row.l1);
			output = Math.max(output, maxUp(row.outputs));
		},
		bounds() {
			const sizes = featureSizes(method, candidate, { growth, l1, output });
			let most = 0;
			for (let a = 0; a < d; a++)
				if (inputs[a] > 0) {
					const residual = over(residuals[a], inputs[a]);
					most = Math.max(most, gradientUnderflow({ ...sizes, scale, inputSum: inputs[a], residual }));
				}
			// A1 = 0 makes a gradient that is 0, but for what rounds to zero in A1ᵀ Ĝ.
			return new Float64Array(d * d).fill(most > 0 ? most : times(n, numberTypes.f64.tiny));
		},
	};
}

/** What results below the normal range change in an output of the polynomial method. */
export const polynomialOutputUnderflow = (method: Method, candidate: Candidate, row: RowSizes): number =>
	outputUnderflow(featureSizes(method, candidate, row));

/** The largest growth, L1 error and output of rows, as in `RowFacts`. */
export interface RowSizes {
	readonly growth: number;
	readonly l1: number;
	readonly output: number;
}

function featureSizes({ profile, space, route }: Method, candidate: Candidate, row: RowSizes): FeatureSizes {
	const { n, d, scale, dtype, largest, valueHalfRange } = profile;
	const { degree, coefficients, raisedSize } = candidate;
	const { frame, queryReach, keyReach: mappedReach, keySpan } = space;
	const { growth, l1, output } = row;
	// Overflow is seen in the result; these sizes are products of largest terms, which need not occur.
	const type = { ...numberTypes[dtype], largest: Number.MAX_VALUE };
	const { tiny } = type;
	const sizeOf = (data: ArrayLike<number>): number => maxUp(Float64Array.from(data, Math.abs));
	// A coordinate of M q: A1 by X, the scale and M, or by their product, whose entries may be below the normal range too.
	const lostQuery = plus(largest.inputs + 2, times(d * sizeOf(frame.queryMap.data), largest.X + scale + 2));
	const lostKey = plus(2, sizeOf(frame.keyMap.data));
	const coordinate = (reach: ArrayLike<number>, lost: number): Quantity =>
		Quantity.known(Math.max(1, maxUp(reach)), { ...noError, underflow: times(times(d, tiny), lost) });
	let [weight, factorial] = [0, 1];
	for (let k = 0; k < coefficients.length; k++) {
		factorial *= Math.max(1, k);
		weight = Math.max(weight, times(Math.abs(coefficients[k]), factorial));
	}
	const stored = (size: number): Quantity => Quantity.known(size, { ...noError, underflow: times(d + 2, tiny) });
	const leastWeight = times(expUp(2 * frame.shift), growth);
	return {
		n,
		d,
		// Adjoints of the reverse route take a step for each degree.
		rank: raisedSize * (degree + 2),
		type,
		query: coordinate(queryReach, lostQuery).power(degree, type).times(stored(weight), type),
		key: coordinate(mappedReach, lostKey)
			.power(degree + 1, type)
			.times(stored(1), type),
		value: maxUp(valueHalfRange),
		span: maxUp(keySpan),
		// Σ ω >= n e^(-2 shift), and growth is at least |a_0| Σ ω / D̃.
		inverse: over(leastWeight, Math.abs(coefficients[0]) * n),
		output,
		// Squared for what the bounds' own products lose below the normal range.
		mass: (2 + l1 + (route.surrogate ? growth : 0)) ** 2,
	};
}
