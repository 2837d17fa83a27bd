import { present } from "@attgrad/matrix-core";
import { byRow, clustered, features, heavy, layer, monomials, plain, ranked, squared } from "./cost-samples.ts";
import { backwardColumns, hybridSamples, hybridTerms } from "./hybrid-cost.ts";
import type { CostSample, Work } from "./work.ts";

/** The cost of a run of an algorithm: its time is a sum of these terms, each multiplied by the time of one unit on a machine. */
export interface Cost {
	/** 1 for what does not depend on the problem, then counts of operations. */
	terms(work: Work): readonly number[];
	readonly samples: readonly CostSample[];
	/**
	 * Milliseconds of a unit of each term on a two-core x86 machine with the kernel fma256, one thread, doubles: fitted in the logarithm to runs at
	 * n = 10^3 to 10^7. `fitUnits` starts from them on other machines.
	 */
	readonly nominal: readonly number[];
}

const K = ({ size = 1 }: Work): number => size;
const Kplus = ({ raisedSize, size = 1 }: Work): number => raisedSize ?? size;
const degreeOf = ({ degree }: Work): number => present(degree, "the degree of row polynomials");
const valueWidthOf = ({ d, valueWidth = d }: Work): number => valueWidth;
const widths = (work: Work): number => work.d + valueWidthOf(work);

/** How many numbers a core's cache holds, roughly: of so many, half of the accesses go beyond it. */
const CACHED = 1.5e5;

/** The share of numbers that come from beyond a core's cache. */
const beyond = (numbers: number): number => numbers / (numbers + CACHED);

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

const exactSamples = [plain(16, 4), plain(512, 2), plain(1024, 4), plain(1024, 16), plain(1024, 64), plain(2048, 8)];

