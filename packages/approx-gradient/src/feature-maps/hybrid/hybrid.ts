import {
	type AttentionProblem,
	type Certificate,
	defineAlgorithm,
	type GradientResult,
} from "@attgrad/attention-problem";
import {
	availableMemory,
	ComputationError,
	type RowSource,
	type Runtime,
	seededRandom,
	shortNumber,
} from "@attgrad/matrix-core";
import { z } from "zod";
import { relativeOption } from "../../accuracy.ts";
import type { FirstRank } from "../../backward/hybrid/pairs/first-rank.ts";
import type { WantedCoins } from "../../backward/hybrid/pairs/pair-certificate.ts";
import { coinOptions, coinsOf, coinsOfProbabilistic } from "../../polynomial/gauss/pairs/coins.ts";
import { MOST_ACCURACIES, withRelative } from "../../relative/within-relative.ts";
import { featureMapGradient } from "../feature-map-gradient.ts";
import { candidatesFor, hybridGeometry, rowsOfProblem } from "./geometry.ts";
import { type HybridMap, hybridMap } from "./hybrid-map.ts";
import { JointPivots, SMALLEST_PROVED_PIVOT } from "./joint-pivots.ts";
import { pivotsFor, principalFeatures } from "./principal-features.ts";

/** Ranks tried for an epsilon: the first, for pairs where no sample tells a better one, and the factor from one to the next; what pairs bound falls faster than what is proved. */
const GROWTH = { proved: { first: 64, factor: 2 }, sampled: { first: 96, factor: 1.5 } };

/** Share of the free memory that the factorisation may take. */
const MEMORY_SHARE = 0.25;

/** Ranks that are tried for one accuracy: enough from 32 to the highest. And the certificates that a request may look at in all. */
const TRIES = 12;
const LOOKS = TRIES * MOST_ACCURACIES;

/** Rows with weights that may be off by so much in all are computed exactly. */
const EXACT_FROM = 1;

const DEFAULT_RANK = 128;

/** The highest rank: beyond it B is made of rounding, and an exact row costs less at any length that fits a machine. */
const HIGHEST = 2048;

const options = z
	.strictObject({
		rank: z.int().min(1).max(HIGHEST).optional().describe(`number of features; default: ${DEFAULT_RANK}`),
		epsilon: z.number().positive().optional().describe("instead of rank: grow it until the certificate is <= epsilon"),
		relative: relativeOption.describe("instead of epsilon: the same as a part of max |g|"),
		certificate: z
			.enum(["a-posteriori", "probabilistic"])
			.default("a-posteriori")
			.describe(
				"the kind of certificate: a-posteriori is proved row by row; probabilistic, from pairs of a query and a key drawn at random, holds but for a chance of 1 - confidence",
			),
		...coinOptions,
		seed: z.int().min(0).default(0).describe("seed of the pivots"),
	})
	.refine(({ rank, epsilon, relative }) => [rank, epsilon, relative].filter((x) => x !== undefined).length <= 1, {
		error: "hybrid: give one of rank, epsilon and relative, not several",
	})
	.refine(...coinsOfProbabilistic("hybrid"));

/**
 * Low-rank approximation for trained heads: coordinates in which queries and keys spread equally, about both their means, pivots among
 * queries and keys drawn by what their residuals count, and a bound of each row from its own terms. O(n(K² + K d²)) on kernels. Rows that the
 * pivots do not cover are computed exactly.
 */
export const hybrid = defineAlgorithm({
	name: "hybrid",
	summary: "balanced coordinates and pivots among queries and keys, for trained heads; error proven row by row",
	exact: false,
	version: 6,
	modules: [import.meta.url],
	options,
	supports: () => true,
	run: withRelative(hybridGradient),
});

