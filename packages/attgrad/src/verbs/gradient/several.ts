import {
	type AttentionProblem,
	asDtype,
	boundMet,
	type MatrixName,
	openProblem,
	writeArrays,
} from "@attgrad/attention-problem";
import { peakRssMb } from "@attgrad/harness/gradient";
import {
	ComputationError,
	frobeniusNorm,
	maxAbs,
	type RowSource,
	type Runtime,
	shortNumber,
} from "@attgrad/matrix-core";
import { outputPath } from "../../files/output-file.ts";
import { flagName, type GivenFlags, readFlags } from "../../flags/flags.ts";
import { openRuntime } from "../../flags/runtime-flags.ts";
import { printTable } from "../../formats/table.ts";
import { progressLine } from "../../terminal/progress-line.ts";
import { computeGradients, type Gradients, refuseMatrices } from "./compute-gradients.ts";
import { gradientFlags } from "./flags.ts";
import { type Selection, selectAlgorithm } from "./selection.ts";

/** Entries up to which the answer carries the gradients. */
const SHOWN_ENTRIES = 1024;

/**
 * Computes the gradients of a problem in several of its matrices, all by the same passes, writes them where asked and prints the answer.
 * @throws UsageError for a wrong call or input, or a matrix that the algorithm gives no gradient in; ComputationError when the gradients
 * cannot be had as asked
 */
export async function answerGradients(given: GivenFlags, wrt: readonly MatrixName[]): Promise<void> {
	const { out, json, dtype, threads, kernel, algorithm } = readFlags(gradientFlags, given);
	const selection = selectAlgorithm(algorithm, given);
	const options = Object.keys(selection.algorithm.options.shape);
	refuseMatrices(
		selection,
		wrt,
		options.filter((name) => given[flagName(name)] !== undefined),
	);
	const input = String(given["problem"]);
	const target = out === undefined ? undefined : await outputPath(out, { ending: ".npz", input });
	const file = await openProblem(input);
	const problem = asDtype(file.problem, dtype);
	const progress = progressLine();
	const runtime = await openRuntime({ threads, kernel }, progress);
	try {
		const start = performance.now();
		const computed = await computeGradients(problem, selection, wrt, runtime);
		const milliseconds = performance.now() - start;
		progress.clear();
		if (target !== undefined) {
			const arrays = Object.entries(computed.gradients).map(([name, { rows, cols, data }]) => [
				name,
				{ shape: [rows, cols], data },
			]);
			await writeArrays(target, Object.fromEntries(arrays));
		}
		const answer = describe({ problem, selection, computed, milliseconds, runtime, out });
		if (json) console.log(JSON.stringify(answer));
		else printGradients(answer);
	} catch (failure) {
		progress.clear();
		if (json && failure instanceof ComputationError)
			console.log(
				JSON.stringify({ ...describeCall(problem, selection), status: failure.status, reason: failure.message }),
			);
		throw failure;
	} finally {
		await runtime.close();
		file.close();
	}
}

interface Computed {
	readonly problem: AttentionProblem<RowSource>;
	readonly selection: Selection;
	readonly computed: Gradients;
	readonly milliseconds: number;
	readonly runtime: Runtime;
	readonly out: string | undefined;
}

const describeCall = ({ n, d }: AttentionProblem<RowSource>, { algorithm, options }: Selection) => ({
	algorithm: algorithm.name,
	options,
	n,
	d,
});

function describe({ problem, selection, computed, milliseconds, runtime, out }: Computed) {
	const { gradients, bounds, loss, chosen } = computed;
	const all = Object.entries(gradients);
	const entries = all.reduce((sum, [, { data }]) => sum + data.length, 0);
	const shown = out === undefined && entries <= SHOWN_ENTRIES;
	return {
		...describeCall(problem, selection),
		...(chosen && { chosen }),
		...(computed.remark !== undefined && { remark: computed.remark }),
		status: "done" as const,
		B: boundMet(problem).B,
		scale: problem.scale,
		dtype: problem.A1.dtype,
		degree: computed.degree ?? null,
		rank: computed.rank ?? null,
		exactRows: computed.exactRows ?? null,
		loss,
		certificate: { kind: bounds ? ("a-posteriori" as const) : ("none" as const) },
		gradients: Object.fromEntries(
			all.map(([name, gradient]) => [
				name,
				{
					largest: maxAbs(gradient),
					norm: frobeniusNorm(gradient),
					bound: finite(bounds?.[name as MatrixName]),
					...(shown && { values: gradient.toRows() }),
				},
			]),
		),
		milliseconds,
		peakRssMb: peakRssMb(),
		kernel: runtime.kernel,
		threads: runtime.threads,
		...(out !== undefined && { out }),
	};
}

/** JSON has no infinity. */
const finite = (bound: number | undefined): number | null =>
	bound !== undefined && Number.isFinite(bound) ? bound : null;

function printGradients(answer: ReturnType<typeof describe>): void {
	const { n, d, B, scale, dtype, chosen, loss, gradients, kernel, threads, out } = answer;
	printTable([
		["algorithm", chosen ? `${chosen.algorithm}: ${chosen.why}` : answer.algorithm],
		["problem", `n ${n}, d ${d}, B ${shortNumber(B)}, scale ${shortNumber(scale)}, ${dtype}`],
		["loss", `${loss}`],
		...(answer.degree === null
			? []
			: ([
					["polynomial", `degree ${answer.degree}, rank ${answer.rank}`],
					["exact rows", `${answer.exactRows} of ${n}`],
				] as [string, string][])),
		...Object.entries(gradients).map(([name, { largest, norm, bound }]): [string, string] => [
			`dL/d${name}`,
			`largest entry ${shortNumber(largest)}, Frobenius norm ${shortNumber(norm)}${bound === null ? "" : `; no entry is off by more than ${shortNumber(bound)} (${answer.certificate.kind})`}`,
		]),
		...(answer.remark === undefined ? [] : [["remark", answer.remark] as [string, string]]),
		[
			"time",
			`${shortNumber(answer.milliseconds)} ms, ${Math.round(answer.peakRssMb)} MB, threads ${threads}, kernel ${kernel}`,
		],
		...(out === undefined ? [] : [["written", out] as [string, string]]),
	]);
}
