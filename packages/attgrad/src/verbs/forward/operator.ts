import {
	type AttentionOperands,
	describeVisibility,
	holdsOperands,
	type OpenOperands,
	openOperands,
	shapesOf,
	writeArray,
} from "@attgrad/attention-problem";
import { peakRssMb } from "@attgrad/harness/gradient";
import { ComputationError, frobeniusNorm, maxAbs, type RowSource, shortNumber, UsageError } from "@attgrad/matrix-core";
import { openRuntime } from "../../flags/runtime-flags.ts";
import { headsText } from "../../formats/heads-text.ts";
import { nestedNumbers } from "../../formats/nested-numbers.ts";
import { printTable } from "../../formats/table.ts";
import { progressLine } from "../../terminal/progress-line.ts";
import { type KnownOutput, operatorOutput } from "./operator-output.ts";
import type { ForwardRequest } from "./request.ts";

/** Entries up to which the answer carries the whole output. */
const SHOWN_ENTRIES = 1024;

/**
 * Opens a layer with masks, heads, packed sequences, or numbers of queries and keys that differ; undefined for a plain layer and for
 * layers in a row.
 * @throws UsageError for a file or a call that is wrong
 */
export async function openOperator(
	{ mask, window, scale, dtype, layers }: ForwardRequest,
	input: string,
): Promise<OpenOperands | undefined> {
	if (!holdsOperands(input)) {
		if (mask === "none") return undefined;
		throw new UsageError(`--mask ${mask}: layers in a row have no mask; a layer of Q, K and V has`);
	}
	const file = await openOperands(input, { dtype, scale, mask, window });
	const { axes, n_q, n_k, d, d_v, visibility } = file.operands;
	const isPlain = axes === 2 && n_q === n_k && d === d_v && mask === "none" && visibility.lengths === undefined;
	if (isPlain) {
		file.close();
		return undefined;
	}
	try {
		if (layers !== undefined && layers > 1)
			throw new UsageError(`--layers ${layers}: Q, K, V are those of one layer; layers in a row need E and weights`);
	} catch (refusal) {
		file.close();
		throw refusal;
	}
	return file;
}

/** Computes the output of an operator, writes it where asked and prints the answer. @throws ComputationError when it cannot be had */
export async function answerOperator(
	request: ForwardRequest,
	{ operands, close }: OpenOperands,
	target: string | undefined,
): Promise<void> {
	const { json, threads, kernel, out } = request;
	const progress = progressLine();
	try {
		const runtime = await openRuntime({ threads, kernel }, progress);
		try {
			const start = performance.now();
			const { output, lse, ...known } = await operatorOutput(operands, request.forward, request.options, runtime);
			const milliseconds = performance.now() - start;
			progress.clear();
			const shapes = shapesOf(operands);
			if (target !== undefined) await writeArray(target, { shape: shapes.O, data: output.data });
			const shown = out === undefined && output.data.length <= SHOWN_ENTRIES;
			const answer = {
				...describeCall(request, operands),
				status: "done" as const,
				...describeKnown(known),
				outputMax: maxAbs(output),
				outputNorm: frobeniusNorm(output),
				milliseconds,
				peakRssMb: peakRssMb(),
				kernel: runtime.kernel,
				threads: runtime.threads,
				...(out !== undefined && { out }),
				...(shown && {
					output: nestedNumbers(output.data, shapes.O),
					...(lse && { lse: nestedNumbers(lse, shapes.lse) }),
				}),
			};
			if (json) console.log(JSON.stringify(answer));
			else printOperator(answer, operands);
		} finally {
			await runtime.close();
		}
	} catch (failure) {
		progress.clear();
		if (json && failure instanceof ComputationError) {
			const { status, message: reason } = failure;
			console.log(JSON.stringify({ ...describeCall(request, operands), status, reason }));
		}
		throw failure;
	} finally {
		close();
	}
}

function describeCall({ forward }: ForwardRequest, operands: AttentionOperands<RowSource>) {
	const { batch, heads, keyHeads, n_q, n_k, d, d_v, scale, visibility, Q } = operands;
	return {
		...{ algorithm: forward.name, batch, heads, keyHeads, n_q, n_k, d, d_v, scale, dtype: Q.dtype },
		...(forward.name === "auto" && { chosen: { algorithm: "streaming", why: "exact up to rounding" } }),
		mask: visibility.mask,
		window: visibility.window ?? null,
		lengths: visibility.lengths ?? null,
	};
}

/** The known properties of an output, for JSON. */
export function describeKnown({ degree, rank, exactRows, bound }: Omit<KnownOutput, "output" | "lse">) {
	return {
		degree: degree ?? null,
		rank: rank ?? null,
		exactRows: exactRows ?? null,
		certificate:
			bound === undefined || !Number.isFinite(bound)
				? { kind: "none" as const, bound: null }
				: { kind: "a-posteriori" as const, bound },
	};
}

interface Answer extends ReturnType<typeof describeCall>, ReturnType<typeof describeKnown> {
	readonly outputMax: number;
	readonly outputNorm: number;
	readonly milliseconds: number;
	readonly peakRssMb: number;
	readonly kernel: string;
	readonly threads: number;
	readonly out?: string;
}

function printOperator(answer: Answer, { visibility }: AttentionOperands<RowSource>): void {
	const { n_q, n_k, d, d_v, scale, dtype, kernel, threads, out } = answer;
	printTable([
		["algorithm", answer.chosen ? `${answer.chosen.algorithm}: ${answer.chosen.why}` : answer.algorithm],
		["layer", `${headsText(answer)}n_q ${n_q}, n_k ${n_k}, d ${d}, d_v ${d_v}, scale ${shortNumber(scale)}, ${dtype}`],
		["visible", describeVisibility(visibility)],
		...(answer.rank === null
			? []
			: ([
					answer.degree === null
						? ["features", String(answer.rank)]
						: ["polynomial", `degree ${answer.degree}, rank ${answer.rank}`],
					["exact rows", String(answer.exactRows)],
				] as [string, string][])),
		[
			"output",
			`largest entry ${shortNumber(answer.outputMax)}, Frobenius norm ${shortNumber(answer.outputNorm)}${boundText(answer)}`,
		],
		[
			"time",
			`${shortNumber(answer.milliseconds)} ms, ${Math.round(answer.peakRssMb)} MB, threads ${threads}, kernel ${kernel}`,
		],
		...(out === undefined ? [] : [["written", out] as [string, string]]),
	]);
}

const boundText = ({ certificate: { kind, bound } }: Answer): string =>
	bound === null ? "" : `; no row is off by more than ${shortNumber(bound)} in length (${kind})`;
