import {
	type BackwardProblem,
	type BackwardResult,
	describeVisibility,
	type OfEachGradient,
	provedRelative,
	shapesOf,
} from "@attgrad/attention-problem";
import {
	type ComputationError,
	frobeniusNorm,
	maxAbs,
	type RowSource,
	type Runtime,
	shortNumber,
} from "@attgrad/matrix-core";
import { headsText } from "../../formats/heads-text.ts";
import { nestedNumbers } from "../../formats/nested-numbers.ts";
import { printTable } from "../../formats/table.ts";
import type { BackwardRequest } from "./request.ts";

/** Gradients and how they were computed. */
interface Computed {
	readonly request: BackwardRequest;
	readonly problem: BackwardProblem<RowSource>;
	readonly result: BackwardResult;
	readonly milliseconds: number;
	readonly compileMilliseconds: number;
	readonly peakRssMb: number;
	readonly runtime: Runtime;
}

/** Entries up to which the answer carries all three gradients. */
const SHOWN_ENTRIES = 1024;

const names = ["dQ", "dK", "dV"] as const;

/** The JSON object of `attgrad backward --json`; what does not exist (a degree, an infinite bound) is null. */
export type BackwardAnswer = ReturnType<typeof describeBackward>;

/** Describes gradients. */
export function describeBackward({ request, problem, result, runtime, ...run }: Computed) {
	const { out, withOutput } = request;
	const { output, lse, picked, remark } = result;
	const shapes = shapesOf(problem);
	const small = names.reduce((sum, name) => sum + result[name].data.length, 0) <= SHOWN_ENTRIES;
	return {
		...describeCall(request, problem),
		...(picked && { chosen: picked }),
		status: "done" as const,
		degree: result.degree ?? null,
		rank: result.rank ?? null,
		exactRows: result.exactRows ?? null,
		certificate: certificateOf(result),
		...(remark !== undefined && { remark }),
		largest: ofEach((name) => maxAbs(result[name])),
		norm: ofEach((name) => frobeniusNorm(result[name])),
		milliseconds: run.milliseconds,
		compileMilliseconds: run.compileMilliseconds,
		peakRssMb: run.peakRssMb,
		kernel: runtime.kernel,
		threads: runtime.threads,
		...(out !== undefined && { out }),
		...(out === undefined && small && { gradients: ofEach((name) => nestedNumbers(result[name].data, shapes[name])) }),
		...(out === undefined && small && withOutput && output && { output: nestedNumbers(output.data, shapes.O) }),
		// JSON has no infinity: null where a query sees no key
		...(out === undefined && small && withOutput && lse && { lse: nestedNumbers(lse, shapes.lse) }),
	};
}

/** The JSON object when gradients cannot be had as asked. */
export function describeBackwardFailure(
	request: BackwardRequest,
	problem: BackwardProblem<RowSource>,
	failure: ComputationError,
) {
	return { ...describeCall(request, problem), status: failure.status, reason: failure.message };
}

function describeCall({ algorithm, options }: BackwardRequest, problem: BackwardProblem<RowSource>) {
	const { batch, heads, keyHeads, n_q, n_k, d, d_v, scale, visibility, Q } = problem;
	return {
		...{ algorithm: algorithm.name, options, batch, heads, keyHeads, n_q, n_k, d, d_v, scale, dtype: Q.dtype },
		mask: visibility.mask,
		window: visibility.window ?? null,
		lengths: visibility.lengths ?? null,
	};
}

/** A certificate for JSON, which has no infinity, and its bounds against the largest entries. */
export function certificateOf({ certificate, ...result }: BackwardResult) {
	if (!certificate || certificate.kind === "none") return { kind: "none" as const, bounds: null, relative: null };
	const { kind, bounds } = certificate;
	const relative = (name: (typeof names)[number]) => finite(provedRelative(bounds[name], maxAbs(result[name])));
	return { kind, bounds: ofEach((name) => finite(bounds[name])), relative: ofEach(relative) };
}

const ofEach = <Value>(value: (name: (typeof names)[number]) => Value): OfEachGradient<Value> => ({
	dQ: value("dQ"),
	dK: value("dK"),
	dV: value("dV"),
});

/** JSON has no infinity. */
const finite = (x: number): number | null => (Number.isFinite(x) ? x : null);

/** Prints an answer to standard output: one line of JSON, or a table. */
export function printBackward(answer: BackwardAnswer, json: boolean): void {
	if (json) console.log(JSON.stringify(answer));
	else printTable(tableRows(answer));
}

function tableRows(answer: BackwardAnswer): [label: string, value: string][] {
	const { chosen, n_q, n_k, d, d_v, scale, dtype, degree, rank, exactRows, certificate, kernel, threads, out } = answer;
	const { mask, window, lengths } = answer;
	const visibility = { mask, ...(window !== null && { window }), ...(lengths !== null && { lengths }) };
	const rows: [string, string | undefined][] = [
		["algorithm", chosen ? `${chosen.algorithm}: ${chosen.why}` : answer.algorithm],
		["layer", `${headsText(answer)}n_q ${n_q}, n_k ${n_k}, d ${d}, d_v ${d_v}, scale ${shortNumber(scale)}, ${dtype}`],
		["visible", describeVisibility(visibility)],
		["polynomial", degree === null ? undefined : `degree ${listed(degree)}, rank ${listed(rank)}`],
		["features", degree === null && rank !== null ? featuresText(rank) : undefined],
		["exact rows", exactRows === null ? undefined : exactRowsText(exactRows, answer)],
		...names.map((name): [string, string] => [
			name,
			`largest entry ${shortNumber(answer.largest[name])}, Frobenius norm ${shortNumber(answer.norm[name])}${boundText(certificate, name)}`,
		]),
		["remark", answer.remark],
		[
			"time",
			`${shortNumber(answer.milliseconds)} ms, ${Math.round(answer.peakRssMb)} MB, threads ${threads}, kernel ${kernel}`,
		],
		["written", out],
	];
	return rows.filter((row): row is [string, string] => row[1] !== undefined);
}

/** Features of each head; a head without any has all of its rows computed exactly. */
const featuresText = (rank: number | readonly number[]): string =>
	[rank]
		.flat()
		.map((count) => (count === 0 ? "none" : String(count)))
		.join(", ");

/** How many of the rows of dQ were computed exactly. */
function exactRowsText(exactRows: number, { batch, heads, n_q }: BackwardAnswer): string {
	const rows = batch * heads * n_q;
	return exactRows === rows ? `all ${rows}: every row was computed exactly` : `${exactRows} of ${rows}`;
}

function boundText({ kind, bounds, relative }: BackwardAnswer["certificate"], name: (typeof names)[number]): string {
	const bound = bounds?.[name] ?? null;
	if (bound === null) return "";
	const share = relative?.[name] ?? null;
	const part = share === null ? "" : `, ${shortNumber(share)} of the largest`;
	return `; ${kind === "estimate" ? "estimated error" : "no entry is off by more than"} ${shortNumber(bound)}${part} (${kind})`;
}

const listed = (value: number | readonly number[] | null): string =>
	value === null ? "none" : typeof value === "number" ? String(value) : value.join(", ");
