import type { Head } from "@attgrad/attention-problem";
import { Matrix, materialise, type Random, type RowSource, type Runtime, seededRandom } from "@attgrad/matrix-core";
import {
	candidatesFor,
	type HybridGeometry,
	hybridGeometry,
	rowsInMemory,
} from "../../feature-maps/hybrid/geometry.ts";
import { type HybridMap, hybridMap } from "../../feature-maps/hybrid/hybrid-map.ts";
import { JointPivots, SMALLEST_PROVED_PIVOT } from "../../feature-maps/hybrid/joint-pivots.ts";
import { pivotsFor, principalFeatures } from "../../feature-maps/hybrid/principal-features.ts";
import { headCentres } from "../../rows/head-centres.ts";
import type { HeadMask } from "./masked/head-mask.ts";

/** One head in double precision: q̂ = scale · q, keys and values about their centres (`headCentres`). */
export interface HybridHead {
	/** q̂, n_q x d. */
	readonly queries: Matrix;
	/** Keys as they are, and about their centre, n_k x d. */
	readonly keys: Matrix;
	readonly middleKeys: Matrix;
	/** (v − centre, 1), n_k x (d_v + 1). */
	readonly values: Matrix;
	/** Centres and half-ranges of the values, half-ranges of the keys. */
	readonly valueCentre: Float64Array;
	readonly valueHalf: Float64Array;
	readonly keyHalf: Float64Array;
	/** dO, n_q x d_v. */
	readonly upstream: Matrix;
	readonly scale: number;
	/** The keys that each query sees. @default all */
	readonly mask?: HeadMask | undefined;
}

/** Reads a head. */
export function hybridHead({ Q, K, V, dO }: Head<RowSource>, scale: number, mask?: HeadMask): HybridHead {
	const [q, keys, v] = [Q, K, V].map((rows) => materialise(rows).as("f64"));
	if (!dO) throw new Error("a backward problem has dO");
	const queries = q.copy();
	for (let at = 0; at < queries.data.length; at++) queries.data[at] *= scale;
	const { keys: ofKeys, values: ofValues } = headCentres({ Q: q, K: keys, V: v, scale });
	return {
		queries,
		keys,
		middleKeys: centred(keys, ofKeys.centre, []),
		values: centred(v, ofValues.centre, [1]),
		valueCentre: ofValues.centre,
		valueHalf: ofValues.half,
		keyHalf: ofKeys.half,
		upstream: materialise(dO).as("f64"),
		scale,
		mask,
	};
}

/** Rows less a centre, with some numbers behind. */
function centred({ rows, cols, data }: Matrix, centre: Float64Array, behind: readonly number[]): Matrix {
	const made = Matrix.zeros(rows, cols + behind.length);
	for (let j = 0, at = 0, to = 0; j < rows; j++) {
		for (let b = 0; b < cols; b++) made.data[to++] = data[at++] - centre[b];
		for (let i = 0; i < behind.length; i++) made.data[to++] = behind[i];
	}
	return made;
}

/** Pivots that tell which candidates stick out, and the part of each side that does. */
const LOOK = { pivots: 256, part: 1 / 10 };

/** The geometry without weights of candidates that stick out of the span of a few pivots: pivots are not spent on rows that are exact anyway. */
async function withoutOutliers(geometry: HybridGeometry, random: Random, runtime: Runtime): Promise<HybridGeometry> {
	const { points, weights, firstKey } = geometry;
	const pivots = new JointPivots(points, weights, firstKey, random, runtime, SMALLEST_PROVED_PIVOT);
	await pivots.grow(LOOK.pivots);
	const made = weights.slice();
	for (const [from, to] of [
		[0, firstKey],
		[firstKey, points.rows],
	]) {
		const order = Array.from({ length: to - from }, (_, i) => from + i).sort(
			(i, k) => pivots.residual[k] * weights[k] - pivots.residual[i] * weights[i],
		);
		for (const i of order.slice(0, Math.floor(LOOK.part * order.length))) made[i] = 0;
	}
	return { ...geometry, weights: made };
}

/** Features at a rank, and whether a higher one has more. */
export interface FeaturesAtRank {
	readonly map: HybridMap;
	readonly more: boolean;
}

/** The pivots of a head, which grow, and its features at their number. */
export class HeadFeatures {
	readonly #runtime: Runtime;
	/** Keys of the head. */
	readonly #rows: number;
	readonly #geometry: HybridGeometry;
	readonly #pivots: JointPivots;
	#last: (FeaturesAtRank & { readonly rank: number }) | undefined;

	private constructor(rows: number, geometry: HybridGeometry, pivots: JointPivots, runtime: Runtime) {
		this.#rows = rows;
		this.#geometry = geometry;
		this.#pivots = pivots;
		this.#runtime = runtime;
	}

	/**
	 * @param rank the highest that has as many candidates for pivots as serve it
	 * @param without whether rows that stick out are left to exact rows and keys, as pays for long heads
	 */
	static async of(
		head: HybridHead,
		seed: number,
		rank: number,
		runtime: Runtime,
		without = false,
	): Promise<HeadFeatures> {
		const random = seededRandom(seed, "hybrid");
		const rows = rowsInMemory(head.queries, head.keys);
		const all = await hybridGeometry(rows, random, runtime, candidatesFor(rank, head.keys.rows));
		const geometry = without ? await withoutOutliers(all, random, runtime) : all;
		const { points, weights, firstKey } = geometry;
		return new HeadFeatures(
			head.keys.rows,
			geometry,
			new JointPivots(points, weights, firstKey, random, runtime, SMALLEST_PROVED_PIVOT),
			runtime,
		);
	}

	/**
	 * The map at a rank, or at the highest that there is; whether there may be more. The last one is kept.
	 * @param purpose the same in all calls (`pivotsFor`)
	 */
	async at(rank: number, purpose: "fixed" | "proved" = "proved"): Promise<FeaturesAtRank> {
		if (this.#last?.rank !== rank) this.#last = { ...(await this.#made(rank, purpose)), rank };
		return this.#last;
	}

	async #made(rank: number, purpose: "fixed" | "proved"): Promise<FeaturesAtRank> {
		await this.#pivots.grow(pivotsFor(rank, this.#rows, purpose));
		const more = this.#pivots.pivots.length > rank;
		const map = await hybridMap(
			await principalFeatures(this.#geometry, this.#pivots, rank, this.#runtime),
			this.#runtime,
		);
		return { map, more };
	}
}
