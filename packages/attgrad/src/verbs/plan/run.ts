import { type Plan, type PlanEntry, planGradient } from "@attgrad/approx-gradient";
import { asDtype, openProblem } from "@attgrad/attention-problem";
import { shortDuration } from "@attgrad/matrix-core";
import { z } from "zod";
import { type GivenFlags, readFlags } from "../../flags/flags.ts";
import { dtype, json, openRuntime, runtimeFlags } from "../../flags/runtime-flags.ts";
import { shortNumber } from "../../formats/short-number.ts";

/** The flags of `attgrad plan`. */
export const planFlags = z.object({
	epsilon: z.number().positive().default(1e-6).describe("error to prove for every entry of the gradient"),
	dtype,
	...runtimeFlags,
	json,
});

/** Plans for a problem whose rows stay in its file, and prints the plan. */
export async function planProblem(given: GivenFlags): Promise<void> {
	const { epsilon, dtype, threads, kernel, json } = readFlags(planFlags, given);
	const { problem: stored, close } = await openProblem(String(given["problem"]));
	try {
		const runtime = await openRuntime({ threads, kernel });
		try {
			const problem = asDtype(stored, dtype);
			const { n, d } = problem;
			const plan = await planGradient(problem, { epsilon, thorough: true }, runtime);
			const request = { n, d, epsilon, dtype, kernel: runtime.kernel, threads: runtime.threads };
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
	readonly epsilon: number;
	readonly dtype: string;
	readonly kernel: string;
	readonly threads: number;
}

/** The JSON object of `attgrad plan --json`. */
export function describePlan({ entries, chosen, why }: Plan, request: PlanRequest) {
	return {
		...request,
		...(chosen.run ? { chosen: { algorithm: chosen.algorithm, options: chosen.options, why } } : { chosen: null }),
		algorithms: entries.map(({ run, ...entry }) => ({ ...entry, possible: run !== undefined })),
	};
}

/** The plan as a table: time, algorithm, detail, provable error or the reason against it. */
function planLines({ entries, chosen, why }: Plan, { n, d, epsilon, dtype, kernel, threads }: PlanRequest): string[] {
	const cells = entries.map((entry) => [
		entry.milliseconds === undefined ? "" : shortDuration(entry.milliseconds),
		entry.algorithm,
		entry.detail,
		proof(entry),
	]);
	const rows = [["predicted", "algorithm", "", "error proved"], ...cells];
	const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column].length)));
	return [
		`problem    n ${n}, d ${d}, ${dtype}, epsilon ${shortNumber(epsilon)}; kernel ${kernel}, threads ${threads}`,
		chosen.run
			? `auto       ${chosen.algorithm}, ${why}`
			: `auto       nothing can prove ${shortNumber(epsilon)} in ${dtype}`,
		"",
		...rows.map((row) =>
			row
				.map((cell, column) => (column < 3 ? pad(cell, widths[column], column) : cell))
				.join("  ")
				.trimEnd(),
		),
	];
}

const pad = (cell: string, width: number, column: number): string =>
	column === 0 ? cell.padStart(width) : cell.padEnd(width);

function proof({ certificate, reason }: PlanEntry): string {
	if (reason !== undefined) return `no: ${reason}`;
	if (certificate?.kind === "exact") return "exact but for rounding";
	return `<= ${shortNumber(certificate!.bound!)}, ${certificate!.kind}`;
}
