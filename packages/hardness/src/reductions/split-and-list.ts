import type { Assignment, Formula } from "../formulas/formula.ts";
import { defineReduction } from "./decision/reduction.ts";
import { BitMatrix } from "./instances/bit-matrix.ts";
import type { OrthogonalVectors } from "./instances/orthogonal-vectors.ts";
import type { Pair } from "./instances/pairs.ts";

/** Sizes of an orthogonal-vectors instance. */
export interface VectorSizes {
	readonly queries: number;
	readonly keys: number;
	readonly length: number;
}

/** Number of variables in the first half. */
const firstHalf = (formula: Formula): number => Math.floor(formula.variables / 2);

/**
 * k-SAT to orthogonal vectors by listing the assignments of each half of the variables (Williams 2005).
 * Query i is the assignment of variables 1..h1 whose bit t (least first) is variable t + 1; key j the same for the rest.
 * Entry c of a vector is 0 where the half-assignment makes a literal of clause c true, so <a_i, b_j> is the number of
 * clauses that i and j together falsify: a pair is orthogonal exactly if it is a model, and models are counted by pairs.
 * Cost O(2^(N/2) · literals).
 */
export const splitAndList = defineReduction<Formula, OrthogonalVectors, Pair, Assignment, VectorSizes>({
	name: "split-and-list",
	summary: "one vector an assignment of half the variables; a pair is orthogonal if and only if it is a model",
	source: "k-SAT",
	target: "orthogonal vectors",
	reference: "R. Williams, A new algorithm for optimal 2-constraint satisfaction and its implications, 2005",
	sizes: (formula) => ({
		queries: 2 ** firstHalf(formula),
		keys: 2 ** (formula.variables - firstHalf(formula)),
		length: formula.clauses.length,
	}),
	reduce(formula) {
		const h1 = firstHalf(formula);
		const h2 = formula.variables - h1;
		return {
			target: { a: listHalf(formula, 0, h1), b: listHalf(formula, h1, h2) },
			back: ({ query, key }) => [...bitsOf(query, h1), ...bitsOf(key, h2)],
		};
	},
});

/** Falsification vectors of all assignments of the variables first+1..first+count. */
function listHalf({ clauses }: Formula, first: number, count: number): BitMatrix {
	const halves = clauses.map((clause) => clause.filter((l) => Math.abs(l) > first && Math.abs(l) <= first + count));
	return BitMatrix.build(
		2 ** count,
		clauses.length,
		(i, c) => !halves[c].some((l) => bit(i, Math.abs(l) - first - 1) === l > 0),
	);
}

/** Bit t of a number, least first. */
const bit = (index: number, t: number): boolean => Math.floor(index / 2 ** t) % 2 === 1;

const bitsOf = (index: number, count: number): boolean[] => Array.from({ length: count }, (_, t) => bit(index, t));
