import { locate } from "@attgrad/approx-gradient";
import { makeFolder, openOperands } from "@attgrad/attention-problem";
import { z } from "zod";
import { type GivenFlags, readFlags } from "../../flags/flags.ts";
import { operatorFlags, readScale } from "../../flags/operator-flags.ts";
import { json, openRuntime, runtimeFlags } from "../../flags/runtime-flags.ts";
import { progressLine } from "../../terminal/progress-line.ts";
import { locationLines } from "./answer.ts";

/** The flags of `attgrad locate`. */
export const locateFlags = z.object({
	epsilon: z
		.number()
		.positive()
		.lt(1)
		.default(1e-2)
		.describe("relative error of the softmax matrix (Frobenius norm) for the costs and the verdict"),
	submatrix: z
		.int()
		.min(1)
		.max(1024)
		.default(768)
		.describe("rows and columns of the random submatrix that bounds the rank from below"),
	seed: z.int().min(0).default(0).describe("seed of the submatrix and of pivots"),
	scale: operatorFlags.scale,
	plot: z.string().min(1).optional().describe("folder to draw heads.png and ranks.png into"),
	...runtimeFlags,
	json,
});

/** Reads the heads of a file, locates each and prints what was found. @throws UsageError for a wrong call or file */
export async function locateHeads(given: GivenFlags): Promise<void> {
	const { epsilon, submatrix, seed, scale, plot, threads, kernel, json } = readFlags(locateFlags, given);
	const path = String(given["heads"]);
	const file = await openOperands(path, { dtype: "f64", scale: readScale(scale) });
	const progress = progressLine();
	try {
		const runtime = await openRuntime({ threads, kernel });
		try {
			if (plot !== undefined) makeFolder(plot);
			const located = await locate(file.operands, { epsilon, submatrix, seed, runtime, onHead: progress.show });
			progress.clear();
			const drawn = plot === undefined ? [] : await (await import("./figures.ts")).drawLocations(plot, path, located);
			const { scale, heads, keyHeads, batch } = file.operands;
			const layer = { file: path, batch, heads, keyHeads, scale, epsilon, submatrix };
			if (json) console.log(JSON.stringify({ ...layer, located, ...(plot !== undefined && { drawn }) }));
			else
				for (const line of [...locationLines(layer, located), ...drawn.map((name) => `drawn: ${name}`)])
					console.log(line);
		} finally {
			await runtime.close();
		}
	} finally {
		progress.clear();
		file.close();
	}
}
