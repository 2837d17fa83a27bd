import { type Random, seededRandom, UsageError } from "@attgrad/matrix-core";
import { type Assignment, asLiterals, type Formula, holds } from "./formula.ts";
import { findModel } from "./model-search.ts";

/** Clauses a variable at which random 3-SAT turns from mostly satisfiable to mostly not. */
export const threeSatThreshold = 4.26;

/** A clause of k different variables with random signs. */
function randomClause(variables: number, k: number, random: Random): number[] {
	const chosen = new Set<number>();
	while (chosen.size < k) chosen.add(random.integer(1, variables));
	return Array.from(chosen, (variable) => (random.integer(0, 1) === 1 ? variable : -variable));
}

/** Literals of the largest formula that is made. */
const MOST_LITERALS = 2 ** 24;

/** @throws UsageError for a formula of more literals than are made; asked before the first */
function checkSize(family: string, clauses: number, literals: number): void {
	if (!(clauses * literals <= MOST_LITERALS))
		throw new UsageError(
			`${family}: ${clauses} clauses of up to ${literals} literals are too many; at most ${MOST_LITERALS} literals are made`,
		);
}

function checkShape(variables: number, k: number, ratio: number): void {
	if (!(Number.isInteger(variables) && variables >= 1))
		throw new UsageError(`random formula: variables must be a whole number >= 1, got ${variables}`);
	if (!(Number.isInteger(k) && k >= 1 && k <= variables))
		throw new UsageError(`random formula: k must be a whole number in 1..${variables}, got ${k}`);
	if (!(Number.isFinite(ratio) && ratio >= 0))
		throw new UsageError(`random formula: ratio must be a finite number >= 0, got ${ratio}`);
	checkSize("random formula", Math.round(ratio * variables), k);
}

/**
 * Random k-SAT: round(ratio · variables) clauses, each of k different variables with random signs.
 * @throws UsageError for k outside 1..variables, a ratio that is not a finite number >= 0, or more than 2^24 literals
 */
export function randomFormula(options: { variables: number; k?: number; ratio?: number; seed: number }): Formula {
	const { variables, k = 3, ratio = threeSatThreshold, seed } = options;
	checkShape(variables, k, ratio);
	const random = seededRandom(seed, "random formula", variables, k);
	const count = Math.round(ratio * variables);
	return { variables, clauses: Array.from({ length: count }, () => randomClause(variables, k, random)) };
}

/**
 * Random k-SAT with exactly one model: clauses that a planted assignment satisfies, drawn at the given ratio; then,
 * while another model is found, one more clause that the planted assignment satisfies and the other falsifies.
 * @throws UsageError for what `randomFormula` refuses
 */
export function uniqueModelFormula(options: { variables: number; k?: number; ratio?: number; seed: number }): {
	formula: Formula;
	model: Assignment;
} {
	const { variables, k = 3, ratio = threeSatThreshold, seed } = options;
	checkShape(variables, k, ratio);
	const random = seededRandom(seed, "unique model", variables, k);
	const model = Array.from({ length: variables }, () => random.integer(0, 1) === 1);
	const clauses: number[][] = [];
	while (clauses.length < Math.round(ratio * variables)) {
		const clause = randomClause(variables, k, random);
		if (clause.some((literal) => holds(literal, model))) clauses.push(clause);
	}
	const notPlanted = asLiterals(model).map((literal) => -literal);
	for (;;) {
		const other = findModel({ variables, clauses: [...clauses, notPlanted] });
		if (!other) return { formula: { variables, clauses }, model };
		clauses.push(separatingClause(model, other, k, random));
	}
}

/** A clause of k variables that is true under `model` and false under `other`. */
function separatingClause(model: Assignment, other: Assignment, k: number, random: Random): number[] {
	const falseLiterals = asLiterals(other).map((literal) => -literal);
	const differing = falseLiterals.filter((literal) => holds(literal, model));
	const chosen = new Set([differing[random.integer(0, differing.length - 1)]]);
	while (chosen.size < k) chosen.add(falseLiterals[random.integer(0, falseLiterals.length - 1)]);
	return [...chosen];
}

/**
 * The pigeonhole formula: every pigeon has a hole, no hole has two. Unsatisfiable where pigeons > holes.
 * Variable holes·p + h + 1 says that pigeon p sits in hole h.
 * @throws UsageError for numbers that are not whole and >= 1, or more than 2^24 literals
 */
export function pigeonhole(pigeons: number, holes: number): Formula {
	for (const [name, count] of Object.entries({ pigeons, holes }))
		if (!(Number.isInteger(count) && count >= 1))
			throw new UsageError(`pigeonhole: ${name} must be a whole number >= 1, got ${count}`);
	checkSize("pigeonhole", pigeons + (holes * pigeons * (pigeons - 1)) / 2, Math.max(holes, 2));
	const variable = (p: number, h: number): number => holes * p + h + 1;
	const clauses = Array.from({ length: pigeons }, (_, p) => Array.from({ length: holes }, (_, h) => variable(p, h)));
	for (let h = 0; h < holes; h++)
		for (let p = 0; p < pigeons; p++)
			for (let other = p + 1; other < pigeons; other++) clauses.push([-variable(p, h), -variable(other, h)]);
	return { variables: pigeons * holes, clauses };
}
