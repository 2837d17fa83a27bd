import { countMonomials } from "../../polynomial/monomials/feature-tree.ts";
import type { CostSample, Work } from "./work.ts";

/** A run of an algorithm with no options. */
export const plain = (n: number, d: number): CostSample => ({ n, d, options: {}, work: { n, d } });

/** A run with one polynomial of a degree. */
export const monomials = (n: number, d: number, degree: number): CostSample => ({
	n,
	d,
	options: { degree },
	work: { n, d, size: countMonomials(d, degree), raisedSize: countMonomials(d, degree + 1) },
});

/** A run with a polynomial for each row. */
export const byRow = (n: number, d: number, degree: number): CostSample => {
	const { work, ...sample } = monomials(n, d, degree);
	return { ...sample, work: { ...work, degree } };
};

/** A run of Nyström's method. */
export const ranked = (n: number, d: number, rank: number): CostSample => ({
	n,
	d,
	options: { rank },
	work: { n, d, size: rank },
});

/** A run with random features. */
export const features = (n: number, d: number, count: number): CostSample => ({
	n,
	d,
	options: { features: count },
	work: { n, d, size: count },
});

/** A run of linear attention, which is a polynomial of degree 2. */
export const squared = (n: number, d: number): CostSample => ({
	...plain(n, d),
	work: { n, d, size: countMonomials(d, 2), raisedSize: countMonomials(d, 3) },
});

/** A run with as many clusters of queries as of keys. */
export function clustered(n: number, d: number, degree: number, each: number): CostSample {
	const { options, work } = monomials(n, d, degree);
	return {
		n,
		d,
		options: { ...options, queryClusters: each, keyClusters: each },
		work: { ...work, clusters: 2 * each },
	};
}

/** A run whose rows are all heavy. */
export const heavy = (n: number, d: number): CostSample => ({
	...plain(n, d),
	options: { degree: 0, threshold: 0 },
	work: { n, d, size: 1, raisedSize: d + 1, heavy: n },
});

/** A backward pass over one head, under a causal mask or none. */
export const layer = (n: number, d: number, mask: "none" | "causal", degree?: number): CostSample => ({
	n,
	d,
	options: { mask, ...(degree !== undefined && { degree }) },
	work: {
		...(degree === undefined ? { n, d } : byRow(n, d, degree).work),
		pairs: mask === "none" ? n * n : (n * (n + 1)) / 2,
		edges: mask === "none" ? 0 : n,
	},
});

/** The same run with another number of rows. */
export function withRows(sample: CostSample, n: number): CostSample {
	const share = n / sample.n;
	const { heavy: exact, pairs, edges, ...work } = sample.work;
	const scaled: Work = {
		...work,
		n,
		...(exact !== undefined && { heavy: n }),
		...(pairs !== undefined && { pairs: pairs * share * share }),
		...(edges !== undefined && { edges: edges * share }),
	};
	return { ...sample, n, work: scaled };
}
