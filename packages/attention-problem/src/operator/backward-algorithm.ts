import type { Matrix, RowSource, Runtime } from "@attgrad/matrix-core";
import type { z } from "zod";
import type { AlgorithmDescription, AlgorithmSources, Certificate, Reason } from "../algorithm/algorithm.ts";
import type { BackwardProblem } from "./operands.ts";

/** One number for each of the three gradients. */
export interface OfEachGradient<Value = number> {
	readonly dQ: Value;
	readonly dK: Value;
	readonly dV: Value;
}

/** Bounds on the errors of the three gradients, and where they come from. */
export interface BackwardCertificate {
	/** As of a `Certificate`: `a-priori` and `a-posteriori` are proofs. */
	readonly kind: Certificate["kind"];
	/** Bound on the largest error of an entry of each, over all heads; Infinity where there is none. */
	readonly bounds: OfEachGradient;
	/** Bound on the largest error of an entry of each row, in the order of the rows, where it was asked for. */
	readonly rowBounds?: OfEachGradient<Float64Array>;
	/** Bound on the length of the error of a row of the output, and of each row where `rowBounds` were asked for. */
	readonly output?: { readonly bound: number; readonly rows?: Float64Array };
	/** Part of `bounds` that rounding alone accounts for. */
	readonly floatFloor?: OfEachGradient;
}

/** Results beside the gradients that a call asks for; an algorithm may give them unasked. */
export interface BackwardWants {
	/** The output and lse. @default false */
	readonly output?: boolean;
	/** `rowBounds` of the certificate. @default false */
	readonly rowBounds?: boolean;
}

/** The gradients of the operator, as matrices of the rows of its operands and in their number type. */
export interface BackwardResult {
	/** (batch · heads · n_q) x d. */
	readonly dQ: Matrix;
	/** (batch · keyHeads · n_k) x d: the sum over the heads of a group. */
	readonly dK: Matrix;
	/** (batch · keyHeads · n_k) x d_v. */
	readonly dV: Matrix;
	/** O, (batch · heads · n_q) x d_v; 0 for a query that sees no key. */
	readonly output?: Matrix;
	/** ln Σ e^score over the visible keys of each query, batch · heads · n_q numbers; −Infinity for one that sees no key. */
	readonly lse?: Float64Array;
	/** Degree of the polynomial; an array, a head each, where heads differ. */
	readonly degree?: number | readonly number[];
	/** Number of features K, 0 where all rows were computed exactly without any; an array, a head each, where heads differ. */
	readonly rank?: number | readonly number[];
	/** Rows that an approximate algorithm computed exactly, over all heads. */
	readonly exactRows?: number;
	readonly certificate?: BackwardCertificate;
	/** Anything about the answer that was not asked for, in one line: of a gradient that is zero no relative error is proved. */
	readonly remark?: string;
	/** The choice of an algorithm that chooses among others, and why in words; whether its answer is exact up to rounding. */
	readonly picked?: { readonly algorithm: string; readonly why: string; readonly exact?: boolean };
}

/** Gradients that were computed several times, by the clock of the program that did. */
export interface TimedBackward {
	readonly result: BackwardResult;
	/** Time of each run that counts; one at least. */
	readonly milliseconds: readonly number[];
	/** Largest resident memory of that program that was seen, MiB. */
	readonly peakRssMb: number;
}

/** A way to compute the backward pass, declared as data as a `GradientAlgorithm` is. */
export interface BackwardAlgorithm<Options extends z.ZodObject = z.ZodObject>
	extends AlgorithmDescription<Options>,
		AlgorithmSources {
	/** Whether `run` takes this problem: `true`, or why not. Cheap; reads no rows. */
	supports(problem: BackwardProblem<RowSource>, options: z.output<Options>): true | Reason;
	/**
	 * Computes dQ, dK and dV; the operands are not changed. The work is in the number type of the operands.
	 * @throws ComputationError where it cannot be done
	 */
	run(
		problem: BackwardProblem<RowSource>,
		options: z.output<Options>,
		runtime: Runtime,
		wants?: BackwardWants,
	): Promise<BackwardResult>;
	/**
	 * `run` again and again, for an algorithm that another program computes, by that program's clock.
	 * @param budget time that the runs take together, milliseconds; 0 for a single run
	 */
	timeRuns?(
		problem: BackwardProblem<RowSource>,
		options: z.output<Options>,
		runtime: Runtime,
		budget: number,
	): Promise<TimedBackward>;
}

/** A backward algorithm of any options, as lists hold it. */
// biome-ignore lint/suspicious/noExplicitAny: a list holds algorithms of every option type
export type AnyBackwardAlgorithm = BackwardAlgorithm<any>;

/** Type-checks a backward algorithm and returns it. */
export function defineBackward<Options extends z.ZodObject>(
	algorithm: BackwardAlgorithm<Options>,
): BackwardAlgorithm<Options> {
	return algorithm;
}
