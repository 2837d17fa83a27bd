import type { Matrix, RowSource, Runtime } from "@attgrad/matrix-core";
import type { z } from "zod";
import type { AlgorithmDescription, Certificate } from "../algorithm/algorithm.ts";
import type { AttentionLayer } from "./layer.ts";

/** Takes rows from..from+rows-1 of an output, each row once, from the first to the last; the storage is reused after. */
export type RowSink = (from: number, rows: Matrix) => void;

/** The facts about an output that come beside its rows. */
export interface ForwardResult {
	/** Degree of the polynomial. */
	readonly degree?: number;
	/** Number of features K. */
	readonly rank?: number;
	/** Rows that were computed exactly, where a method leaves some. */
	readonly exactRows?: number;
	/** Bound on max |õ − o| over the n x d entries. */
	readonly certificate?: Certificate;
	/** At least max |õ − o| / max |o|, where that is proved. */
	readonly relative?: number;
	/** Anything about the answer that was not asked for, in one line. */
	readonly remark?: string;
	/** The algorithm that a choosing algorithm picked, and why in words. */
	readonly picked?: { readonly algorithm: string; readonly why: string };
}

/** A way to compute a layer's output, declared as data as a `GradientAlgorithm` is. */
export interface ForwardAlgorithm<Options extends z.ZodObject = z.ZodObject> extends AlgorithmDescription<Options> {
	/**
	 * Computes the output o = D⁻¹ exp(scale · A1 X A2ᵀ) A3 Y (Definitions 1.1 and E.1), n x d, in the number type of A1,
	 * and hands it to `sink` block by block.
	 * @throws ComputationError where it cannot be done
	 */
	run(
		layer: AttentionLayer<RowSource>,
		options: z.output<Options>,
		runtime: Runtime,
		sink: RowSink,
	): Promise<ForwardResult>;
}

/** A forward algorithm of any option type. */
// biome-ignore lint/suspicious/noExplicitAny: a list holds algorithms of every option type
export type AnyForwardAlgorithm = ForwardAlgorithm<any>;

/** Type-checks an algorithm and returns it. */
export function defineForward<Options extends z.ZodObject>(
	algorithm: ForwardAlgorithm<Options>,
): ForwardAlgorithm<Options> {
	return algorithm;
}
