import type { AttentionProblem } from "@attgrad/attention-problem";
import { type Matrix, type Numbers, nextTurn, type ProgressReport, type RowSource } from "@attgrad/matrix-core";
import type { Frame } from "../method/frame.ts";
import type { FeatureTree } from "../monomials/feature-tree.ts";
import type { KeyBlock, QueryBlock } from "./blocks.ts";
import type { RowStates } from "./row-states.ts";

/** A polynomial for each row: the lower the row's radius, the lower the degree that keeps the error bounds. */
export interface RowDegrees {
	/** The degree for query j of a block of points (d x count). */
	degreeOf(points: Numbers, j: number, count: number): number;
	/** w_α of the polynomial of a degree: a prefix of the tree's nodes. */
	weightsOf(degree: number): Float64Array;
	/** For each power the largest coefficient among the polynomials: for bounds on the size of terms. */
	readonly largestCoefficients: Float64Array;
}

/** The input of a route: Ã = Σ_α w_α q^α k^α over a tree's monomials, in a frame. */
export interface RouteInput {
	readonly problem: AttentionProblem<RowSource>;
	readonly tree: FeatureTree;
	/** w_α for the nodes of the tree (`featureWeights`). */
	readonly weights: Float64Array;
	readonly frame: Frame;
	/** A polynomial of its own degree for each row; for the moment route. */
	readonly rowDegrees?: RowDegrees;
}

/** The gradient of a route, and the loss at the approximate attention weights. */
export interface RouteResult {
	/** dL/dX, d x d, in double precision. */
	readonly gradient: Matrix;
	readonly loss: number;
}

/** Reads along while a route runs: certificates gather here what they need of every row, in the same pass. */
export interface RouteWatcher {
	/** Features of queries that it reads, where a row has fewer of its own. */
	readonly queryFeatures?: number;
	/** A block of keys and its features, each once. */
	keys?(block: KeyBlock, features: Numbers): void;
	/** A block of queries and its features, each once, before the features are weighed. */
	queries?(block: QueryBlock, features: Numbers): void;
	/** The results of the rows of the block that `queries` saw last. */
	rows?(block: QueryBlock, states: RowStates): void;
}

export interface RouteOptions {
	readonly watchers?: readonly RouteWatcher[];
	/** Called now and then: the part of both passes' work that is done, in rows, and n. */
	readonly onProgress?: ProgressReport | undefined;
}

/** One of the ways to the gradient of an approximation Ã. */
export interface Route {
	readonly name: "paper" | "moment" | "reverse";
	/** True where the result is the gradient of the surrogate loss instead of the gradient at the approximate weights. */
	readonly surrogate: boolean;
	/** Numbers of its state and of one row of a block, for `size` features, `raisedSize` with the edge. */
	memory(size: number, raisedSize: number, d: number): { state: number; row: number };
	/** @throws ComputationError (invalid) with row and value where a normaliser is not positive */
	run(input: RouteInput, options?: RouteOptions): Promise<RouteResult>;
}

/** Multiplications between two turns of the event loop: some 50 ms, so that signals and progress are seen. */
const TURN = 5e7;

/** Counts work and lets the event loop turn now and then. */
export class Pace {
	readonly #rows: number;
	readonly #work: Readonly<Record<"keys" | "queries", number>>;
	readonly #onProgress: RouteOptions["onProgress"];
	#done = 0;
	#sinceTurn = 0;

	/** @param work multiplications that a row takes in each of the passes */
	constructor(
		rows: number,
		work: Readonly<Record<"keys" | "queries", number>>,
		onProgress: RouteOptions["onProgress"],
	) {
		this.#rows = rows;
		this.#work = work;
		this.#onProgress = onProgress;
	}

	/** After a block of rows of a pass; `work` is what they took, where that is not what the pass takes otherwise. */
	async after(pass: "keys" | "queries", rows: number, work = rows * this.#work[pass]): Promise<void> {
		const { keys, queries } = this.#work;
		this.#done += (rows * this.#work[pass]) / (keys + queries);
		this.#sinceTurn += work;
		if (this.#sinceTurn < TURN) return;
		this.#sinceTurn = 0;
		this.#onProgress?.(Math.min(this.#done, this.#rows), this.#rows);
		await nextTurn();
	}
}
