import { present } from "@attgrad/matrix-core";
import { countMonomials } from "../../polynomial/monomials/feature-tree.ts";

/** The sizes that the time of a run depends on. */
export interface Work {
	readonly n: number;
	readonly d: number;
	/** K: monomials, pivots or random features; of one pair of clusters. */
	readonly size?: number;
	/** K⁺. */
	readonly raisedSize?: number;
	/** Degree of the polynomials, where they are solved for row by row. */
	readonly degree?: number;
	/** Queries and keys that are computed exactly (support basis). */
	readonly heavy?: number;
	/** C_q + C_k. */
	readonly clusters?: number;
}

/** A small run that the cost of an algorithm is measured on. */
export interface CostSample {
	readonly n: number;
	readonly d: number;
	readonly options: Readonly<Record<string, unknown>>;
	readonly work: Work;
}

/** The cost of a run of an algorithm: its time is a sum of these terms, each multiplied by the time of one unit on a machine. */
export interface Cost {
	/** 1 for what does not depend on the problem, then counts of operations. */
	terms(work: Work): readonly number[];
	readonly samples: readonly CostSample[];
	/** Milliseconds of a unit of each term on a two-core x86 machine with the kernel fma256, one thread, doubles. */
	readonly nominal: readonly number[];
}

const K = ({ size = 1 }: Work): number => size;
const Kplus = ({ raisedSize, size = 1 }: Work): number => raisedSize ?? size;

const monomials = (n: number, d: number, degree: number): CostSample => ({
	n,
	d,
	options: { degree },
	work: { n, d, size: countMonomials(d, degree), raisedSize: countMonomials(d, degree + 1) },
});

const byRow = (n: number, d: number, degree: number): CostSample => {
	const { work, ...sample } = monomials(n, d, degree);
	return { ...sample, work: { ...work, degree } };
};

const plain = (n: number, d: number): CostSample => ({ n, d, options: {}, work: { n, d } });

const ranked = (n: number, d: number, rank: number): CostSample => ({
	n,
	d,
	options: { rank },
	work: { n, d, size: rank },
});

const kernelSamples = [
	monomials(32, 4, 1),
	monomials(2048, 4, 1),
	monomials(128, 8, 5),
	monomials(256, 16, 2),
	monomials(1024, 8, 6),
	monomials(4096, 4, 9),
	// Few products a row: what a row costs by itself shows.
	monomials(16_384, 2, 1),
	monomials(16_384, 2, 5),
];

