import type { AttentionProblem } from "@attgrad/attention-problem";
import type { Matrix } from "@attgrad/matrix-core";

/** Sizes of what a reduction asks of a gradient oracle. */
export interface GradientSizes {
	/** Tokens of each problem. */
	readonly n: number;
	/** Width of each problem. */
	readonly d: number;
	/** Bound of Definition 1.4 that every problem meets: ‖A1 X‖∞ and ‖A2‖∞ are at most B, and one problem reaches it. */
	readonly B: number;
	/** Decoding is proven right for every oracle whose entries are off by at most this. */
	readonly epsilon: number;
	/** Gradients asked for, none depending on the answer to another. */
	readonly calls: number;
}

/** The queries of a reduction to a gradient oracle: problems that do not depend on the answers, and the entries read of each. */
export interface GradientQueries {
	readonly sizes: GradientSizes;
	/** Problem of a call, 0-based; built on each call, in O(nd). */
	problem(call: number): AttentionProblem;
	/** The entries of the gradient that decoding looks at. */
	read(call: number, gradient: Matrix): readonly number[];
	/** Which way (1 or -1) an adversary moves the entry of a gradient to harm the decoding most. */
	harm(call: number, entry: number): 1 | -1;
}

/** How far an oracle's gradients may be off. */
export interface OracleError {
	/** Bound on the error of every entry; Infinity where nothing is proven. */
	readonly absolute: number;
	/** Unit roundoff of an exact algorithm, whose rounding each decoder bounds by itself; 0 where `absolute` holds all. */
	readonly unitRoundoff: number;
}

/** The entries read of each gradient, and a bound on their error. */
export interface Readings {
	readonly entries: readonly (readonly number[])[];
	readonly error: OracleError;
}
