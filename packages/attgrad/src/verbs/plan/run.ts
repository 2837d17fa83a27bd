import {
	oneAccuracy,
	type Plan,
	type PlanEntry,
	type PlanTarget,
	planGradient,
	timeByName,
} from "@attgrad/approx-gradient";
import { arrayNames, asDtype, openProblem } from "@attgrad/attention-problem";
import { shortDuration, shortNumber, UsageError } from "@attgrad/matrix-core";
import { type GivenFlags, readFlags } from "../../flags/flags.ts";
import { operatorFlags } from "../../flags/operator-flags.ts";
import { openRuntime } from "../../flags/runtime-flags.ts";
import { planFlags } from "./flags.ts";
import { modelFlags } from "./model/flags.ts";

/** Plans for a problem, or for the backward pass of a layer, whose rows stay in its file, and prints the plan. */
export async function planFile(given: GivenFlags): Promise<void> {
	// what is wrong with the call is told before what is wrong with the file
	readFlags(planFlags.refine(...oneAccuracy("plan")), given);
	const ofModel = Object.keys(modelFlags.shape).find((flag) => given[flag] !== undefined);
	if (ofModel !== undefined)
		throw new UsageError(`--${ofModel} is for a model; a file has its own sizes (attgrad plan --help)`);
	const names = arrayNames(String(given["problem"]));
	if (names.includes("Q") && !names.includes("E")) return (await import("./layer.ts")).planLayer(given);
	await planProblem(given);
}

async function planProblem(given: GivenFlags): Promise<void> {
	const foreign = Object.keys(operatorFlags).find((flag) => given[flag] !== undefined);
	if (foreign !== undefined)
		throw new UsageError(
			`--${foreign} is for a layer with Q, K, V and dO; a problem has no mask, and its scale is in its file`,
		);
	const { epsilon, relative, dtype, threads, kernel, json } = readFlags(
		planFlags.refine(...oneAccuracy("plan")),
		given,
	);
	const { problem: stored, close } = await openProblem(String(given["problem"]));
	try {
		const runtime = await openRuntime({ threads, kernel });
		try {
			const problem = asDtype(stored, dtype);
			const { n, d } = problem;
			const plan = await planGradient(problem, { epsilon, relative, thorough: true }, runtime);
			const request = { n, d, dtype, kernel: runtime.kernel, threads: runtime.threads };
			if (json) console.log(JSON.stringify(describePlan(plan, request)));
			else for (const line of planLines(plan, request)) console.log(line);
		} finally {
			await runtime.close();
		}
	} finally {
		close();
	}
}

interface PlanRequest {
	readonly n: number;
	readonly d: number;
	readonly dtype: string;
	readonly kernel: string;
	readonly threads: number;
}

/** The JSON object of `attgrad plan --json`. */
export function describePlan({ entries, chosen, why, target, refusal }: Plan, request: PlanRequest) {
	return {
		...request,
		...target,
		...(refusal !== undefined && { refusal }),
		...(chosen.run && refusal === undefined
			? { chosen: { algorithm: chosen.algorithm, options: chosen.options, why } }
			: { chosen: null }),
		algorithms: entries.map(({ run, ...entry }) => ({ ...entry, possible: run !== undefined })),
	};
}

/** The plan as a table: time, algorithm, detail, provable error or the reason against it. */
function planLines(plan: Plan, { n, d, dtype, kernel, threads }: PlanRequest): string[] {
	const { entries, target } = plan;
	const cells = entries.map((entry, at) => {
		const time = timeByName(entry);
		return [
			time === undefined ? "" : shortDuration(time),
			entry.algorithm,
			entry.detail,
			entry.reason !== undefined && entry.reason === entries[at - 1]?.reason ? "no: as above" : proof(entry),
		];
	});
	const rows = [["predicted", "algorithm", "", "error proved"], ...cells];
	const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column].length)));
	return [
		`problem    n ${n}, d ${d}, ${dtype}, ${targetText(target)}; kernel ${kernel}, threads ${threads}`,
		`auto       ${choiceText(plan, dtype)}`,
		...(target?.remark === undefined ? [] : [`remark     ${target.remark}`]),
		"table      times of algorithms asked for by name, with the choice of a degree or set; auto looks only where that may pay",
		"",
		...rows.map((row) =>
			row
				.map((cell, column) => (column < 3 ? pad(cell, widths[column], column) : cell))
				.join("  ")
				.trimEnd(),
		),
	];
}

/** The error bound to prove: `epsilon 1e-6`, or `relative 0.001 of a largest entry of about 0.06 (epsilon 6e-5)`. */
function targetText({ epsilon = 0, relative, largest = 0 }: PlanTarget = {}): string {
	if (relative === undefined) return `epsilon ${shortNumber(epsilon)}`;
	return `relative ${shortNumber(relative)} of a largest entry of about ${shortNumber(largest)} (epsilon ${shortNumber(epsilon)})`;
}

function choiceText({ chosen, why, target, refusal }: Plan, dtype: string): string {
	if (refusal !== undefined) return `runs nothing: ${refusal}`;
	if (chosen.run) return `${chosen.algorithm}, ${why}`;
	return `nothing can prove ${targetText(target)} in ${dtype}`;
}

const pad = (cell: string, width: number, column: number): string =>
	column === 0 ? cell.padStart(width) : cell.padEnd(width);

function proof({ certificate, reason }: PlanEntry): string {
	if (reason !== undefined) return `no: ${reason}`;
	if (certificate?.kind === "exact") return "exact but for rounding";
	if (certificate?.bound === undefined) return "no: the bound is not foreseen";
	return `<= ${shortNumber(certificate.bound)}, ${certificate.kind}`;
}
