import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type AttentionProblem, decodeNpy, writeProblem } from "@attgrad/attention-problem";
import { ComputationError, Matrix, type RowSource, totalMemory, UsageError } from "@attgrad/matrix-core";
import { runInGroup } from "../processes/process-group.ts";
import { type CommandAnswer, readCommandAnswer } from "./exchange.ts";

/** How a command is called. */
export interface CommandCall {
	/** As a shell takes it; two words are put behind it: the problem to read and the gradient to write. */
	readonly command: string;
	/** Time that its repeated runs may take together, milliseconds; 0 for a single run. */
	readonly budget: number;
	readonly threads: number;
	/** Error that is asked for. */
	readonly epsilon?: number | undefined;
	/** Seconds. @default 3600 */
	readonly timeLimit?: number | undefined;
	/** MiB. @default three quarters of the machine's memory */
	readonly memoryLimit?: number | undefined;
}

/** The result of a command. */
export interface CommandResult extends CommandAnswer {
	/** d x d, double precision. */
	readonly gradient: Matrix;
	/** Largest resident memory that was seen, the command's processes together, MiB. */
	readonly peakRssMb: number;
}

/** Seconds that a command may take unless it is told. */
export const defaultTimeLimit = 3600;

/** Libraries that would otherwise take every core take as many as the cell has. */
export const threadVariables = ["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"];

/**
 * Hands a problem to a command in any language and reads its gradient (docs/extending.md). Files are in a temporary folder that
 * is gone when this returns or is killed.
 * @throws ComputationError `invalid` for an answer or gradient that will not do; what `runInGroup` throws
 */
export async function runCommand(problem: AttentionProblem<RowSource>, call: CommandCall): Promise<CommandResult> {
	const { command, budget, threads, epsilon, timeLimit = defaultTimeLimit } = call;
	const { memoryLimit = (0.75 * totalMemory()) / 2 ** 20 } = call;
	const folder = mkdtempSync(join(tmpdir(), "attgrad-command-"));
	const problemPath = join(folder, "problem.npz");
	const gradientPath = join(folder, "gradient.npy");
	try {
		await writeProblem(problemPath, problem);
		const { lastLine, peakRssMb } = await runInGroup({
			command,
			words: [problemPath, gradientPath],
			environment: {
				ATTGRAD_BUDGET_MS: String(budget),
				ATTGRAD_THREADS: String(threads),
				...(epsilon !== undefined && { ATTGRAD_EPSILON: String(epsilon) }),
				...Object.fromEntries(threadVariables.map((name) => [name, String(threads)])),
			},
			folder,
			timeLimit: 1000 * timeLimit,
			memoryLimit,
		});
		const answer = readCommandAnswer(lastLine);
		return { ...answer, gradient: readGradient(gradientPath, problem.d), peakRssMb };
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
}

/** @throws ComputationError `invalid` unless the file is a d x d array of finite numbers */
function readGradient(path: string, d: number): Matrix {
	if (!existsSync(path))
		throw new ComputationError("invalid", "the command wrote no gradient to the path it was given");
	let gradient: Matrix;
	try {
		gradient = decodeNpy(readFileSync(path), "the command's gradient");
	} catch (error) {
		if (error instanceof UsageError) throw new ComputationError("invalid", error.message);
		throw error;
	}
	const { rows, cols, data } = gradient;
	if (rows !== d || cols !== d)
		throw new ComputationError("invalid", `the command's gradient must be ${d} x ${d}, got ${rows} x ${cols}`);
	return new Matrix(d, d, Float64Array.from(data));
}
