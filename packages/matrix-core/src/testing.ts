import fc from "fast-check";
import { expect } from "vitest";
import { maxAbs } from "./algebra/reductions.ts";
import { type Dtype, Matrix } from "./matrix.ts";
import { seededRandom } from "./random.ts";

/** How close two matrices must be: |got - expected| <= atol + rtol · max|expected|, entry by entry. */
export interface Closeness {
	/** @default 0 */
	rtol?: number;
	/** @default 0 */
	atol?: number;
}

interface AllcloseMatcher<R = unknown> {
	/** Compares matrices (or arrays of rows), relative to the largest expected entry; prints the worst entry. */
	toBeAllclose(expected: Matrix | readonly (readonly number[])[], closeness?: Closeness): R;
}

declare module "vitest" {
	interface Matchers<R extends void | Promise<void> = void | Promise<void>, T = unknown> extends AllcloseMatcher<R> {}
}

expect.extend({
	toBeAllclose(
		received: Matrix,
		expected: Matrix | readonly (readonly number[])[],
		{ rtol = 0, atol = 0 }: Closeness = {},
	) {
		const wanted = expected instanceof Matrix ? expected : Matrix.fromRows(expected);
		if (received.rows !== wanted.rows || received.cols !== wanted.cols)
			return {
				pass: false,
				message: () => `expected ${wanted.rows} x ${wanted.cols}, got ${received.rows} x ${received.cols}`,
			};
		const largest = maxAbs(wanted);
		const allowed = atol + rtol * largest;
		let worst = { difference: -1, at: -1 };
		for (let at = 0; at < wanted.data.length; at++) {
			const difference = Math.abs(received.data[at] - wanted.data[at]);
			if (!(difference <= worst.difference)) worst = { difference, at };
			if (Number.isNaN(difference)) break;
		}
		const pass = worst.at < 0 || worst.difference <= allowed;
		const [i, j] = [Math.floor(worst.at / wanted.cols), worst.at % wanted.cols];
		return {
			pass,
			message: () =>
				`entry (${i}, ${j}): got ${received.data[worst.at]}, expected ${wanted.data[worst.at]}, ` +
				`off by ${worst.difference.toExponential(2)}${largest > 0 ? ` (relative ${(worst.difference / largest).toExponential(2)})` : ""}, ` +
				`allowed ${allowed.toExponential(2)}`,
		};
	},
});

/** Sizes at which tiles, vectors and blocks begin and end. */
export const awkwardSizes = [1, 2, 3, 4, 5, 7, 8, 9, 17, 63, 64, 65, 111] as const;

/** A size up to `max`, awkward ones often. */
export const arbitrarySize = (max = 111): fc.Arbitrary<number> =>
	fc.oneof(fc.constantFrom(...awkwardSizes.filter((size) => size <= max)), fc.integer({ min: 1, max }));

/** A matrix of a given shape with entries uniform in [-1, 1); it shrinks in nothing, since its shape tells what fails. */
export const arbitraryMatrix = (rows: number, cols: number, dtype: Dtype = "f64"): fc.Arbitrary<Matrix> =>
	fc.nat().map((seed) => {
		const random = seededRandom(seed, rows, cols);
		return Matrix.build(rows, cols, () => random.uniform(-1, 1), dtype);
	});
