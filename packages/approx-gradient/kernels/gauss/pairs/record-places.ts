// Places of the numbers in the record of a panel of rows, in panels: `gauss-records.ts` writes it, and `pairs/row-record.ts` in TypeScript has
// the same places. Query and input come first, d panels each; the facts are those of `acceptance.ts`.

import { solutionPanels } from "../row-polynomials";

/** a_0. */
// @ts-ignore: decorator
@inline
export function coefficientsPlace(d: i32): usize {
	return <usize>(2 * d);
}

/** w_0. */
// @ts-ignore: decorator
@inline
export function squarePlace(d: i32, degree: i32): usize {
	return coefficientsPlace(d) + <usize>(degree + 1);
}

/** C; then ρ, the error of w, and e^R. */
// @ts-ignore: decorator
@inline
export function factorPlace(d: i32, degree: i32): usize {
	return factsPlace(d, degree) - 4;
}

/** KEPT_PANELS facts. */
// @ts-ignore: decorator
@inline
export function factsPlace(d: i32, degree: i32): usize {
	return coefficientsPlace(d) + <usize>solutionPanels(degree, (degree + 1) >> 1);
}

/** The output; then residual, gradient and pilot, d panels each. */
// @ts-ignore: decorator
@inline
export function outputPlace(d: i32, degree: i32): usize {
	return factsPlace(d, degree) + KEPT_PANELS;
}

/** Five sums: Σ ω, Σ ω ‖v‖², Σ ω ‖k‖², Σ ω s^2p, Σ ω s² ‖k‖². */
// @ts-ignore: decorator
@inline
export function onesPlace(d: i32, degree: i32): usize {
	return outputPlace(d, degree) + <usize>(4 * d);
}
