import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { generateRows, openProblem, writeProblem } from "@attgrad/attention-problem";
import {
	type CellContext,
	cellProblem,
	describeResult,
	gateSize,
	type Measurement,
	measureGradient,
	passGate,
} from "@attgrad/harness";
import { ComputationError, maxAbs } from "@attgrad/matrix-core";

/** Runs of a problem that takes less than the budget. */
const RUNS = 3;

/**
 * Writes the problem of a cell to a file, never holding it in memory, computes its gradient from there and removes
 * the file. Time is the shortest of the runs; the first, which also starts threads and compiles, is on a small problem
 * and not timed. Memory is the largest of the process, for writing and computing together.
 * @throws ComputationError whose status and reason go into the row
 */
export async function measureFromFile({ cell, algorithm, runtime, budget }: CellContext): Promise<Measurement> {
	const { n, d, B, seed, distribution, dtype, options } = cell;
	await passGate(algorithm, cellProblem(cell, Math.min(n, gateSize)), options, runtime);
	const folder = mkdtempSync(join(tmpdir(), "attgrad-million-tokens-"));
	try {
		const path = join(folder, "problem.npz");
		await writeProblem(path, generateRows({ distribution, n, d, B, seed, dtype })).catch((failure) => {
			throw new ComputationError("skipped", `no file for the problem: ${(failure as Error).message}`);
		});
		const file = await openProblem(path);
		try {
			let last = await measureGradient(algorithm, file.problem, options, runtime);
			const runs = [last];
			while (runs.length < RUNS && runs[0].milliseconds < budget) {
				last = await measureGradient(algorithm, file.problem, options, runtime);
				runs.push(last);
			}
			const { result, peakRssMb } = last;
			const time = Math.min(...runs.map(({ milliseconds }) => milliseconds));
			return {
				...describeResult(result),
				time_ms: Number(time.toPrecision(5)),
				time_min_ms: Number(time.toPrecision(5)),
				samples: runs.length,
				peak_rss_mb: Number(peakRssMb.toPrecision(4)),
				extra: { rowsPerSecond: Math.round((1000 * n) / time), largest: maxAbs(result.gradient) },
			};
		} finally {
			file.close();
		}
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
}