async function hybridGradient(
	problem: AttentionProblem<RowSource>,
	{ rank: wanted, epsilon, certificate: kind, seed, ...given }: Omit<z.output<typeof options>, "relative">,
	runtime: Runtime,
): Promise<GradientResult> {
	const coins = kind === "probabilistic" ? coinsOf(given) : undefined;
	// The chance covers the certificates of all ranks, and of all epsilons of a relative error.
	const own = coins && { ...coins, failure: epsilon === undefined ? coins.failure : coins.failure / LOOKS };
	const growth = coins ? GROWTH.sampled : GROWTH.proved;
	const random = seededRandom(seed, "hybrid");
	const highest = wanted ?? (epsilon === undefined ? DEFAULT_RANK : HIGHEST);
	const geometry = await hybridGeometry(rowsOfProblem(problem), random, runtime, candidatesFor(highest, problem.n));
	const { points, weights, firstKey } = geometry;
	// Pairs tell the error of features whose rounding leaves rows unproved.
	const smallest = epsilon === undefined || !coins ? SMALLEST_PROVED_PIVOT : undefined;
	const pivots = new JointPivots(points, weights, firstKey, random, runtime, smallest);
	const memory = Math.floor((MEMORY_SHARE * availableMemory()) / (8 * points.rows));
	const largest = Math.max(1, Math.min(points.rows, HIGHEST, memory));
	const purpose = epsilon === undefined && !coins ? "fixed" : "proved";
	const maps = new Map<number, HybridMap>();
	const mapAt = async (rank: number): Promise<HybridMap> => {
		const known = maps.get(rank);
		if (known) return known;
		await pivots.grow(Math.min(largest, pivotsFor(rank, problem.n, purpose)));
		const map = await hybridMap(await principalFeatures(geometry, pivots, rank, runtime), runtime);
		maps.set(rank, map);
		return map;
	};
	const first =
		coins && epsilon !== undefined
			? await firstRankOf(problem, { epsilon, mapAt, highest: largest, runtime })
			: (wanted ?? (epsilon === undefined ? DEFAULT_RANK : growth.first));
	// Where all rows are exact, the features at hand tell what the certificate counts.
	let rank = Math.min(largest, first ?? [...maps.keys()][0] ?? growth.first);
	for (let tries = 1; ; tries++) {
		const map = await mapAt(rank);
		const draws = { runtime, coins: own && { ...own, epsilon } };
		const result = first === undefined ? undefined : await gradientBy(problem, map, draws, "unsure");
		if (result && (epsilon === undefined || result.certificate.bound <= epsilon)) return withConfidence(result, coins);
		const next = Math.min(largest, Math.ceil(rank * growth.factor));
		const isWorth = first !== undefined && (await isRankWorth(problem, next));
		if (tries < TRIES && rank < Math.min(largest, pivots.pivots.length) && isWorth) {
			rank = next;
			continue;
		}
		// In the time of a higher rank all rows are computed exactly.
		const exact = await gradientBy(problem, map, draws, "all");
		if (exact === undefined || epsilon === undefined) throw new Error("all rows are exact, for an epsilon");
		if (exact.certificate.bound <= epsilon) return exact;
		const least = Math.min(result?.certificate.bound ?? Number.POSITIVE_INFINITY, exact.certificate.bound);
		throw new ComputationError(
			"failed",
			`hybrid: epsilon ${shortNumber(epsilon)} is out of reach: rank ${map.rank} of at most ${largest}, or all rows exactly, give ${least.toExponential(2)}`,
		);
	}
}

/** The rank to begin with for pairs; the first of the list where kernels do not hold the features. Undefined where all rows are exact. */
async function firstRankOf(problem: AttentionProblem<RowSource>, asked: FirstRank): Promise<number | undefined> {
	const [{ fitsKernels }, { firstRank }] = await Promise.all([
		import("../../backward/hybrid/hybrid-gradient.ts"),
		import("../../backward/hybrid/pairs/first-rank.ts"),
	]);
	const { first } = GROWTH.sampled;
	return fitsKernels(problem, first, asked.runtime) ? firstRank(problem, asked) : first;
}

/** Whether a rank takes less than half of the flops of all rows exactly. */
async function isRankWorth({ n, d }: AttentionProblem<RowSource>, rank: number): Promise<boolean> {
	const { isHigherRankWorth } = await import("../../backward/hybrid/ranks.ts");
	return isHigherRankWorth(n, { queries: { rows: n, cols: d }, values: { rows: n, cols: d + 1 } }, rank);
}

/** Where a run is made, and the coins of its certificate. */
interface Draws {
	readonly runtime: Runtime;
	readonly coins?: WantedCoins | undefined;
}

/** The confidence of all certificates that were looked at. */
function withConfidence<Result extends { readonly certificate: Certificate }>(
	result: Result,
	coins: WantedCoins | undefined,
): Result {
	const { certificate } = result;
	if (!coins || certificate.kind !== "probabilistic") return result;
	return { ...result, certificate: { ...certificate, confidence: 1 - coins.failure } };
}

/** The gradient by a map; undefined where it has an accuracy to prove and kernels tell that it does not. */
async function gradientBy(
	problem: AttentionProblem<RowSource>,
	map: HybridMap,
	draws: Draws,
	exactRows: "unsure" | "all",
) {
	const { runtime } = draws;
	const { onProgress } = runtime;
	const onKernels = await gradientOnKernels(problem, map, draws, exactRows);
	if (onKernels === "missed") return undefined;
	const made =
		onKernels ??
		(await featureMapGradient(problem, map, {
			form: "plug-in",
			algorithm: "hybrid",
			runtime,
			exactFrom: exactRows === "all" ? 0 : EXACT_FROM,
			onProgress,
		}));
	const { gradient, loss, certificate } = made;
	if (!certificate) throw new Error("a map that knows its errors has a certificate");
	return { gradient, loss, rank: map.rank, certificate };
}

/** The gradient with features in the kernels' memory; undefined where they do not fit. */
async function gradientOnKernels(
	problem: AttentionProblem<RowSource>,
	map: HybridMap,
	{ runtime, coins }: Draws,
	exactRows: "unsure" | "all",
) {
	// No other algorithm for gradients takes the passes of a backward pass: they are loaded where they run.
	const passes = await import("../../backward/hybrid/hybrid-gradient.ts");
	if (!passes.fitsKernels(problem, map.rank, runtime)) return undefined;
	try {
		return (await passes.hybridGradient(problem, map, runtime, { coins, exactRows })) ?? "missed";
	} catch (failure) {
		if (failure instanceof ComputationError && failure.status === "out-of-memory") return undefined;
		throw failure;
	}
}
