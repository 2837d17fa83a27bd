import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Matrix } from "@attgrad/matrix-core";
import fc from "fast-check";
import { distributions, generateProblem } from "./generate/generate.ts";
import type { AttentionProblem } from "./problem/problem.ts";
import { type ReferenceAnswers, readProblemSync } from "./problem-files/problem-file.ts";

export {
	arbitraryBackwardProblem,
	type BackwardRange,
	type RandomBackward,
	randomBackwardProblem,
} from "./testing/arbitrary-backward.ts";
export { type BackwardCase, backwardCaseNames, backwardCasePath, backwardCases } from "./testing/backward-cases.ts";

/** A problem with answers from the definition, worked out in extended precision. */
export interface ReferenceCase extends ReferenceAnswers {
	readonly name: string;
	readonly problem: AttentionProblem;
	readonly loss: number;
	readonly gradX: Matrix;
	readonly gradY: Matrix;
}

const folder = (): string => fileURLToPath(new URL("../fixtures/vectors/", import.meta.url));

/** Path of the archive of a reference case. */
export const referencePath = (name: string): string => `${folder()}${name}.npz`;

/**
 * The reference cases, smallest first: n from 1 to 2048, ties, huge scores, biased keys, heavy tails, the hypercube. The
 * small ones also have f, c, q and p.
 */
export function referenceCases(): ReferenceCase[] {
	return readdirSync(folder())
		.map((file) => file.replace(/\.npz$/, ""))
		.map((name) => ({ name, ...answered(name) }))
		.sort((a, b) => a.problem.n - b.problem.n || a.name.localeCompare(b.name));
}

function answered(name: string): Omit<ReferenceCase, "name"> {
	const { problem, reference } = readProblemSync(referencePath(name));
	const { loss, gradX, gradY } = reference ?? {};
	if (loss === undefined || !gradX || !gradY) throw new Error(`${name}: a reference case without its answers`);
	return { problem, ...reference, loss, gradX, gradY };
}

/** The range of problems that a property is tried on. */
export interface ProblemRange {
	/** @default 65 */
	maxN?: number;
	/** @default 5 */
	maxD?: number;
	/** @default 1 */
	B?: number;
	/** @default every distribution */
	among?: readonly string[];
}

/** Numbers of rows at which blocks, tiles and vectors begin and end. */
const awkward = [1, 2, 3, 7, 63, 64, 65, 111, 127, 128, 257];

/** Generated problems of any distribution with n <= maxN, d <= maxD and the given B; awkward n are tried often. */
export function arbitraryProblem({
	maxN = 65,
	maxD = 5,
	B = 1,
	among = distributions,
}: ProblemRange = {}): fc.Arbitrary<AttentionProblem> {
	return fc
		.record({
			distribution: fc.constantFrom(...among),
			n: fc.oneof(fc.integer({ min: 1, max: maxN }), fc.constantFrom(...awkward.filter((n) => n === 1 || n <= maxN))),
			d: fc.integer({ min: 1, max: maxD }),
			seed: fc.nat(),
		})
		.map((options) => generateProblem({ ...options, B }));
}
