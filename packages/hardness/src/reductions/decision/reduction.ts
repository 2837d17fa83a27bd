/** The problems that the reductions connect. */
export type ProblemName =
	| "k-SAT"
	| "orthogonal vectors"
	| "#orthogonal vectors"
	| "gap closest pair"
	| "attention gradient";

/** A rewritten source instance: the target and its decoder. */
export interface Reduced<Target, Found, Answer> {
	readonly target: Target;
	/** The answer for the source, from a solution of the target. */
	back(found: Found): Answer;
}

/**
 * A reduction, declared as data.
 * `sizes` tells the sizes of the target without building it; tests hold it equal to what `reduce` builds.
 */
export interface Reduction<Source, Target, Found, Answer, Sizes, Options = undefined> {
	/** Name on the command line and in figures. */
	readonly name: string;
	/** One sentence for lists and help. */
	readonly summary: string;
	readonly source: ProblemName;
	readonly target: ProblemName;
	/** Where it comes from. */
	readonly reference: string;
	sizes(source: Source, options?: Options): Sizes;
	reduce(source: Source, options?: Options): Reduced<Target, Found, Answer>;
}

/** Type-checks a reduction and returns it. */
export function defineReduction<Source, Target, Found, Answer, Sizes, Options = undefined>(
	reduction: Reduction<Source, Target, Found, Answer, Sizes, Options>,
): Reduction<Source, Target, Found, Answer, Sizes, Options> {
	return reduction;
}
