/** The sizes that the time of a run depends on. */
export interface Work {
	/** Rows; of a layer with several heads the queries of all. */
	readonly n: number;
	readonly d: number;
	/** K: monomials, pivots or random features; of one pair of clusters. */
	readonly size?: number;
	/** Of K features those that products are made of. @default K */
	readonly products?: number;
	/** K⁺. */
	readonly raisedSize?: number;
	/** Degree of the polynomials, where they are solved for row by row. */
	readonly degree?: number;
	/** Polynomials by row: the work of rows and monomials over that of form v2 in double precision with all rows at one degree (`CheapestRun`). @default 1 */
	readonly part?: number;
	/** Queries and keys that are computed exactly (support basis). */
	readonly heavy?: number;
	/** C_q + C_k. */
	readonly clusters?: number;
	/** Pairs of a query and a key that it sees, of a backward pass; width of the values, where it is not d. */
	readonly pairs?: number;
	readonly valueWidth?: number;
	/** Queries times edges of their mask, whose chunks of keys are exact. */
	readonly edges?: number;
}

/** A small run that the cost of an algorithm is measured on. */
export interface CostSample {
	readonly n: number;
	readonly d: number;
	readonly options: Readonly<Record<string, unknown>>;
	readonly work: Work;
}
