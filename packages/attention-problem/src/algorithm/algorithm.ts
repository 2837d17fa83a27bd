import { ComputationError, type Matrix, type RowSource, type Runtime, UsageError } from "@attgrad/matrix-core";
import type { z } from "zod";
import type { AttentionProblem } from "../problem/problem.ts";

/** A bound on the error of a gradient, or of a layer's output, and where it comes from. */
export interface Certificate {
	/**
	 * `a-priori` and `a-posteriori` are proofs; `probabilistic` holds with the chance `confidence`, over coins of its own, whatever the
	 * problem is; `estimate` claims nothing; `none`: nothing is known.
	 */
	readonly kind: "a-priori" | "a-posteriori" | "probabilistic" | "estimate" | "none";
	/** Bound on max |g~ − g| over the d x d entries (max |o~ − o| over the n x d of an output); Infinity where there is none. */
	readonly bound: number;
	/** Radius R: every |score| (after centring) is at most R. */
	readonly radius: number;
	/** δ: bound on the relative error of every exponential. */
	readonly relativeError: number;
	/** Part of `bound` that rounding alone accounts for. */
	readonly floatFloor: number;
	/** Of kind `probabilistic`: the chance that the bound holds with, the seed of the coins, and how many pairs were drawn. */
	readonly confidence?: number;
	readonly seed?: number;
	readonly pairs?: number;
}

/** The result of a gradient algorithm. */
export interface GradientResult {
	/** dL/dX, d x d, in double precision. */
	readonly gradient: Matrix;
	/** L(X). */
	readonly loss: number;
	/** dL/dY, d x d, where the algorithm gives it. */
	readonly gradientY?: Matrix;
	/** Degree of the polynomial. */
	readonly degree?: number;
	/** Rank of the approximate attention matrix: number of features K. */
	readonly rank?: number;
	/** Rows of queries that an approximate method computed exactly, because it proves nothing for them. */
	readonly exactRows?: number;
	readonly certificate?: Certificate;
	/** Anything about the answer that was not asked for, in one line: that the gradient is zero, so that no relative error was proved. */
	readonly remark?: string;
	/** For an algorithm that chooses among others: its choice, the reason in words, and whether the answer is exact up to rounding. */
	readonly picked?: { readonly algorithm: string; readonly why: string; readonly exact?: boolean };
}

/** A gradient that was computed several times, by the clock of the program that did. */
export interface TimedRuns {
	readonly result: GradientResult;
	/** Time of each run that counts; one at least. */
	readonly milliseconds: readonly number[];
	/** Largest resident memory of that program that was seen, MiB. */
	readonly peakRssMb: number;
}

/** Why an algorithm does not take a problem, in words that a person can act on. */
export interface Reason {
	readonly reason: string;
}

/** The description of an algorithm of any kind. */
export interface AlgorithmDescription<Options extends z.ZodObject = z.ZodObject> {
	/** Name on the command line and in the CSV. */
	readonly name: string;
	/** One sentence for lists and help. */
	readonly summary: string;
	/** True where the only error is rounding. */
	readonly exact: boolean;
	/** Schema of the options, with defaults; the command line and experiments pass plain values through it. */
	readonly options: Options;
}

/** The sources of an algorithm, by which stored measurements are told from those of changed code. */
export interface AlgorithmSources {
	/** Raised where the numbers or the speed change by what is not in the sources of `modules`, so that stored measurements are not reused. */
	readonly version: number;
	/**
	 * Addresses of the modules that compute it, `[import.meta.url]` for one in a file of its own: stored measurements are not reused
	 * once these, or what they import, have changed. @default none: `version` alone tells
	 */
	readonly modules?: readonly string[];
}

/** A way to compute the gradient, declared as data: `run` is pure but for what it does through `runtime`. */
export interface GradientAlgorithm<Options extends z.ZodObject = z.ZodObject>
	extends AlgorithmDescription<Options>,
		AlgorithmSources {
	/** Named option sets: `polynomial/moment` is variant `moment` of `polynomial`. */
	readonly variants?: Readonly<Record<string, Partial<z.input<Options>>>>;
	/**
	 * Option whose value is all of the text after the `:` of a spelling, in place of `option=value` pairs. Such an algorithm has no
	 * variants: what stands in place of one is a name that the caller gives it, `command/mine:python3 mine.py`.
	 */
	readonly soleSetting?: string;
	/** Whether only a call may ask an accuracy of it, not the grid of an experiment: its error is then reported. @default false */
	readonly choosesAccuracy?: boolean;
	/** Whether `run` would take this problem: `true`, or why not. Cheap; reads no rows. */
	supports(problem: AttentionProblem<RowSource>, options: z.output<Options>): true | Reason;
	/**
	 * Computes the gradient; the inputs are not changed. The work is in the number type of the problem's matrices.
	 * @throws ComputationError where the problem cannot be done (its `status` goes into the row)
	 */
	run(problem: AttentionProblem<RowSource>, options: z.output<Options>, runtime: Runtime): Promise<GradientResult>;
	/**
	 * `run` again and again, for an algorithm that another program computes: measured by that program's clock, since ours would
	 * count its start and the files between.
	 * @param budget time that the runs take together, milliseconds; 0 for a single run
	 */
	timeRuns?(
		problem: AttentionProblem<RowSource>,
		options: z.output<Options>,
		runtime: Runtime,
		budget: number,
	): Promise<TimedRuns>;
}

/** An algorithm of any options, as registries hold it. */
// biome-ignore lint/suspicious/noExplicitAny: a registry holds algorithms of every option type
export type AnyGradientAlgorithm = GradientAlgorithm<any>;

/** Type-checks an algorithm and returns it. */
export function defineAlgorithm<Options extends z.ZodObject>(
	algorithm: GradientAlgorithm<Options>,
): GradientAlgorithm<Options> {
	return algorithm;
}

/** @throws UsageError with the reason, where the answer of `supports` is not `true` */
export function refuseUnless(supported: true | Reason): void {
	if (supported !== true) throw new UsageError(supported.reason);
}

/** @throws ComputationError `skipped` with the reason, where the answer of `supports` is not `true` */
export function skipUnless(supported: true | Reason): void {
	if (supported !== true) throw new ComputationError("skipped", supported.reason);
}
