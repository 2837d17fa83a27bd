import type { AttentionProblem } from "@attgrad/attention-problem";
import type { Numbers, ProgressReport, RowSource } from "@attgrad/matrix-core";
import type { LossGradient } from "../../rows/gradient-sum.ts";
import type { Frame } from "../method/frame.ts";
import type { FeatureTree } from "../monomials/feature-tree.ts";
import type { FramedKeys, FramedQueries } from "./framed-blocks.ts";
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

/** Reads along while a route runs: certificates gather here what they need of every row, in the same pass. */
export interface RouteWatcher {
	/** Features of queries that it reads, where a row has fewer of its own. */
	readonly queryFeatures?: number;
	/** A block of keys and its features, each once. */
	keys?(block: FramedKeys, features: Numbers): void;
	/** A block of queries and its features, each once, before the features are weighed. */
	queries?(block: FramedQueries, features: Numbers): void;
	/** The results of the rows of the block that `queries` saw last. */
	rows?(block: FramedQueries, states: RowStates): void;
}

export interface RouteOptions {
	readonly watchers?: readonly RouteWatcher[];
	/** Reports progress: the share of both passes' work that is done, in rows, and n. */
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
	run(input: RouteInput, options?: RouteOptions): Promise<LossGradient>;
}