/** Operation counts of paper.md 4, 5.5 and 8 for every algorithm and route. */
export const costs = {
	definition: {
		terms: ({ n, d }) => [1, n * n, n * n * d * d],
		samples: [plain(4, 2), plain(64, 4), plain(96, 2)],
		nominal: [0.2, 4.6e-4, 1.4e-4],
	},
	dense: {
		terms: ({ n, d }) => [1, n * n, n * n * d],
		// At 1024 its matrices are out of the caches.
		samples: [plain(16, 2), plain(256, 2), plain(256, 32), plain(1024, 2)],
		nominal: [0.36, 5.4e-5, 3.3e-6],
	},
	streaming: {
		terms: ({ n, d }) => [1, n * d, n * n, n * n * d, n * n * d * beyond(n * d)],
		samples: exactSamples,
		nominal: [0.07, 5e-5, 1.3e-6, 1e-7, 1.5e-7],
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
		nominal: [0.18, 5.3e-5, 5.3e-7, 1.4e-5, 1.4e-7],
	},
	"polynomial/reverse": {
		terms: (work) => [1, work.n, work.n * work.d ** 2, K(work) * (work.d + 1), work.n * K(work) * (work.d + 2)],
		samples: kernelSamples,
		nominal: [0.13, 4.6e-5, 1.6e-6, 2.2e-6, 1.5e-7],
	},
	"polynomial/gauss": {
		terms: (work) => [
			1,
			work.n,
			work.n * work.d ** 2,
			Kplus(work) * (work.d + 3),
			work.n * (K(work) + Kplus(work)) * (work.d + 2) * (work.part ?? 1),
			work.n * (degreeOf(work) + 2),
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
			byRow(16_384, 2, 2),
		],
		nominal: [0.12, 1.1e-4, 1.6e-6, 1.4e-5, 1.2e-7, 4.1e-6],
	},
	"polynomial/paper": {
		terms: (work) => [1, work.n, work.n * work.d ** 2, work.n * K(work) * work.d ** 2],
		samples: [monomials(32, 4, 1), monomials(512, 4, 3), monomials(128, 6, 4), monomials(1024, 2, 3)],
		nominal: [0.2, 5.4e-3, 3.9e-5, 3.7e-6],
	},
	"linear-attention": {
		terms: (work) => [1, work.n, work.n * Kplus(work) * (work.d + 1)],
		samples: [squared(32, 2), squared(1024, 2), squared(512, 4)],
		nominal: [0.2, 5.3e-3, 1.7e-5],
	},
	nystrom: {
		terms: (work) => [1, work.n * K(work), work.n * K(work) ** 2, work.n * K(work) * (work.d + 1) ** 2],
		samples: [ranked(32, 2, 4), ranked(512, 2, 32), ranked(512, 4, 96), ranked(512, 12, 24)],
		nominal: [1, 7.6e-4, 4e-7, 3.2e-6],
	},
	"random-features": {
		terms: (work) => [1, work.n, work.n * K(work) * (work.d + 1)],
		samples: [features(32, 2, 8), features(1024, 2, 16), features(512, 4, 128)],
		nominal: [0.5, 6.7e-3, 1.8e-5],
	},
	"support-basis": {
		terms: (work) => [1, work.n * work.d, work.n * Kplus(work), (work.heavy ?? 0) * work.n * (work.d + 1)],
		samples: [
			monomials(32, 2, 1),
			monomials(1024, 4, 1),
			monomials(512, 4, 6),
			monomials(512, 2, 16),
			// Beyond the caches.
			monomials(8192, 2, 5),
			heavy(256, 4),
		],
		nominal: [0.42, 9e-3, 1.6e-4, 4e-5],
	},
	hybrid: {
		terms: (work) => hybridTerms(work, backwardColumns(work.d, work.d)),
		samples: hybridSamples,
		nominal: [2.4, 1.4e-3, 4.8e-4, 2.4e-3, 1.6e-7, 3.8e-5],
	},
	clusters: {
		terms: (work) => [
			1,
			work.n,
			work.n * (work.clusters ?? 2) * work.d,
			// Features of a block of rows are far beyond the caches where there are many.
			work.n * (work.clusters ?? 2) * Kplus(work) * (1 + 3 * beyond(512 * Kplus(work))),
		],
		samples: [
			clustered(32, 2, 1, 1),
			clustered(512, 2, 1, 8),
			clustered(512, 2, 16, 1),
			clustered(512, 3, 4, 4),
			clustered(512, 4, 4, 1),
		],
		nominal: [2.2, 0.01, 3.9e-4, 6.5e-6],
	},
	"forward/streaming": {
		terms: ({ n, d }) => [1, n * d, n * n, n * n * d],
		samples: exactSamples,
		nominal: [0.04, 3.9e-6, 9.3e-7, 9.4e-8],
	},
	"forward/gauss": {
		terms: (work) => [
			1,
			work.n,
			work.n * work.d ** 2,
			Kplus(work) * (work.d + 3),
			work.n * Kplus(work) * (work.d + 3),
			work.n * (degreeOf(work) + 2),
			work.n * beyond(work.n * work.d),
		],
		samples: [
			byRow(32, 4, 1),
			byRow(2048, 4, 1),
			byRow(4096, 2, 9),
			byRow(128, 8, 5),
			byRow(256, 16, 2),
			byRow(1024, 8, 5),
			byRow(4096, 4, 7),
			byRow(16_384, 2, 1),
		],
		nominal: [0.12, 5.5e-4, 5.8e-6, 2e-5, 1.4e-7, 4e-6, 4e-4],
	},
	"forward/polynomial": {
		terms: (work) => [1, work.n, work.n * work.d ** 2, K(work) * (work.d + 1), work.n * K(work) * (work.d + 1)],
		samples: kernelSamples,
		nominal: [0.11, 9.2e-5, 2.8e-6, 1.5e-5, 1e-7],
	},
	"forward/hybrid": {
		terms: (work) => hybridTerms(work, valueWidthOf(work) + 1),
		samples: hybridSamples,
		nominal: [1.3, 3.1e-3, 5.1e-4, 3.9e-4, 4.2e-7, 2.5e-5],
	},
	"backward/definition": {
		terms: ({ n, d }) => [1, n * n, n * n * d],
		samples: [plain(16, 2), plain(256, 2), plain(256, 32)],
		nominal: [0.3, 8e-5, 3e-6],
	},
	"backward/streaming": {
		terms: (work) => [1, work.n * work.d, pairsOf(work), pairsOf(work) * widths(work)],
		samples: [
			layer(16, 4, "none"),
			layer(512, 2, "none"),
			layer(1024, 4, "causal"),
			layer(1024, 16, "none"),
			layer(1024, 64, "causal"),
		],
		nominal: [0.15, 9.5e-6, 1.2e-6, 1.5e-7],
	},
	"backward/polynomial": {
		terms: (work) => [
			1,
			work.n,
			Kplus(work) * (widths(work) + 3),
			work.n * Kplus(work) * (widths(work) + 3),
			work.n * (degreeOf(work) + 2),
			work.edges ?? 0,
			(work.edges ?? 0) * widths(work),
			work.n * beyond(work.n * work.d),
		],
		samples: [
			layer(32, 4, "none", 1),
			layer(2048, 4, "none", 1),
			layer(4096, 2, "none", 9),
			layer(1024, 8, "none", 3),
			layer(1024, 8, "causal", 5),
			layer(2048, 4, "causal", 5),
			layer(2048, 2, "causal", 1),
			layer(8192, 4, "none", 3),
		],
		nominal: [0.2, 3.3e-4, 1.7e-6, 2.1e-7, 9.7e-6, 2.9e-4, 4e-5, 3e-4],
	},
	"backward/hybrid": {
		terms: (work) => hybridTerms(work, backwardColumns(work.d, valueWidthOf(work))),
		samples: hybridSamples,
		nominal: [1.7, 1.9e-3, 4.6e-4, 8.7e-4, 2.7e-7, 2.8e-5],
	},
} as const satisfies Record<string, Cost>;

function pairsOf({ pairs }: Work): number {
	return present(pairs, "the pairs of a backward pass");
}

/** The algorithms and routes whose time is modelled. */
export type CostName = keyof typeof costs;

/** All of them. */
export const costNames = Object.keys(costs) as readonly CostName[];

/** Whether there is a model of this name. */
export const isCostName = (name: string): name is CostName => Object.hasOwn(costs, name);
