import { type AttentionProblem, defineAlgorithm, type GradientResult } from "@attgrad/attention-problem";
import {
	availableMemory,
	ComputationError,
	Matrix,
	materialise,
	type Random,
	type RowSource,
	type Runtime,
	seededRandom,
	shortNumber,
} from "@attgrad/matrix-core";
import { z } from "zod";
import { relativeOption } from "../../accuracy.ts";
import { withRelative } from "../../relative/within-relative.ts";
import { featureMapGradient } from "../feature-map-gradient.ts";
import { kernelScale, requireNumbers, scaledKeys } from "../kernel-scale.ts";
import { sampledError, sampleRows } from "../sampled-error.ts";
import { type NystromPivots, nystromMap } from "./nystrom-map.ts";
import { PivotedCholesky } from "./pivoted-cholesky.ts";

/** Keys among which pivots are drawn; more than any rank that pays, and 128 KiB a column. */
const MOST_CANDIDATES = 2 ** 14;

/** Ranks tried for an epsilon: the first, and the factor from one to the next. */
const GROWTH = { first: 16, factor: 1.5 };

/** Share of the free memory that the columns of the factorisation may take. */
const MEMORY_SHARE = 0.5;

const DEFAULT_RANK = 128;

const options = z
	.strictObject({
		rank: z.int().min(1).optional().describe(`number of pivot keys; default: ${DEFAULT_RANK}`),
		epsilon: z.number().positive().optional().describe("instead of rank: grow it until the error is proven <= epsilon"),
		relative: relativeOption.describe("instead of epsilon: the same as a part of max |g|"),
		seed: z.int().min(0).default(0).describe("seed of the pivots"),
		form: z
			.enum(["plug-in", "surrogate"])
			.default("plug-in")
			.describe("f~ in place of f (proven error), or the gradient of the surrogate loss (estimated error)"),
	})
	.refine(({ rank, epsilon, relative }) => [rank, epsilon, relative].filter((x) => x !== undefined).length <= 1, {
		error: "nystrom: give one of rank, epsilon and relative, not several",
	});

type Options = Omit<z.output<typeof options>, "relative">;

/**
 * Nyström approximation of the exponential kernel on pivot keys found by randomly pivoted Cholesky (paper.md 8.2).
 * O(nK² + nKd²). The plug-in gradient comes with a proof: |Ã_jl − A_jl| <= √(ρ_j res_l), then the L1 form of 7.4.
 * Pivots are drawn among all keys, or where there are more than 2^14 of them, among one
 * random key of each of 2^14 equal stretches.
 *
 * Reference: Y. Chen, E. Epperly, J. Tropp, R. Webber, "Randomly pivoted Cholesky", 2022, arXiv 2207.06503.
 */
export const nystrom = defineAlgorithm({
	name: "nystrom",
	summary: "Nyström on pivot keys from randomly pivoted Cholesky; rank follows the data, error proven a posteriori",
	exact: false,
	version: 2,
	modules: [import.meta.url],
	options,
	supports: () => true,
	run: withRelative(nystromGradient),
});

async function nystromGradient(
	problem: AttentionProblem<RowSource>,
	chosen: Options,
	{ onProgress }: Runtime,
): Promise<GradientResult> {
	const { n } = problem;
	const { form, epsilon, seed } = chosen;
	const scale = requireNumbers("nystrom", kernelScale(problem));
	const random = seededRandom(seed, "nystrom");
	const candidates = scaledKeys(candidateKeys(problem, random), scale);
	const cholesky = new PivotedCholesky(candidates, scale.largest, random);
	const sample = form === "surrogate" ? sampleRows(n, seed) : [];
	const largest = Math.min(candidates.rows, memoryLimit(candidates.rows));
	let rank = Math.min(largest, chosen.rank ?? (epsilon === undefined ? DEFAULT_RANK : GROWTH.first));
	while (true) {
		const more = cholesky.grow(rank) && rank < largest;
		const { pivots } = cholesky;
		const points = Matrix.build(pivots.length, problem.d, (s, b) => candidates.at(pivots[s], b));
		const map = nystromMap({ scale, points, factor: cholesky.factor() });
		const result = await featureMapGradient(problem, map, { form, algorithm: "nystrom", sample, onProgress });
		const { gradient, loss } = result;
		const certificate = result.certificate ?? sampledError("nystrom", problem, sample, result.sampled, scale.radius);
		if (epsilon === undefined || certificate.bound <= epsilon)
			return { gradient, loss, rank: pivots.length, certificate };
		if (!more)
			throw new ComputationError(
				"failed",
				`nystrom: epsilon ${shortNumber(epsilon)} is out of reach: rank ${pivots.length} of at most ${largest} gives ${certificate.bound.toExponential(2)}`,
			);
		rank = Math.min(largest, Math.ceil(rank * GROWTH.factor));
	}
}

/** Pivots of a given rank, or of as many as the kernel has in double precision, for `nystromMap`. O(n rank²). */
export function nystromPivots(problem: AttentionProblem<RowSource>, rank: number, random: Random): NystromPivots {
	const scale = requireNumbers("nystrom", kernelScale(problem));
	const candidates = scaledKeys(candidateKeys(problem, random), scale);
	const cholesky = new PivotedCholesky(candidates, scale.largest, random);
	cholesky.grow(Math.min(rank, candidates.rows, memoryLimit(candidates.rows)));
	const { pivots } = cholesky;
	const points = Matrix.build(pivots.length, problem.d, (s, b) => candidates.at(pivots[s], b));
	return { scale, points, factor: cholesky.factor() };
}

/** All keys, or one of each of `MOST_CANDIDATES` equal stretches of them, m x d. */
function candidateKeys({ n, d, A2 }: AttentionProblem<RowSource>, random: Random): Matrix {
	if (n <= MOST_CANDIDATES) return materialise(A2).as("f64");
	const keys = Matrix.zeros(MOST_CANDIDATES, d);
	for (let at = 0; at < MOST_CANDIDATES; at++) {
		const row = Math.floor(((at + random.uniform()) * n) / MOST_CANDIDATES);
		A2.readRows(row, row + 1, keys.row(at));
	}
	return keys;
}

/** The rank whose columns fill the share of memory. */
const memoryLimit = (candidates: number): number =>
	Math.max(1, Math.floor((MEMORY_SHARE * availableMemory()) / (8 * candidates)));
