import { availableMemory, ComputationError } from "@attgrad/matrix-core";
import type { Assignment, Formula } from "../formulas/formula.ts";
import type { GradientSizes } from "../oracle/gradient-queries.ts";
import type { Oracle } from "../oracle/oracle.ts";
import type { Reduced } from "../reductions/decision/reduction.ts";
import type { OrthogonalVectors } from "../reductions/instances/orthogonal-vectors.ts";
import type { Pair } from "../reductions/instances/pairs.ts";
import { splitAndList } from "../reductions/split-and-list.ts";

/** The number read of the first gradients, for reports. */
export interface Reading {
	/** The number that decides, or the estimated number of models. */
	readonly value: number;
	/** Bound on how far it is off. */
	readonly error: number;
	/** Middle between NO and YES; absent for counts. */
	readonly threshold?: number;
}

/** The account of the computation that comes with every answer. */
export interface Report {
	/** Sizes of the gradients asked for; absent where the formula was too large to list. */
	readonly sizes?: GradientSizes & { readonly amplification?: number };
	/** Gradients computed. */
	readonly calls: number;
	/** Of these, those after the decision: to isolate one of several models. */
	readonly isolationCalls: number;
	/** Absent where the oracle did not answer. */
	readonly reading?: Reading;
}

/** An answer that could not be given, and why. */
export interface Unknown {
	readonly status: "unknown";
	readonly reason: string;
}

/** The findings of `answer` so far, for the report. They are kept when the oracle fails half way. */
export type Progress = { -readonly [K in "sizes" | "reading"]?: Report[K] };

/**
 * Lists the halves of a formula, lets `answer` ask the oracle, and reports. Where the oracle fails, or the formula is
 * too large to list, the answer is unknown with that reason.
 */
export async function answerFormula<Answer>(
	formula: Formula,
	oracle: Oracle,
	answer: (listed: Reduced<OrthogonalVectors, Pair, Assignment>, progress: Progress) => Promise<Answer>,
): Promise<Report & (Answer | Unknown)> {
	const before = oracle.calls;
	const progress: Progress = {};
	const report = (): Report => {
		const calls = oracle.calls - before;
		return { ...(progress as Report), calls, isolationCalls: Math.max(0, calls - (progress.sizes?.calls ?? 0)) };
	};
	try {
		requireBuildable(formula);
		const answered = await answer(splitAndList.reduce(formula), progress);
		return { ...report(), ...answered };
	} catch (failure) {
		if (!(failure instanceof ComputationError)) throw failure;
		return { ...report(), status: "unknown", reason: failure.message };
	}
}

/** Bytes of the largest gradient problem that is built, whatever memory there is. */
const LARGEST_BYTES = 2 ** 34;

/**
 * Checks that a formula's halves and gradient problem fit, before anything is built: with k = 2^⌈N/2⌉ half-assignments and m
 * clauses, two lists of k · m bytes, four matrices of n x d with n <= 3 max(k, 16) and d <= 2m + ⌈N/2⌉ + 3, and X, Y and the
 * gradient, d x d.
 * @param available bytes that may be used; default: the memory that is there
 * @throws ComputationError `out-of-memory` where they do not
 */
export function requireBuildable({ variables, clauses }: Formula, available = availableMemory()): void {
	const half = Math.ceil(variables / 2);
	const [keys, length] = [2 ** half, clauses.length];
	const [n, d] = [3 * Math.max(keys, 16), 2 * length + Math.max(half, 4) + 3];
	const bytes = 2 * keys * length + 8 * (4 * n * d + 3 * d * d);
	const limit = Math.min(LARGEST_BYTES, available);
	if (bytes <= limit) return;
	const size = bytes < 2 ** 60 ? `about ${Math.ceil(bytes / 2 ** 30)} GiB` : `more than 2^${half} rows`;
	throw new ComputationError(
		"out-of-memory",
		`${variables} variables and ${length} clauses make 2^${half} half-assignments and gradients of ${size}; at most ${(limit / 2 ** 30).toFixed(1)} GiB are built`,
	);
}
