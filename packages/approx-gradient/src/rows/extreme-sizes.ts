import { type AttentionProblem, matrixNames } from "@attgrad/attention-problem";
import { maxAbs, type RowSource } from "@attgrad/matrix-core";
import { largestEntry } from "./largest-entry.ts";

/** Sizes from which products of three stay in the range of double precision. */
const ORDINARY = { least: 1e-100, most: 1e100 };

/**
 * The matrices of a problem whose largest entries are so large or so small that products leave the range of double precision, in words:
 * `A1 is about 1e-300, X about 1e+300`. Undefined where there are none. One pass over the rows.
 */
export function extremeSizes(problem: AttentionProblem<RowSource>): string | undefined {
	const found = matrixNames
		.map((name) => [name, name === "X" || name === "Y" ? maxAbs(problem[name]) : largestEntry(problem[name])] as const)
		.filter(([, size]) => size !== 0 && !(size >= ORDINARY.least && size <= ORDINARY.most));
	if (found.length === 0) return undefined;
	return found.map(([name, size], i) => `${name}${i === 0 ? " is" : ""} about ${size.toExponential(0)}`).join(", ");
}
