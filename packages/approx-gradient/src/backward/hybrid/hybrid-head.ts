import type { Head } from "@attgrad/attention-problem";
import { Matrix, materialise, type RowSource, type Runtime, seededRandom } from "@attgrad/matrix-core";
import { candidatesFor, hybridGeometry, rowsInMemory } from "../../feature-maps/hybrid/geometry.ts";
import { type HybridMap, hybridMap } from "../../feature-maps/hybrid/hybrid-map.ts";
import { JointPivots, SMALLEST_PROVED_PIVOT } from "../../feature-maps/hybrid/joint-pivots.ts";
import { pivotsFor, principalFeatures } from "../../feature-maps/hybrid/principal-features.ts";
import { headCentres } from "../../rows/head-centres.ts";

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
}

/** Reads a head. */
export function hybridHead({ Q, K, V, dO }: Head<RowSource>, scale: number): HybridHead {
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

/** The pivots of a head, which grow, and its features at their number. */
export class HeadFeatures {
	readonly #runtime: Runtime;
	readonly #geometry: Awaited<ReturnType<typeof hybridGeometry>>;
	readonly #pivots: JointPivots;

	private constructor(geometry: Awaited<ReturnType<typeof hybridGeometry>>, pivots: JointPivots, runtime: Runtime) {
		this.#geometry = geometry;
		this.#pivots = pivots;
		this.#runtime = runtime;
	}

	/** @param rank the one that is asked for, or tried first */
	static async of(head: HybridHead, seed: number, rank: number, runtime: Runtime): Promise<HeadFeatures> {
		const random = seededRandom(seed, "hybrid");
		const rows = rowsInMemory(head.queries, head.keys);
		const geometry = await hybridGeometry(rows, random, runtime, candidatesFor(rank));
		const { points, weights, firstKey } = geometry;
		return new HeadFeatures(
			geometry,
			new JointPivots(points, weights, firstKey, random, runtime, SMALLEST_PROVED_PIVOT),
			runtime,
		);
	}

	/** The map at a rank, or at the highest that there is; whether there may be more. */
	async at(rank: number): Promise<{
		readonly map: HybridMap;
		readonly more: boolean;
	}> {
		await this.#pivots.grow(pivotsFor(rank));
		const more = this.#pivots.pivots.length > rank;
		const map = await hybridMap(
			await principalFeatures(this.#geometry, this.#pivots, rank, this.#runtime),
			this.#runtime,
		);
		return { map, more };
	}
}
