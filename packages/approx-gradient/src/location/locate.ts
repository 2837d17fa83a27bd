import { type AttentionOperands, headsOf, withRuntime } from "@attgrad/attention-problem";
import { scaledOperands } from "@attgrad/exact-gradient";
import { materialise, type RowSource, type Runtime, UsageError } from "@attgrad/matrix-core";
import { crossover, exactTime, leastCrossover, lowRankTime } from "./costs.ts";
import type { HeadRows } from "./head.ts";
import { type ProvenRanks, provenRanks } from "./proven-ranks.ts";
import { type Quantiles, quantilesOf, type ScoreGeometry, scoreGeometry } from "./score-geometry.ts";
import { headSpectrum, type RankCurve, type RanksAt } from "./spectrum.ts";
import { type Verdict, verdictOf } from "./verdict.ts";

/** Options of `locate`. */
export interface LocateOptions {
	/** Relative error in the Frobenius norm that costs and the verdict are for. @default 1e-2 */
	readonly epsilon?: number;
	/** Rows and columns of the submatrix whose singular values bound the rank from below. @default 768 */
	readonly submatrix?: number;
	/** Of submatrix and pivots. @default 0 */
	readonly seed?: number;
	/** @default a runtime of one thread for this call */
	readonly runtime?: Runtime;
	/** Called after each head. */
	readonly onHead?: (done: number, total: number) => void;
}

/** Where one head lies. */
export interface LocatedHead {
	/** Batch · heads + head. */
	readonly index: number;
	readonly n_q: number;
	readonly n_k: number;
	readonly d: number;
	readonly d_v: number;
	readonly geometry: ScoreGeometry;
	/** Entropy of the rows in nats; e^entropy is the number of keys that a row looks at. */
	readonly entropy: Quantiles;
	/** The relative error that costs and the verdict are for. */
	readonly epsilon: number;
	/** For each relative error the least rank of every approximation, and the ranks that methods prove and achieve. */
	readonly ranks: readonly RanksAt[];
	/** The ranks at which bounds on scores prove epsilon for polynomials; null for none or one that is too large to be counted. */
	readonly polynomials: Readonly<Record<keyof ProvenRanks, number | null>>;
	/** The cheapest certified way at epsilon. */
	readonly certified: {
		readonly method: "hybrid" | "nystrom" | null;
		readonly rank: number | null;
		/** Features that the proof takes, at least the rank. */
		readonly features: number | null;
		/** From how many tokens on it takes less time than the exact pass by nominal times, if the rank stays what it is. */
		readonly paysFrom: number | null;
		/** Time of the exact pass over its own at this n. */
		readonly gain: number | null;
	};
	/** The same for a pass of the least rank, if there were one, without finding its features and without a proof. */
	readonly leastPaysFrom: number;
	readonly verdict: Verdict;
	readonly curves: readonly RankCurve[];
	readonly milliseconds: number;
}

/** Locates every head of some operands, without a mask: see docs/heads.md for what the verdict means. @throws UsageError for an option out of range */
export async function locate(
	given: AttentionOperands<RowSource>,
	{ epsilon = 1e-2, submatrix = 768, seed = 0, runtime, onHead }: LocateOptions = {},
): Promise<LocatedHead[]> {
	if (!(epsilon > 0 && epsilon < 1)) throw new UsageError(`locate: epsilon must be > 0 and < 1, got ${epsilon}`);
	if (!(Number.isInteger(submatrix) && submatrix >= 1))
		throw new UsageError(`locate: submatrix must be a whole number >= 1, got ${submatrix}`);
	// Squares of queries and keys are taken: sizes whose squares leave the range are balanced first, which changes no weight.
	const operands = scaledOperands(given)?.operands ?? given;
	return withRuntime(runtime, async (on) => {
		const heads = headsOf(operands);
		const located: LocatedHead[] = [];
		for (const { index, Q, K } of heads) {
			const head = { Q: materialise(Q).as("f64"), K: materialise(K).as("f64"), scale: operands.scale };
			located.push(await locateHead(head, { index, d_v: operands.d_v, epsilon, submatrix, seed }, on));
			onHead?.(located.length, heads.length);
		}
		return located;
	});
}

interface HeadRequest {
	readonly index: number;
	readonly d_v: number;
	readonly epsilon: number;
	readonly submatrix: number;
	readonly seed: number;
}

async function locateHead(
	head: HeadRows,
	{ index, d_v, epsilon, submatrix, seed }: HeadRequest,
	runtime: Runtime,
): Promise<LocatedHead> {
	const start = performance.now();
	const [n_q, n_k, d] = [head.Q.rows, head.K.rows, head.Q.cols];
	const geometry = scoreGeometry(head);
	const { ranks, entropies, curves, certified } = await headSpectrum(head, { submatrix, seed, epsilon }, runtime);
	const polynomials = provenRanks(head, { delta: epsilon, radius: geometry.centredRadius.largest, most: 4 * n_k });
	const own = ranks.find(({ delta }) => delta === epsilon);
	if (!own) throw new Error("epsilon is one of the relative errors that ranks are found for");
	const least = Math.max(1, own.least);
	const widths = { d, d_v };
	const leastPaysFrom = leastCrossover(least, widths);
	const [cheapest] = certified
		.map((one) => ({ ...one, paysFrom: crossover(one, widths) }))
		.sort((a, b) => a.paysFrom - b.paysFrom || a.rank - b.rank);
	const { method, rank, features, paysFrom } = cheapest ?? { method: null, rank: null, features: null, paysFrom: null };
	const n = Math.min(n_q, n_k);
	const gain = cheapest ? exactTime(n, widths) / lowRankTime(n, cheapest, widths) : null;
	return {
		...{ index, n_q, n_k, d, d_v, epsilon, geometry, ranks, curves, leastPaysFrom },
		entropy: quantilesOf(entropies),
		polynomials: {
			polynomial: finite(polynomials.polynomial),
			anisotropic: finite(polynomials.anisotropic),
			clusters: finite(polynomials.clusters),
		},
		certified: { method, rank, features, paysFrom, gain },
		verdict: verdictOf({ n, paysFrom, leastPaysFrom }),
		milliseconds: performance.now() - start,
	};
}

const finite = (x: number): number | null => (Number.isFinite(x) ? x : null);
