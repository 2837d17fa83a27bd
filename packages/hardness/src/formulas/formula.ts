/**
 * A propositional formula in conjunctive normal form. Variables are 1..variables; the literal v says that variable v
 * is true, -v that it is false. A clause may repeat literals, hold both v and -v, or be empty (never true).
 */
export interface Formula {
	readonly variables: number;
	readonly clauses: readonly (readonly number[])[];
	/** The count that the formula's file asks for, where that is not the number of all models; deciding does not depend on it. */
	readonly wantedCount?: WantedCount;
}

/** A count other than that of all models, as the lines of a file ask for it. */
export interface WantedCount {
	/** `projected`: assignments of some variables that extend to a model; `weighted`: the sum of the models' weights. */
	readonly kind: "projected" | "weighted" | "projected weighted";
	/** Line of the file that says so first. */
	readonly line: number;
}

/** Values of the variables: entry v - 1 is variable v. */
export type Assignment = readonly boolean[];

/** Whether a literal is true. */
export function holds(literal: number, assignment: Assignment): boolean {
	return assignment[Math.abs(literal) - 1] === literal > 0;
}

/** Whether every clause has a true literal. Cost: one look at each literal at most. */
export function satisfies(formula: Formula, assignment: Assignment): boolean {
	return formula.clauses.every((clause) => clause.some((literal) => holds(literal, assignment)));
}

/** The assignment as literals 1..variables, each with its sign: what a `v` line holds. */
export function asLiterals(assignment: Assignment): number[] {
	return assignment.map((value, index) => (value ? index + 1 : -(index + 1)));
}
