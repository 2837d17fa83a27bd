import {
	type AttentionProblem,
	boundMet,
	type GradientResult,
	provedRelative,
	type ReferenceAnswers,
} from "@attgrad/attention-problem";
import type { MeasuredGradient } from "@attgrad/harness/gradient";
import {
	type ComputationError,
	frobeniusNorm,
	type Matrix,
	maxAbs,
	maxAbsDifference,
	type RowSource,
	shortNumber,
} from "@attgrad/matrix-core";
import { corner } from "../../formats/corner.ts";
import { printTable } from "../../formats/table.ts";
import type { Selection } from "./selection.ts";

/** A gradient and how it was computed. */
export interface Computed extends MeasuredGradient {
	readonly problem: AttentionProblem<RowSource>;
	readonly selection: Selection;
	readonly kernel: string;
	readonly threads: number;
}

/** Widths up to which the answer carries the whole gradient. */
const shownWidth = 16;

const noCertificate = {
	...{ kind: "none", bound: null, relative: null, radius: null, relativeError: null, floatFloor: null },
	...{ confidence: undefined, seed: undefined, pairs: undefined },
} as const;

/** The JSON object of `attgrad gradient --json`; numbers that do not exist (a degree, an infinite bound) are null. */
export type GradientAnswer = ReturnType<typeof describeAnswer>;

/**
 * Describes a gradient.
 * @param reference answers that the problem's file carries
 * @param out file that the gradient was written to
 */
export function describeAnswer(computed: Computed, reference: ReferenceAnswers | undefined, out: string | undefined) {
	const { problem, selection, result, milliseconds, compileMilliseconds, peakRssMb, kernel, threads } = computed;
	const { gradient, loss, degree, rank, exactRows, remark } = result;
	return {
		...describeRequest(problem, selection),
		...(result.picked && { chosen: result.picked }),
		status: "done" as const,
		scale: problem.scale,
		dtype: problem.A1.dtype,
		kernel,
		threads,
		degree: degree ?? null,
		rank: rank ?? null,
		exactRows: exactRows ?? null,
		loss,
		gradientMax: maxAbs(gradient),
		gradientNorm: frobeniusNorm(gradient),
		certificate: describeCertificate(result),
		...(remark !== undefined && { remark }),
		...(reference?.gradX && { reference: compare(result, reference.gradX, reference.loss) }),
		milliseconds,
		...(compileMilliseconds !== undefined && { compileMilliseconds }),
		peakRssMb,
		...(out !== undefined && { out }),
		...(out === undefined && problem.d <= shownWidth && { gradient: nested(gradient) }),
	};
}

/** The certificate, with the bound as a part of max |g|; null where it does not tell g from zero. */
function describeCertificate({ certificate, gradient }: GradientResult) {
	if (!certificate) return noCertificate;
	const { kind, bound, ...rest } = certificate;
	return { kind, bound, relative: finite(provedRelative(bound, maxAbs(gradient))), ...rest };
}

/** JSON has no infinity. */
const finite = (x: number): number | null => (Number.isFinite(x) ? x : null);

/** The JSON object when a gradient cannot be had as asked. */
export function describeFailure(problem: AttentionProblem<RowSource>, request: Selection, failure: ComputationError) {
	return { ...describeRequest(problem, request), status: failure.status, reason: failure.message };
}

function describeRequest(problem: AttentionProblem<RowSource>, { algorithm, options }: Selection) {
	return { algorithm: algorithm.name, options, n: problem.n, d: problem.d, B: boundMet(problem).B };
}

/** Largest difference to reference answers; relative ones are over the reference's largest entry. */
function compare({ gradient, loss }: GradientResult, expected: Matrix, expectedLoss: number | undefined) {
	const errorMax = maxAbsDifference(gradient, expected);
	return {
		errorMax,
		errorRel: relative(errorMax, maxAbs(expected)),
		...(expectedLoss !== undefined && {
			lossErrorRel: relative(Math.abs(loss - expectedLoss), Math.abs(expectedLoss)),
		}),
	};
}

/** 0 for no error at all, whatever it is relative to. */
function relative(error: number, size: number): number {
	return error === 0 ? 0 : error / size;
}

function nested(matrix: Matrix): number[][] {
	return Array.from({ length: matrix.rows }, (_, i) => Array.from(matrix.row(i)));
}

/** Prints an answer to standard output: one line of JSON, or a table. */
export function printAnswer(answer: GradientAnswer, json: boolean): void {
	if (json) console.log(JSON.stringify(answer));
	else printTable(tableRows(answer));
}

function tableRows(answer: GradientAnswer): [label: string, value: string][] {
	const { n, d, B, scale, dtype, degree, rank, exactRows, chosen, reference, gradient, kernel, threads } = answer;
	const rows: [string, string | undefined][] = [
		["algorithm", chosen ? `${chosen.algorithm}: ${chosen.why}` : answer.algorithm],
		["problem", `n ${n}, d ${d}, B ${shortNumber(B)}, scale ${shortNumber(scale)}, ${dtype}`],
		["polynomial", degree === null ? undefined : `degree ${degree}, rank ${rank}`],
		["features", degree === null && rank !== null ? String(rank) : undefined],
		["exact rows", exactRows === null ? undefined : `${exactRows} of ${n}`],
		["loss", `${answer.loss}`],
		[
			"gradient",
			`largest entry ${shortNumber(answer.gradientMax)}, Frobenius norm ${shortNumber(answer.gradientNorm)}`,
		],
		["", gradient && corner(gradient)],
		["certificate", certificateText(answer.certificate)],
		["remark", answer.remark],
		[
			"reference",
			reference && `off by ${shortNumber(reference.errorMax)}, relative ${shortNumber(reference.errorRel)}`,
		],
		[
			"time",
			`${shortNumber(answer.milliseconds)} ms${compiling(answer)}, ${Math.round(answer.peakRssMb)} MB, threads ${threads}, kernel ${kernel}`,
		],
		["written", answer.out],
	];
	return rows.filter((row): row is [string, string] => row[1] !== undefined);
}

/** Time to compile kernels, which a first run adds to the predicted time. */
const compiling = ({ compileMilliseconds = 0 }: GradientAnswer): string =>
	compileMilliseconds >= 1 ? ` (${Math.round(compileMilliseconds)} ms of it to compile kernels)` : "";

function certificateText({
	kind,
	bound,
	relative,
	radius,
	relativeError,
	floatFloor,
	...coins
}: GradientAnswer["certificate"]): string | undefined {
	if (kind === "none" || bound === null) return undefined;
	const claim = kind === "estimate" ? "estimated error" : "no entry is off by more than";
	const share = relative === null ? "" : `, ${shortNumber(relative)} of the largest entry`;
	const chance =
		coins.confidence === undefined
			? ""
			: `, but for a chance of ${shortNumber(1 - coins.confidence)} (--certificate-seed ${coins.seed}, ${coins.pairs} pairs)`;
	return `${claim} ${shortNumber(bound)}${share}${chance} (${kind}; radius ${shortNumber(radius)}, relative error of exp ${shortNumber(relativeError)}, rounding ${shortNumber(floatFloor)})`;
}
