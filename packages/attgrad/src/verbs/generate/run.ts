import { statfs } from "node:fs/promises";
import { dirname } from "node:path";
import { distributions, generateRows, writeProblem } from "@attgrad/attention-problem";
import { onStopSignals } from "@attgrad/harness/gradient";
import { bytesPerNumber, shortNumber, UsageError } from "@attgrad/matrix-core";
import { z } from "zod";
import { outputPath } from "../../files/output-file.ts";
import { json } from "../../flags/runtime-flags.ts";
import { printTable } from "../../formats/table.ts";
import { progressLine } from "../../terminal/progress-line.ts";
import { boundOfRows } from "./bound-of-rows.ts";

/** The flags of `attgrad generate`. */
export const generateFlags = z.object({
	n: z.int().min(1).describe("number of tokens"),
	d: z.int().min(1).describe("width"),
	B: z.number().positive().describe("bound on the entries of A1 X and A2 (Definition 1.4)"),
	seed: z.int().min(0).default(0).describe("the same seed gives the same problem on every machine"),
	distribution: z.enum(distributions).default("uniform").describe("how the rows are drawn"),
	dtype: z.enum(["f64", "f32"]).default("f64").describe("number type of the file"),
	out: z.string().min(1).describe("file to write, .npz"),
	json,
});

/**
 * Makes a problem block by block, at any n, writes it to `out` and prints what it is. Ctrl-C, SIGTERM and SIGHUP leave no file.
 * @throws UsageError when the file cannot be written, the disk has no room for it, or the distribution does not take these sizes
 */
export async function generateFile({ out, json, ...point }: z.output<typeof generateFlags>): Promise<void> {
	using stop = onStopSignals();
	const problem = generateRows(point);
	const target = await outputPath(out, { ending: ".npz" });
	await requireRoom(target, (4 * point.n + 2 * point.d) * point.d * bytesPerNumber(point.dtype));
	const progress = progressLine();
	try {
		await writeProblem(target, problem, { onProgress: progress.show, signal: stop.signal });
	} catch (failure) {
		if (stop.signal.aborted) process.exit(stop.exitCode);
		throw failure;
	} finally {
		progress.clear();
	}
	const { queries, keys } = boundOfRows(problem);
	if (json) {
		console.log(JSON.stringify({ ...point, scale: problem.scale, bound: { queries, keys }, out }));
		return;
	}
	const { n, d, B, distribution, seed, dtype } = point;
	printTable([
		["written", out],
		["problem", `${distribution}, n ${n}, d ${d}, B ${B}, seed ${seed}, ${dtype}`],
		["bound", `max |A1 X| ${shortNumber(queries)}, max |A2| ${shortNumber(keys)}`],
	]);
}

/** @throws UsageError when the disk has fewer than `bytes` left */
async function requireRoom(path: string, bytes: number): Promise<void> {
	const { bavail, bsize } = await statfs(dirname(path));
	const free = bavail * bsize;
	const size = (x: number) => `${shortNumber(x / 1e9)} GB`;
	if (bytes > free)
		throw new UsageError(`cannot write ${path}: it takes ${size(bytes)}, the disk has ${size(free)} left`);
}
