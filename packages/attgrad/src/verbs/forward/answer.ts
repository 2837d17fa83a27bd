import type { LayerRun, OpenLayers } from "@attgrad/attention-problem";
import type { ComputationError, Matrix, Runtime } from "@attgrad/matrix-core";
import { shortNumber } from "@attgrad/matrix-core";
import { corner } from "../../formats/corner.ts";
import { printTable } from "../../formats/table.ts";
import type { ForwardRequest } from "./request.ts";

/** An output and how it was computed. */
interface Computed {
	readonly request: ForwardRequest;
	readonly file: OpenLayers;
	readonly layers: readonly LayerRun[];
	readonly largest: number;
	readonly squares: number;
	readonly whole: Matrix | undefined;
	readonly milliseconds: number;
	readonly peakRssMb: number;
	readonly runtime: Runtime;
}

/** The JSON object of `attgrad forward --json`; what does not exist (a degree, an infinite bound) is null. */
export type ForwardAnswer = ReturnType<typeof describeForward>;

/** Describes an output. */
export function describeForward({ request, file, layers, largest, squares, whole, ...run }: Computed) {
	const { out } = request;
	return {
		...describeCall(request, file),
		status: "done" as const,
		scale: file.scale ?? 1 / file.d,
		dtype: file.dtype,
		kernel: run.runtime.kernel,
		threads: run.runtime.threads,
		layers: layers.map(({ picked, degree, rank, exactRows, certificate, relative, remark, throughError }) => ({
			...(picked && { chosen: `${picked.algorithm}: ${picked.why}` }),
			degree: degree ?? null,
			rank: rank ?? null,
			...(exactRows !== undefined && { exactRows }),
			certificate: certificate
				? { ...certificate, bound: finite(certificate.bound), floatFloor: finite(certificate.floatFloor) }
				: null,
			relative: relative ?? null,
			...(remark !== undefined && { remark }),
			throughError: throughError === undefined ? null : finite(throughError),
		})),
		outputMax: largest,
		outputNorm: Math.sqrt(squares),
		milliseconds: run.milliseconds,
		peakRssMb: run.peakRssMb,
		...(out !== undefined && { out }),
		...(out === undefined && whole && { output: whole.toRows() }),
	};
}

/** The JSON object when an output cannot be had as asked. */
export function describeForwardFailure(request: ForwardRequest, file: OpenLayers, failure: ComputationError) {
	return { ...describeCall(request, file), status: failure.status, reason: failure.message };
}

const describeCall = ({ forward, options }: ForwardRequest, { n, d }: OpenLayers) => ({
	algorithm: forward.name,
	options,
	n,
	d,
});

/** JSON has no infinity. */
const finite = (x: number): number | null => (Number.isFinite(x) ? x : null);

/** Prints an answer to standard output: one line of JSON, or a table. */
export function printForward(answer: ForwardAnswer, json: boolean): void {
	if (json) console.log(JSON.stringify(answer));
	else printTable(tableRows(answer));
}

function tableRows(answer: ForwardAnswer): [label: string, value: string][] {
	const { n, d, scale, dtype, layers, output, kernel, threads, out } = answer;
	const rows: [string, string | undefined][] = [
		["algorithm", answer.algorithm],
		["layers", `${layers.length}, n ${n}, d ${d}, scale ${shortNumber(scale)}, ${dtype}`],
		...layers.map((layer, at): [string, string] => [`layer ${at + 1}`, layerText(layer, at)]),
		["output", `largest entry ${shortNumber(answer.outputMax)}, Frobenius norm ${shortNumber(answer.outputNorm)}`],
		["", output && corner(output)],
		[
			"time",
			`${shortNumber(answer.milliseconds)} ms, ${Math.round(answer.peakRssMb)} MB, threads ${threads}, kernel ${kernel}`,
		],
		["written", out],
	];
	return rows.filter((row): row is [string, string] => row[1] !== undefined);
}

function layerText(
	{ chosen, degree, rank, exactRows, certificate, relative, remark, throughError }: ForwardAnswer["layers"][number],
	at: number,
): string {
	const lines = [
		chosen,
		degree === null
			? "exact up to rounding; no bound is claimed"
			: `polynomial${exactRows === undefined ? "" : "s of rows"} of degree ${degree}, rank ${rank}${exactRows ? `, ${exactRows} exact rows` : ""}`,
		certificate && certificate.bound !== null
			? `no entry is off by more than ${shortNumber(certificate.bound)}${relative === null ? "" : `, ${shortNumber(relative)} of the largest`}${at > 0 ? " for the input it was given" : ""} (${certificate.kind}; radius ${shortNumber(certificate.radius)}, relative error of exp ${shortNumber(certificate.relativeError)}${certificate.floatFloor === null ? "" : `, rounding ${shortNumber(certificate.floatFloor)}`})`
			: degree !== null && "nothing could be certified at this degree",
		remark,
		at > 0 &&
			(throughError === null
				? "nothing is certified about the layers together"
				: `nor by more than ${shortNumber(throughError)} from the exact layers 1 to ${at + 1}`),
	];
	return lines.filter(Boolean).join("\n");
}
