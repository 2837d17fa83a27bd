import { UsageError } from "@attgrad/matrix-core";
import type { Formula } from "./formula.ts";

/** Assignments are the bits of a 32-bit number. */
const LARGEST = 30;

/**
 * Number of models, by trying all 2^N assignments: the truth that `solve` and `count` are tested against.
 * @throws UsageError for more than 30 variables
 */
export function countModels({ variables, clauses }: Formula): number {
	if (variables > LARGEST) throw new UsageError(`count models: at most ${LARGEST} variables, got ${variables}`);
	const masks = clauses.map((clause) => ({ positive: mask(clause, 1), negative: mask(clause, -1) }));
	let models = 0;
	for (let x = 0; x < 2 ** variables; x++)
		if (masks.every(({ positive, negative }) => (x & positive) !== 0 || (~x & negative) !== 0)) models++;
	return models;
}

function mask(clause: readonly number[], sign: 1 | -1): number {
	return clause.reduce((bits, literal) => (literal * sign > 0 ? bits | (1 << (Math.abs(literal) - 1)) : bits), 0);
}
