import { type BackwardEntries, type BackwardEntry, oneAccuracy, planBackwardEntries } from "@attgrad/approx-gradient";
import { type BackwardProblem, describeVisibility, openBackwardProblem } from "@attgrad/attention-problem";
import { type RowSource, type Runtime, shortDuration, shortNumber } from "@attgrad/matrix-core";
import { type GivenFlags, readFlags } from "../../flags/flags.ts";
import { checkWindow, readScale } from "../../flags/operator-flags.ts";
import { openRuntime } from "../../flags/runtime-flags.ts";
import { headsText } from "../../formats/heads-text.ts";
import { planFlags } from "./flags.ts";

/** Plans the backward pass of a layer whose rows stay in its file, and prints the plan. */
export async function planLayer(given: GivenFlags): Promise<void> {
	const flags = readFlags(planFlags.refine(...oneAccuracy("plan")), given);
	checkWindow(flags);
	const { epsilon, relative, mask, window, dtype, threads, kernel, json } = flags;
	const settings = { dtype, scale: readScale(flags.scale), mask, window };
	const { operands, close } = await openBackwardProblem(String(given["problem"]), settings);
	try {
		const runtime = await openRuntime({ threads, kernel });
		try {
			const plan = await planBackwardEntries(operands, { epsilon, relative }, runtime);
			if (json) console.log(JSON.stringify(describeBackwardPlan(plan, operands, runtime)));
			else for (const line of planLines(plan, operands, runtime)) console.log(line);
		} finally {
			await runtime.close();
		}
	} finally {
		close();
	}
}

/** The JSON object of `attgrad plan --json` for a layer. */
export function describeBackwardPlan(
	{ entries, chosen, why, asked }: BackwardEntries,
	{ batch, heads, keyHeads, n_q, n_k, d, d_v, scale, visibility, Q }: BackwardProblem<RowSource>,
	{ kernel, threads }: Runtime,
) {
	return {
		...{ batch, heads, keyHeads, n_q, n_k, d, d_v, scale, dtype: Q.dtype },
		mask: visibility.mask,
		window: visibility.window ?? null,
		lengths: visibility.lengths ?? null,
		...asked,
		kernel,
		threads,
		chosen: { algorithm: chosen, why },
		algorithms: entries.map((entry) => ({ ...entry, possible: entry.reason === undefined })),
	};
}

/** The plan as a table: time, algorithm, degree, what is proved or the reason against it. */
function planLines(
	{ entries, chosen, why, asked }: BackwardEntries,
	operands: BackwardProblem<RowSource>,
	{ kernel, threads }: Runtime,
): string[] {
	const { n_q, n_k, d, d_v, scale, visibility, Q } = operands;
	const [[accuracy, value]] = Object.entries(asked) as [[string, number]];
	const rows = [
		["predicted", "algorithm", "", "error of dQ, dK, dV"],
		...entries.map((entry) => [
			entry.milliseconds === undefined ? "" : shortDuration(entry.milliseconds),
			entry.algorithm,
			entry.reason === undefined
				? [
						...(entry.degree === undefined ? [] : [`degree ${entry.degree}`]),
						...(entry.rank === undefined ? [] : [`K = ${entry.rank}`]),
					].join(", ")
				: "",
			proof(entry),
		]),
	];
	const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column].length)));
	const padded = (cell: string, column: number): string =>
		column === 0 ? cell.padStart(widths[0]) : column === 3 ? cell : cell.padEnd(widths[column]);
	return [
		`layer      ${headsText(operands)}n_q ${n_q}, n_k ${n_k}, d ${d}, d_v ${d_v}, scale ${shortNumber(scale)}, ${Q.dtype}, ${accuracy} ${shortNumber(value)}; kernel ${kernel}, threads ${threads}`,
		`visible    ${describeVisibility(visibility)}`,
		`auto       ${chosen}: ${why}`,
		"table      predicted times of the runs on this machine; auto compares counts of operations, with the sample that chooses the degree",
		"",
		...rows.map((row) => row.map(padded).join("  ").trimEnd()),
	];
}

function proof({ certificate, reason }: BackwardEntry): string {
	if (reason !== undefined) return `no: ${reason}`;
	const { bounds } = certificate ?? {};
	if (!bounds) return certificate?.kind === "a-posteriori" ? "as asked, a-posteriori" : "exact but for rounding";
	return `about ${[bounds.dQ, bounds.dK, bounds.dV].map(shortNumber).join(", ")}, a-posteriori`;
}
