import { expect } from "vitest";
import { Matrix } from "./matrix.ts";
import { maxAbs } from "./reductions.ts";

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
			const difference = Math.abs(received.data[at]! - wanted.data[at]!);
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
