import {
	type AnyBackwardAlgorithm,
	type BackwardProblem,
	type BackwardResult,
	type OfEachGradient,
	provedRelative,
	skipUnless,
} from "@attgrad/attention-problem";
import { backwardStreaming, definitionBackward } from "@attgrad/exact-gradient";
import {
	ComputationError,
	type Dtype,
	maxAbs,
	maxAbsDifference,
	type Runtime,
	unitRoundoff,
} from "@attgrad/matrix-core";
import { peakRssMb } from "../system/index.ts";
import { gateSize } from "./gate.ts";
import type { CellContext, Measurement } from "./measure-cell.ts";
import { timeRuns } from "./time-runs.ts";
import { describeTiming, type Timing, timingOf } from "./timing.ts";

/** The inputs of the measurement of a backward pass. */
export interface BackwardContext extends Pick<CellContext, "runtime" | "budget" | "turn"> {
	readonly algorithm: AnyBackwardAlgorithm;
	/** The algorithm's options, defaults included. */
	readonly options: Readonly<Record<string, unknown>>;
	readonly problem: BackwardProblem;
	/** A problem like it with another number of tokens, for the gate. */
	like(n: number): BackwardProblem;
	/** Most tokens of which the error of an approximation is told, against the exact pass: O(n²). @default those of the gate, 512 */
	readonly comparedUpTo?: number;
}

const names = ["dQ", "dK", "dV"] as const;

/**
 * Measures a backward pass: the correctness gate first, at 512 tokens at most and against the definition, then time and memory of all three
 * gradients. `error_max` and `error_bound` are the largest of the three, `error_rel` and `bound_rel` those over the largest entry of each;
 * `extra` holds them by their names, and the rows that were exact.
 * @throws ComputationError whose status and reason go into the row
 */
export async function measureBackward(context: BackwardContext): Promise<Measurement> {
	const { algorithm, problem, options, runtime, budget, turn, comparedUpTo = gateSize } = context;
	skipUnless(algorithm.supports(problem, options));
	const isSmall = problem.n_q <= gateSize;
	const gated = isSmall ? problem : context.like(gateSize);
	const ofGate = await passBackwardGate(algorithm, gated, options, runtime);
	const { timing, result, memory } = await timeBackward(context);
	const errors = isSmall
		? ofGate
		: algorithm.exact || problem.n_q > comparedUpTo
			? undefined
			: errorsOf(result, await backwardStreaming.run(problem, {}, runtime));
	const bounds = result.certificate?.bounds;
	return {
		...(typeof result.degree === "number" && { degree: result.degree }),
		...(typeof result.rank === "number" && { rank: result.rank }),
		...(errors && describeErrors(errors)),
		...describeBounds(result),
		...describeTiming(timing, memory),
		extra: {
			...(errors && { errors: ofEach((name) => errors[name].max) }),
			...(bounds && { bounds }),
			...(result.exactRows !== undefined && { exactRows: result.exactRows }),
		},
	};

	async function timeBackward({ algorithm }: BackwardContext): Promise<{
		timing: Timing;
		result: BackwardResult;
		memory: number;
	}> {
		if (!algorithm.timeRuns) {
			const timed = await timeRuns(() => algorithm.run(problem, options, runtime), budget, { turn });
			return { ...timed, memory: peakRssMb() };
		}
		const { result, milliseconds, peakRssMb: memory } = await algorithm.timeRuns(problem, options, runtime, budget);
		return { timing: timingOf([milliseconds]), result, memory };
	}
}

/** How far a gradient is from the exact one, and that over the largest entry of the exact one. */
interface GradientErrors {
	readonly max: number;
	readonly relative: number | undefined;
}

/**
 * The gate: an exact algorithm must be within rounding of the definition, an approximate one within its certificate where that is a proof.
 * @throws ComputationError `invalid` where the answer is not that good; whatever the algorithm throws
 */
export async function passBackwardGate(
	algorithm: AnyBackwardAlgorithm,
	problem: BackwardProblem,
	options: Readonly<Record<string, unknown>>,
	runtime: Runtime,
): Promise<OfEachGradient<GradientErrors>> {
	const result = await algorithm.run(problem, options, runtime);
	const exact = definitionBackward(problem);
	const errors = errorsOf(result, exact);
	const rounding = backwardRounding(problem, problem.Q.dtype);
	const { certificate } = result;
	const isProof = certificate?.kind === "a-priori" || certificate?.kind === "a-posteriori";
	for (const name of names) {
		const claimed = algorithm.exact ? 0 : isProof ? certificate.bounds[name] : Number.POSITIVE_INFINITY;
		const allowed = claimed + rounding[name];
		// not "above": an error that is no number is an error too
		if (!(errors[name].max <= allowed))
			throw new ComputationError(
				"invalid",
				`correctness gate at n = ${problem.n_q}: ${name} is off by ${errors[name].max.toExponential(2)}, allowed ${allowed.toExponential(2)}`,
			);
	}
	return errors;
}

function errorsOf(result: BackwardResult, exact: BackwardResult): OfEachGradient<GradientErrors> {
	return ofEach((name) => {
		const truth = exact[name].as("f64");
		const max = maxAbsDifference(result[name].as("f64"), truth);
		const size = maxAbs(truth);
		return { max, relative: size > 0 ? max / size : undefined };
	});
}

/**
 * Bound on the change of each gradient by rounding alone in any exact method, to first order in u: coarse but never too small. With
 * M = scale · d max|Q| max|K| a score is off by (2d + 4) u M, a weight relatively by twice that and a few u, a sum over n or d by as many u.
 */
export function backwardRounding(problem: BackwardProblem, dtype: Dtype): OfEachGradient {
	const { n_q, n_k, d, d_v, heads, keyHeads, scale, Q, K, V, dO } = problem;
	const [q, k, v, upstream] = [Q, K, V, dO].map((rows) => maxAbs(rows)) as [number, number, number, number];
	const relative = unitRoundoff(dtype) * (4 * (2 * d + 4) * scale * d * q * k + 4 * (n_q + n_k) + 8 * (d + d_v) + 32);
	const products = 2 * d_v * upstream * v;
	const queries = n_q * (heads / keyHeads);
	return {
		dQ: 8 * relative * scale * products * k,
		dK: 8 * relative * scale * products * queries * q,
		dV: 4 * relative * queries * upstream,
	};
}

function describeErrors(errors: OfEachGradient<GradientErrors>): Measurement {
	const shares = names.flatMap((name) => errors[name].relative ?? []);
	return {
		error_max: Math.max(...names.map((name) => errors[name].max)),
		...(shares.length > 0 && { error_rel: Math.max(...shares) }),
	};
}

/** The columns of a certificate. A bound that is infinite is none. */
function describeBounds({ certificate, ...result }: BackwardResult): Measurement {
	if (!certificate) return {};
	const largest = Math.max(...names.map((name) => certificate.bounds[name]));
	const share = Math.max(...names.map((name) => provedRelative(certificate.bounds[name], maxAbs(result[name]))));
	return {
		...(Number.isFinite(largest) && { error_bound: largest }),
		...(Number.isFinite(share) && { bound_rel: share }),
		bound_kind: Number.isFinite(largest) ? certificate.kind : "none",
	};
}

const ofEach = <Value>(value: (name: (typeof names)[number]) => Value): OfEachGradient<Value> => ({
	dQ: value("dQ"),
	dK: value("dK"),
	dV: value("dV"),
});
