import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BackwardProblem, decodeNpy, type OfEachGradient, writeArrays } from "@attgrad/attention-problem";
import {
	ComputationError,
	type Matrix,
	materialise,
	type RowSource,
	totalMemory,
	UsageError,
} from "@attgrad/matrix-core";
import { runInGroup } from "../processes/process-group.ts";
import { readCommandAnswer } from "./exchange.ts";
import { defaultTimeLimit, threadVariables } from "./run-command.ts";

/** Gradients of a layer by a command, with its own times. */
export interface BackwardCommandResult extends OfEachGradient<Matrix> {
	readonly milliseconds: readonly number[];
	/** Largest resident memory that was seen, the command's processes together, MiB. */
	readonly peakRssMb: number;
}

/**
 * Hands one head of a layer to a command: a file with Q, K, V, dO and scale, the folder to write dQ.npy, dK.npy and dV.npy to, and the mask
 * in the variable ATTGRAD_MASK.
 * @param budget time that its repeated runs may take together, milliseconds; 0 for a single run
 * @throws ComputationError `invalid` for an answer or gradients that will not do; what `runInGroup` throws
 */
export async function runBackwardCommand(
	problem: BackwardProblem<RowSource>,
	{ command, budget, threads }: { readonly command: string; readonly budget: number; readonly threads: number },
): Promise<BackwardCommandResult> {
	const folder = mkdtempSync(join(tmpdir(), "attgrad-command-"));
	const layer = join(folder, "layer.npz");
	const array = (rows: RowSource) => ({ shape: [rows.rows, rows.cols], data: materialise(rows).data });
	try {
		await writeArrays(layer, {
			Q: array(problem.Q),
			K: array(problem.K),
			V: array(problem.V),
			dO: array(problem.dO),
			scale: { shape: [], data: Float64Array.of(problem.scale) },
		});
		const { lastLine, peakRssMb } = await runInGroup({
			command,
			words: [layer, folder],
			environment: {
				ATTGRAD_BUDGET_MS: String(budget),
				ATTGRAD_THREADS: String(threads),
				ATTGRAD_MASK: problem.visibility.mask,
				...Object.fromEntries(threadVariables.map((name) => [name, String(threads)])),
			},
			folder,
			timeLimit: 1000 * defaultTimeLimit,
			memoryLimit: (0.75 * totalMemory()) / 2 ** 20,
		});
		const { milliseconds } = readCommandAnswer(lastLine);
		const read = (name: "dQ" | "dK" | "dV", like: RowSource) => readGradient(folder, name, like);
		return {
			...{ dQ: read("dQ", problem.Q), dK: read("dK", problem.K), dV: read("dV", problem.V) },
			...{ milliseconds, peakRssMb },
		};
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
}

/** @throws ComputationError `invalid` unless the file is an array of finite numbers shaped like the operand */
function readGradient(folder: string, name: string, { rows, cols, dtype }: RowSource): Matrix {
	const path = join(folder, `${name}.npy`);
	if (!existsSync(path))
		throw new ComputationError("invalid", `the command wrote no ${name}.npy to the folder it was given`);
	try {
		const gradient = decodeNpy(readFileSync(path), `the command's ${name}`);
		if (gradient.rows === rows && gradient.cols === cols) return gradient.as(dtype);
		throw new UsageError(`the command's ${name} must be ${rows} x ${cols}, got ${gradient.rows} x ${gradient.cols}`);
	} catch (error) {
		if (error instanceof UsageError) throw new ComputationError("invalid", error.message);
		throw error;
	}
}