/** Operation counts of paper.md 4, 5.5 and 8 for every algorithm and route. */
export const costs = {
	definition: {
		terms: ({ n, d }) => [1, n * n * d * d],
		samples: [plain(4, 2), plain(64, 4)],
		nominal: [0.2, 4e-4],
	},
	dense: {
		terms: ({ n, d }) => [1, n * n, n * n * d],
		// At 1024 its matrices are out of the caches.
		samples: [plain(16, 2), plain(256, 2), plain(256, 32), plain(1024, 2)],
		nominal: [0.36, 5e-5, 7.5e-6],
	},
	streaming: {
		terms: ({ n, d }) => [1, n * d, n * n, n * n * d],
		samples: [plain(16, 4), plain(512, 2), plain(1024, 4), plain(1024, 16), plain(2048, 8)],
		nominal: [0.2, 1e-5, 1.6e-6, 2.4e-7],
	},
	"polynomial/moment": {
		terms: (work) => [
			1,
			work.n,
			work.n * work.d ** 2,
			Kplus(work) * (work.d + 1),
			work.n * (K(work) + Kplus(work)) * work.d,
		],
		samples: kernelSamples,
		nominal: [2, 1e-5, 4.5e-5, 1.4e-4, 3.2e-7],
	},
	"polynomial/reverse": {
		terms: (work) => [1, work.n, work.n * work.d ** 2, K(work) * (work.d + 1), work.n * K(work) * (work.d + 2)],
		samples: kernelSamples,
		nominal: [1.7, 1e-5, 3e-5, 2e-4, 7.3e-7],
	},
	"polynomial/gauss": {
		terms: (work) => [
			1,
			work.n * work.d ** 2,
			Kplus(work) * (work.d + 3),
			work.n * (K(work) + Kplus(work)) * (work.d + 2),
			work.n * (present(work.degree, "the degree of row polynomials") + 2),
		],
		samples: [
			byRow(32, 4, 1),
			byRow(2048, 4, 1),
			byRow(4096, 2, 9),
			byRow(1024, 2, 15),
			byRow(128, 8, 5),
			byRow(256, 16, 2),
			byRow(1024, 8, 5),
			byRow(4096, 4, 8),
		],
		nominal: [0.15, 5.4e-6, 1.5e-4, 1.15e-7, 1.36e-5],
	},
	"polynomial/paper": {
		terms: (work) => [1, work.n * work.d ** 2, work.n * K(work) * work.d ** 2],
		samples: [monomials(32, 4, 1), monomials(512, 4, 3), monomials(128, 6, 4)],
		nominal: [1.4, 6e-4, 4.4e-6],
	},
	"linear-attention": {
		terms: (work) => [1, work.n * Kplus(work) * (work.d + 1)],
		samples: [
			{ ...plain(32, 2), work: { n: 32, d: 2, size: 6, raisedSize: 10 } },
			{ ...plain(512, 4), work: { n: 512, d: 4, size: 15, raisedSize: 35 } },
		],
		nominal: [0.7, 8e-5],
	},
	nystrom: {
		terms: (work) => [1, work.n * K(work) ** 2, work.n * K(work) * (work.d + 1) ** 2],
		samples: [ranked(32, 2, 4), ranked(512, 4, 96), ranked(512, 12, 24)],
		nominal: [0.8, 4e-6, 1.1e-5],
	},
	"random-features": {
		terms: (work) => [1, work.n * K(work) * (work.d + 1)],
		samples: [
			{ n: 32, d: 2, options: { features: 8 }, work: { n: 32, d: 2, size: 8 } },
			{ n: 512, d: 4, options: { features: 128 }, work: { n: 512, d: 4, size: 128 } },
		],
		nominal: [8, 1.6e-4],
	},
	"support-basis": {
		terms: (work) => [
			1,
			work.n * Kplus(work),
			work.n * Kplus(work) * work.d,
			(work.heavy ?? 0) * work.n * (work.d + 1),
		],
		samples: [
			monomials(32, 2, 1),
			monomials(512, 4, 6),
			monomials(512, 2, 16),
			// Beyond the caches.
			monomials(8192, 2, 5),
			{
				n: 256,
				d: 4,
				options: { degree: 0, threshold: 0 },
				work: { n: 256, d: 4, size: 1, raisedSize: 5, heavy: 256 },
			},
		],
		nominal: [2.5, 8e-5, 8e-5, 4e-5],
	},
	clusters: {
		terms: (work) => [
			1,
			work.n * (work.clusters ?? 2) * work.d,
			work.n * (work.clusters ?? 2) * Kplus(work),
			work.n * (work.clusters ?? 2) * Kplus(work) * work.d,
		],
		samples: [
			clustered(32, 2, 1, 1),
			clustered(512, 2, 1, 8),
			clustered(512, 2, 16, 1),
			clustered(512, 3, 4, 4),
			clustered(512, 4, 4, 1),
		],
		nominal: [1.5, 1e-3, 1e-4, 1e-5],
	},
	"forward/streaming": {
		terms: ({ n, d }) => [1, n * d, n * n, n * n * d],
		samples: [plain(16, 4), plain(512, 2), plain(1024, 4), plain(1024, 16), plain(2048, 8)],
		nominal: [0.2, 1e-5, 1.1e-6, 4.6e-8],
	},
	"forward/gauss": {
		terms: (work) => [
			1,
			work.n * work.d ** 2,
			Kplus(work) * (work.d + 3),
			work.n * Kplus(work) * (work.d + 3),
			work.n * (present(work.degree, "the degree of row polynomials") + 2),
		],
		samples: [
			byRow(32, 4, 1),
			byRow(2048, 4, 1),
			byRow(4096, 2, 9),
			byRow(128, 8, 5),
			byRow(256, 16, 2),
			byRow(1024, 8, 5),
			byRow(4096, 4, 7),
			byRow(8192, 4, 5),
		],
		nominal: [0.44, 1.7e-5, 3.8e-6, 1.1e-7, 4.4e-5],
	},
	"forward/polynomial": {
		terms: (work) => [1, work.n, work.n * work.d ** 2, K(work) * (work.d + 1), work.n * K(work) * (work.d + 1)],
		samples: kernelSamples,
		nominal: [1.1, 1e-5, 4e-5, 1e-4, 1.6e-7],
	},
} as const satisfies Record<string, Cost>;

function clustered(n: number, d: number, degree: number, each: number): CostSample {
	const { options, work } = monomials(n, d, degree);
	return {
		n,
		d,
		options: { ...options, queryClusters: each, keyClusters: each },
		work: { ...work, clusters: 2 * each },
	};
}

/** The algorithms and routes whose time is modelled. */
export type CostName = keyof typeof costs;

/** All of them. */
export const costNames = Object.keys(costs) as readonly CostName[];

/** Whether there is a model of this name. */
export const isCostName = (name: string): name is CostName => Object.hasOwn(costs, name);
