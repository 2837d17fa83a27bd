import { calibratedModel, predictTime } from "@attgrad/approx-gradient";
import { makeFolder } from "@attgrad/attention-problem";
import { parseAxis } from "@attgrad/harness";
import { present, shortDuration, shortNumber, UsageError } from "@attgrad/matrix-core";
import { z } from "zod";
import { type GivenFlags, readFlags } from "../../../flags/flags.ts";
import { operatorFlags } from "../../../flags/operator-flags.ts";
import { dtype, json, openRuntime, runtimeFlags } from "../../../flags/runtime-flags.ts";
import { printTable } from "../../../formats/table.ts";
import { type ModelPlan, type ModelShape, planModel, type TimeOf } from "./crossover.ts";
import { drawCrossover } from "./figure.ts";
import { modelFlags } from "./flags.ts";

const modelRequest = z.object({
	...modelFlags.shape,
	relative: z.number().gt(0).lt(1).optional(),
	epsilon: z.number().gt(0).lt(1).optional(),
	dtype,
	...runtimeFlags,
	json,
});

/**
 * Answers whether certified attention pays for a model of a given shape, and prints it.
 * @throws UsageError where a size is missing or wrong
 */
export async function answerModel(given: GivenFlags): Promise<void> {
	const ofFile = Object.keys(operatorFlags).find((flag) => given[flag] !== undefined);
	if (ofFile !== undefined)
		throw new UsageError(`--${ofFile} is for a layer in a file; a model has none (attgrad plan --help)`);
	const { n, d, heads, B, plot, relative, epsilon, dtype, threads, kernel, json } = readFlags(modelRequest, given);
	const missing = Object.entries({ n, d, B }).flatMap(([name, value]) => (value === undefined ? [`--${name}`] : []));
	if (n === undefined || d === undefined || B === undefined)
		throw new UsageError(`give a problem file, or a model: ${missing.join(", ")} missing (attgrad plan --help)`);
	const [tokens, ...others] = parseAxis("n", n, { whole: true });
	if (others.length > 0) throw new UsageError(`--n: plan takes one size, got ${n}`);
	if (relative !== undefined && epsilon !== undefined) throw new UsageError("give --relative or --epsilon");
	const shape: ModelShape = { n: tokens, d, heads, B, relative: relative ?? epsilon ?? 1e-2 };
	const runtime = await openRuntime({ threads, kernel });
	try {
		if (plot !== undefined) makeFolder(plot);
		const model = await calibratedModel(runtime, dtype, ["streaming", "polynomial/moment"]);
		const timeOf: TimeOf = (run) => present(predictTime(run, model), `the predicted time of ${run.algorithm}`);
		const plan = planModel(shape, timeOf, dtype);
		const machine = { dtype, kernel: runtime.kernel, threads: runtime.threads };
		const files = plot === undefined ? [] : await drawCrossover(shape, plan, timeOf, plot);
		if (json) console.log(JSON.stringify({ ...shape, ...machine, ...plan, ...(files.length > 0 && { files }) }));
		else {
			printTable(modelTable(shape, plan, machine));
			for (const file of files) console.log(file);
		}
	} finally {
		await runtime.close();
	}
}

/** A number of tokens or features, given as its log2. */
export const sizeOf = (log2: number): string => {
	if (log2 >= 1000) return "2^1000 and more";
	return log2 < 20 ? Math.ceil(2 ** log2).toLocaleString("en") : `2^${log2.toFixed(1)}`;
};

/** Milliseconds for people; more than a year in years. */
function durationOf(ms: number): string {
	const years = ms / 3.15576e10;
	if (years < 1) return shortDuration(ms);
	return years < 1e4 ? `${Math.round(years).toLocaleString("en")} years` : `10^${Math.round(Math.log10(years))} years`;
}

function modelTable(
	{ n, d, heads, B, relative }: ModelShape,
	plan: ModelPlan,
	{ dtype, kernel, threads }: { dtype: string; kernel: string; threads: number },
): (readonly [string, string])[] {
	const { radius, degree, log2Rank, threshold } = plan;
	return [
		[
			"model",
			`n ${n.toLocaleString("en")}, d ${d}, ${heads} head${heads === 1 ? "" : "s"}, B ${shortNumber(B)}; each softmax weight within ${shortNumber(relative)} of itself`,
		],
		["answer", answerOf(plan, { relative, dtype })],
		[
			"exact",
			`${durationOf(plan.exactMs)} for the gradients of all heads (predicted for this machine: ${dtype}, kernel ${kernel}, threads ${threads})`,
		],
		[
			"certified",
			`${durationOf(plan.certifiedMs)}: scores reach B² = ${shortNumber(radius)}, which takes degree ${degree}, ${sizeOf(log2Rank)} features a token`,
		],
		["would pay", wouldPay(plan)],
		[
			"threshold",
			`B = √ln n = ${shortNumber(threshold)} at this n; B/√ln n = ${shortNumber(B / threshold)}. Below it the degree grows slower than log n, so that certified wins as n grows, if d does not grow faster than log n`,
		],
		[
			"remark",
			"this is the worst case over all data of this bound. Trained heads use fewer directions and smaller scores: attgrad locate measures yours",
		],
	];
}

function answerOf(
	{ pays, log2Crossover, rounding }: ModelPlan,
	{ relative, dtype }: { relative: number; dtype: string },
): string {
	if (rounding > relative)
		return `no: sums of monomials lose ${shortNumber(Number(rounding.toPrecision(2)))} of a weight to rounding in ${dtype} at scores of this size, more than ${shortNumber(relative)}`;
	if (pays) return `yes: certified attention is faster from n = ${sizeOf(log2Crossover)} on`;
	if (log2Crossover >= 1000) return "never: certified attention is not faster at any n up to 2^1000";
	return `no: certified attention is faster only from n = ${sizeOf(log2Crossover)} on`;
}

function wouldPay({ largestB, largestWidth }: ModelPlan): string {
	const parts = [
		...(largestB === undefined ? [] : [`B up to ${shortNumber(Number(largestB.toPrecision(3)))} at this n and d`]),
		...(largestWidth === undefined ? [] : [`d up to ${largestWidth} at this n and B`]),
	];
	return parts.length > 0 ? parts.join("; ") : "no B and no d at this n";
}
