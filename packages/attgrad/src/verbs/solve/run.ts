import { findAlgorithm } from "@attgrad/algorithms";
import {
	count,
	createOracle,
	type Formula,
	formulaReductions,
	type ModelCount,
	parseNoise,
	readDimacs,
	requirePlainCount,
	type Solution,
	solve,
	splitAndList,
} from "@attgrad/hardness";
import { type Runtime, UsageError } from "@attgrad/matrix-core";
import { z } from "zod";
import { readText } from "../../files/read-text.ts";
import { type GivenFlags, readFlags } from "../../flags/flags.ts";
import { json, openRuntime, runtimeFlags } from "../../flags/runtime-flags.ts";
import { progressLine } from "../../terminal/progress-line.ts";
import { exitCodeOf, printSolution, type SolveAnswer } from "./answer.ts";

/** The flags of `attgrad solve`. */
export const solveFlags = z.object({
	count: z.boolean().default(false).describe("count the models (R3) instead of finding one"),
	reduction: z
		.enum(formulaReductions)
		.optional()
		.describe("R1a: one gradient, and more if there are several models; R3: counting; R1a unless --count"),
	oracle: z
		.string()
		.default("streaming")
		.describe("gradient algorithm that is asked, as attgrad list names it, like polynomial/moment"),
	epsilon: z
		.number()
		.positive()
		.optional()
		.describe("error to ask of an approximate oracle; default: the error that the reduction tolerates"),
	noise: z.string().optional().describe("error added to every entry: adversarial:EPSILON or random:EPSILON"),
	seed: z.int().min(0).default(0).describe("seed of random noise"),
	thetaMax: z
		.number()
		.positive()
		.optional()
		.describe("R3 interpolates down to e^-THETA, at B ~ sqrt(log n) if small; default: one node at B ~ log n"),
	...runtimeFlags,
	json,
});

type Request = z.output<typeof solveFlags>;

/**
 * Reads a formula, solves it or counts its models through the oracle, prints the answer in the format of the SAT
 * competitions and sets the exit code: 10 satisfiable, 20 unsatisfiable, 0 unknown.
 * @throws UsageError for a wrong call, or a file that is no DIMACS CNF, with line and column
 */
export async function solveFile(given: GivenFlags): Promise<void> {
	const request = readFlags(solveFlags, given);
	const { json, thetaMax } = request;
	const reduction = request.reduction ?? (request.count ? "R3" : "R1a");
	if (request.count && reduction !== "R3")
		throw new UsageError(`--count goes through R3, got --reduction ${reduction}`);
	if (thetaMax !== undefined && reduction !== "R3") throw new UsageError("--theta-max belongs to R3 and --count");
	const algorithm = oracleOf(request);
	const noise = request.noise === undefined ? undefined : parseNoise(request.noise, request.seed);
	const file = String(given["formula"]);
	const formula = readDimacs(await readText(file), file);
	if (request.count) requirePlainCount(formula);
	warnOfLongWork(formula);
	const progress = progressLine();
	const runtime = await openRuntime(request, progress);
	try {
		const oracle = createOracle({ ...algorithm, runtime, ...(noise && { noise }) });
		const how = { oracle, ...(thetaMax !== undefined && { thetaMax }) };
		const start = performance.now();
		const solution = await (request.count ? count(formula, how) : solve(formula, { ...how, reduction }));
		const milliseconds = performance.now() - start;
		progress.clear();
		const answer = describe({ request, reduction, file, formula, solution, milliseconds, runtime });
		printSolution(answer, json);
		process.exitCode = exitCodeOf(answer);
	} finally {
		progress.clear();
		await runtime.close();
	}
}

/** Half-assignments from which on a gradient takes longer than one waits for without being told. */
const LONG = 2 ** 16;

/** Says on the error stream what is ahead: an exact oracle takes time like n². */
function warnOfLongWork(formula: Formula): void {
	const { keys } = splitAndList.sizes(formula);
	if (keys < LONG || !Number.isSafeInteger(3 * keys)) return;
	const rows = (3 * keys).toLocaleString("en");
	console.error(
		`attgrad solve: ${formula.variables} variables make gradients of up to ${rows} rows; with an exact oracle each variable more doubles the time`,
	);
}

/** The algorithm that is asked, and its options for problems of given sizes. */
function oracleOf({ oracle, epsilon }: Request) {
	const { algorithm, options } = findAlgorithm(oracle);
	const takesEpsilon = "epsilon" in algorithm.options.shape;
	if (epsilon !== undefined && !takesEpsilon) throw new UsageError(`${algorithm.name} has no option --epsilon`);
	const wantsEpsilon = takesEpsilon && !("epsilon" in options) && !("degree" in options);
	return {
		algorithm,
		options: (sizes: { epsilon: number }) => ({
			...options,
			...(wantsEpsilon && { epsilon: epsilon ?? sizes.epsilon }),
		}),
	};
}

function describe(solved: {
	request: Request;
	reduction: string;
	file: string;
	formula: Formula;
	solution: Solution | ModelCount;
	milliseconds: number;
	runtime: Runtime;
}): SolveAnswer {
	const { request, reduction, file, formula, solution, milliseconds, runtime } = solved;
	const { sizes, ...rest } = solution;
	return {
		...rest,
		file,
		variables: formula.variables,
		clauses: formula.clauses.length,
		reduction,
		...(sizes && { sizes: { ...sizes, ratio: sizes.B / Math.sqrt(Math.log(sizes.n)) } }),
		oracle: request.oracle,
		...(request.noise !== undefined && { noise: request.noise }),
		kernel: runtime.kernel,
		threads: runtime.threads,
		milliseconds,
	};
}
