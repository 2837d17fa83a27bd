import {
	type AttentionProblem,
	asDtype,
	boundMet,
	type MatrixName,
	matrixNames,
	openProblem,
	writeArrays,
} from "@attgrad/attention-problem";
import { problemGradients } from "@attgrad/exact-gradient";
import { peakRssMb } from "@attgrad/harness/gradient";
import {
	ComputationError,
	frobeniusNorm,
	type Matrix,
	maxAbs,
	type RowSource,
	type Runtime,
	UsageError,
} from "@attgrad/matrix-core";
import { outputPath } from "../../files/output-file.ts";
import { type GivenFlags, readFlags } from "../../flags/flags.ts";
import { openRuntime } from "../../flags/runtime-flags.ts";
import { shortNumber } from "../../formats/short-number.ts";
import { printTable } from "../../formats/table.ts";
import { progressLine } from "../../terminal/progress-line.ts";
import { gradientFlags } from "./flags.ts";
import { type Selection, selectAlgorithm } from "./selection.ts";

/** Gradients by the names of their matrices. */
type Gradients = Readonly<Partial<Record<MatrixName, Matrix>>>;

/** Entries up to which the answer carries the gradients. */
const SHOWN_ENTRIES = 1024;

/**
 * The matrices of `--wrt`, each once.
 * @param flag name of the setting in errors
 * @throws UsageError for a name that is no matrix of a problem, or none at all
 */
export function readMatrixNames(given: string, flag = "--wrt"): MatrixName[] {
	const words = given.split(",").map((word) => word.trim());
	return [...new Set(words)].map((word) => {
		const name = matrixNames.find((known) => known === word);
		if (name) return name;
		throw new UsageError(`${flag} must name matrices among X, Y, A1, A2, A3, E, got ${word || "nothing"}`);
	});
}

/**
 * Computes the gradients of a problem in several of its matrices, all by the same passes, writes them where asked and prints the answer.
 * @throws UsageError for a wrong call or input, or a matrix that the algorithm gives no gradient in; ComputationError when the gradients
 * cannot be had as asked
 */
export async function answerGradients(given: GivenFlags, wrt: readonly MatrixName[]): Promise<void> {
	const { out, json, dtype, threads, kernel, algorithm } = readFlags(gradientFlags, given);
	const selection = selectAlgorithm(algorithm, given);
	refuseMatrices(selection, wrt);
	const input = String(given["problem"]);
	const target = out === undefined ? undefined : await outputPath(out, { ending: ".npz", input });
	const file = await openProblem(input);
	const problem = asDtype(file.problem, dtype);
	const progress = progressLine();
	const runtime = await openRuntime({ threads, kernel }, progress);
	try {
		const start = performance.now();
		const { gradients, loss } = await computeGradients(problem, selection, wrt, runtime);
		const milliseconds = performance.now() - start;
		progress.clear();
		if (target !== undefined) {
			const arrays = Object.entries(gradients).map(([name, { rows, cols, data }]) => [
				name,
				{ shape: [rows, cols], data },
			]);
			await writeArrays(target, Object.fromEntries(arrays));
		}
		const answer = describe({ problem, selection, gradients, loss, milliseconds, runtime, out });
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

/** Whether an algorithm is computed by the backward pass of the operator here, which gives every gradient. */
const givesAll = ({ algorithm }: Selection): boolean => algorithm.name === "streaming" || algorithm.name === "auto";

/** @throws UsageError naming the first matrix that the algorithm gives no gradient in */
function refuseMatrices(selection: Selection, wrt: readonly MatrixName[]): void {
	const missing = wrt.find((name) => name !== "X" && name !== "Y");
	if (missing !== undefined && !givesAll(selection))
		throw new UsageError(
			`${selection.algorithm.name} gives no gradient in ${missing}; --algorithm exact gives that in every matrix`,
		);
}

/**
 * The gradients of a problem in several of its matrices, all by the same passes.
 * @throws UsageError for a matrix that the algorithm gives no gradient in, or a problem that it does not take
 */
export async function computeGradients(
	problem: AttentionProblem<RowSource>,
	selection: Selection,
	wrt: readonly MatrixName[],
	runtime: Runtime,
): Promise<{ gradients: Gradients; loss: number }> {
	refuseMatrices(selection, wrt);
	const { algorithm, options } = selection;
	if (givesAll(selection)) return problemGradients(problem, wrt, runtime);
	const supported = algorithm.supports(problem, options);
	if (supported !== true) throw new UsageError(supported.reason);
	const { gradient, gradientY, loss } = await algorithm.run(problem, options, runtime);
	if (!gradientY)
		throw new UsageError(`${algorithm.name} gives no gradient in Y; --algorithm exact gives that in every matrix`);
	const both: Gradients = { X: gradient, Y: gradientY };
	return { gradients: Object.fromEntries(wrt.map((name) => [name, both[name]])), loss };
}

interface Computed {
	readonly problem: AttentionProblem<RowSource>;
	readonly selection: Selection;
	readonly gradients: Gradients;
	readonly loss: number;
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

function describe({ problem, selection, gradients, loss, milliseconds, runtime, out }: Computed) {
	const all = Object.entries(gradients);
	const entries = all.reduce((sum, [, { data }]) => sum + data.length, 0);
	const shown = out === undefined && entries <= SHOWN_ENTRIES;
	return {
		...describeCall(problem, selection),
		...(selection.algorithm.name === "auto" && {
			chosen: {
				algorithm: "streaming",
				why: "exact; one backward pass gives the gradients in all matrices",
				exact: true,
			},
		}),
		status: "done" as const,
		B: boundMet(problem).B,
		scale: problem.scale,
		dtype: problem.A1.dtype,
		loss,
		gradients: Object.fromEntries(
			all.map(([name, gradient]) => [
				name,
				{
					largest: maxAbs(gradient),
					norm: frobeniusNorm(gradient),
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

function printGradients(answer: ReturnType<typeof describe>): void {
	const { n, d, B, scale, dtype, chosen, loss, gradients, kernel, threads, out } = answer;
	printTable([
		["algorithm", chosen ? `${chosen.algorithm}: ${chosen.why}` : answer.algorithm],
		["problem", `n ${n}, d ${d}, B ${shortNumber(B)}, scale ${shortNumber(scale)}, ${dtype}`],
		["loss", `${loss}`],
		...Object.entries(gradients).map(([name, { largest, norm }]): [string, string] => [
			`dL/d${name}`,
			`largest entry ${shortNumber(largest)}, Frobenius norm ${shortNumber(norm)}`,
		]),
		[
			"time",
			`${shortNumber(answer.milliseconds)} ms, ${Math.round(answer.peakRssMb)} MB, threads ${threads}, kernel ${kernel}`,
		],
		...(out === undefined ? [] : [["written", out] as [string, string]]),
	]);
}
