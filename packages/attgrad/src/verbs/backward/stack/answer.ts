import type { StackCertificate, StackResult, stackAlgorithms } from "@attgrad/algorithms";
import { describeVisibility, type StackFile } from "@attgrad/attention-problem";
import {
	type ComputationError,
	frobeniusNorm,
	type Matrix,
	maxAbs,
	type Runtime,
	shortNumber,
} from "@attgrad/matrix-core";
import { printTable } from "../../../formats/table.ts";
import type { BackwardRequest } from "../request.ts";

/** How the attention of a stack is computed. */
export interface StackChoice {
	readonly algorithm: (typeof stackAlgorithms)[number];
	readonly degree?: number | undefined;
	readonly relative?: number | undefined;
}

/** Gradients of a stack and how they were computed. */
interface Computed {
	readonly request: BackwardRequest;
	readonly choice: StackChoice;
	readonly file: StackFile;
	readonly result: StackResult;
	readonly milliseconds: number;
	readonly peakRssMb: number;
	readonly runtime: Runtime;
}

/** The rounding of bfloat16, which perturbations are compared with. */
const BFLOAT16 = 2 ** -8;

/** The JSON object of `attgrad backward --json` on a stack; what does not exist (a certificate, an infinite bound) is null. */
export type StackAnswer = ReturnType<typeof describeStack>;

/** Describes the gradients of a stack. */
export function describeStack({ request, choice, file, result, runtime, ...run }: Computed) {
	const { out, withOutput } = request;
	const { certificate, dE, output, layers, routes } = result;
	const entries = [dE, ...layers.flatMap((weights) => Object.values(weights))] as Matrix[];
	const shown = out === undefined && entries.reduce((sum, { data }) => sum + data.length, 0) <= 1024;
	return {
		...describeCall(choice, file),
		status: "done" as const,
		certificate: certificate ? describeCertificate(certificate, result) : null,
		layers: layers.map((weights, at) => ({
			...(routes && { route: routes[at] }),
			largest: Object.fromEntries(Object.entries(weights).map(([name, rows]) => [`d${name}`, maxAbs(rows)])),
		})),
		dE: { largest: maxAbs(dE), norm: frobeniusNorm(dE) },
		milliseconds: run.milliseconds,
		peakRssMb: run.peakRssMb,
		kernel: runtime.kernel,
		threads: runtime.threads,
		...(out !== undefined && { out }),
		...(shown && {
			gradients: {
				dE: dE.toRows(),
				layers: layers.map((weights) =>
					Object.fromEntries(Object.entries(weights).map(([name, rows]) => [`d${name}`, rows.toRows()])),
				),
			},
			...(withOutput && { output: output.toRows() }),
		}),
	};
}

/** The JSON object when gradients cannot be had as asked. */
export function describeStackFailure(choice: StackChoice, file: StackFile, failure: ComputationError) {
	return { ...describeCall(choice, file), status: failure.status, reason: failure.message };
}

function describeCall({ algorithm, degree, relative }: StackChoice, { stack }: StackFile) {
	const { n, d, heads, width, scale, residual, visibility } = stack;
	return {
		...{ algorithm, degree: degree ?? null, relative: relative ?? null },
		...{ n, d, depth: stack.layers.length, heads, width, scale, residual },
		mask: visibility.mask,
		window: visibility.window ?? null,
	};
}

function describeCertificate({ perturbation, layers, endToEnd }: StackCertificate, { dE, output }: StackResult) {
	return {
		kind: "mixed-stability" as const,
		perturbation: finite(perturbation),
		layers: layers.map((layer) => Object.fromEntries(Object.entries(layer).map(([name, x]) => [name, finite(x)]))),
		endToEnd: {
			output: finite(endToEnd.output),
			dE: finite(endToEnd.dE),
			relative: finite(endToEnd.dE / maxAbs(dE)),
			outputRelative: finite(endToEnd.output / maxAbs(output)),
			weights: endToEnd.layers.map((layer) =>
				Object.fromEntries(Object.entries(layer).map(([name, x]) => [`d${name}`, finite(x)])),
			),
		},
	};
}

/** JSON has no infinity. */
const finite = (x: number): number | null => (Number.isFinite(x) ? x : null);

/** Prints an answer to standard output: one line of JSON, or a table. */
export function printStack(answer: StackAnswer, json: boolean): void {
	if (json) console.log(JSON.stringify(answer));
	else printTable(tableRows(answer));
}

function tableRows(answer: StackAnswer): [label: string, value: string][] {
	const { algorithm, n, d, depth, heads, width, scale, residual, mask, window, certificate, layers, out } = answer;
	const visibility = describeVisibility({ mask, ...(window !== null && { window }) });
	const rows: [string, string | undefined][] = [
		["algorithm", algorithm === "streaming" ? "streaming: exact up to rounding" : "polynomial"],
		[
			"stack",
			`${depth} layer${depth === 1 ? "" : "s"}, n ${n}, d ${d}, heads ${heads} of width ${width}, scale ${shortNumber(scale)}, ${residual ? "residual" : "no residual"}`,
		],
		["visible", visibility],
		["dE", `largest entry ${shortNumber(answer.dE.largest)}, Frobenius norm ${shortNumber(answer.dE.norm)}`],
		...layers.map(({ route, largest }, at): [string, string] => [
			`layer ${at + 1}`,
			[
				`largest entries ${Object.entries(largest)
					.map(([name, x]) => `${name} ${shortNumber(x)}`)
					.join(", ")}`,
				route && `degree ${route.forward.degree} forward, ${route.backward.degree} backward`,
				certificate && perturbationText(certificate.layers[at]),
			]
				.filter(Boolean)
				.join("\n"),
		]),
		["certificate", certificate ? certificateText(certificate) : undefined],
		[
			"time",
			`${shortNumber(answer.milliseconds)} ms, ${Math.round(answer.peakRssMb)} MB, threads ${answer.threads}, kernel ${answer.kernel}`,
		],
		["written", out],
	];
	return rows.filter((row): row is [string, string] => row[1] !== undefined);
}

const perturbationText = (layer: Readonly<Record<string, number | null>>): string =>
	`perturbed by at most ${Object.entries(layer)
		.map(([name, x]) => `${name} ${x === null ? "unknown" : shortNumber(x)}`)
		.join(", ")}`;

function certificateText({ perturbation, endToEnd }: NonNullable<StackAnswer["certificate"]>): string {
	if (perturbation === null) return "nothing is proved";
	const than = perturbation <= BFLOAT16 ? ", less than the rounding of bfloat16 (3.9e-3)" : "";
	const { dE, relative } = endToEnd;
	const far =
		dE === null || relative === null
			? "nothing is proved about the distance to the exact gradients: the end-to-end bound is infinite"
			: relative > 1
				? `the end-to-end bound says nothing: ${shortNumber(dE)} for an entry of dE, more than its largest`
				: `end to end, no entry of dE is off by more than ${shortNumber(dE)}, ${shortNumber(relative)} of the largest`;
	return `these are the exact gradients of a stack whose layers are perturbed by at most ${shortNumber(perturbation)}${than}\n${far}`;
}
