// The record of each row for a certificate from sampled pairs: `pairs/row-record.ts` in TypeScript reads it. All in double precision.

import { panelBytes } from "../panels/panel";
import { solutionPanels } from "./row-polynomials";

/** Panels of a record: query and input, solution, facts of bounds, output, residual, gradient and pilot, five sums. */
// @ts-ignore: decorator
@inline
export function recordPanels(d: i32, degree: i32, r: i32): i32 {
	return 6 * d + solutionPanels(degree, r) + KEPT_PANELS + 5;
}

/** Copies one panel and gives the next place. */
// @ts-ignore: decorator
@inline
function copyPanel(from: usize, to: usize): usize {
	memory.copy(to, from, panelBytes());
	return to + panelBytes();
}

/**
 * The record of a block of rows behind its 2 d panels of queries and inputs.
 * @param sums power sums of the columns of ones, ‖v‖² and ‖k‖², 2 r + 1 panels each
 * @param states output, residual, gradient and pilot, 4 d panels
 */
export function keepRecord(d: i32, degree: i32, r: i32, solution: usize, facts: usize, states: usize, sums: usize, to: usize): void {
	const P = panelBytes(), column = <usize>(2 * r + 1) * P, solved = <usize>solutionPanels(degree, r) * P, p = r >= 2 ? 2 : 1;
	memory.copy(to, solution, solved);
	to += solved;
	memory.copy(to, facts, <usize>KEPT_PANELS * P);
	to += <usize>KEPT_PANELS * P;
	memory.copy(to, states, <usize>(4 * d) * P);
	to += <usize>(4 * d) * P;
	to = copyPanel(sums, to);
	to = copyPanel(sums + column, to);
	to = copyPanel(sums + 2 * column, to);
	to = copyPanel(sums + <usize>(2 * p) * P, to);
	copyPanel(sums + 2 * column + 2 * P, to);
}
