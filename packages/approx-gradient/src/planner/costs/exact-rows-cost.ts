import type { AttentionProblem } from "@attgrad/attention-problem";
import type { RowSource, Runtime } from "@attgrad/matrix-core";
import { ExactRows } from "../../polynomial/gauss/exact/exact-rows.ts";
import { exactPairTime } from "../../polynomial/gauss/exact/pair-time.ts";
import { profileOn } from "../../polynomial/method/method-of.ts";
import type { CostModel } from "./cost-model.ts";

/** Milliseconds of a key and coordinate: it is read, centred and packed once for all rows; and of a call. */
const [KEY, CALL] = [5e-5, 0.15];

/** Milliseconds that some rows of a problem take exactly, beside a method that serves the others. */
export function exactRowsTime(model: CostModel, { n, d }: { n: number; d: number }, rows: number): number {
	if (rows === 0) return 0;
	return CALL + exactPairTime(d) * model.timeOf("streaming", { n, d }) * (rows / n) + KEY * n * d;
}

/** A run of that, each time anew, to measure it: the first rows of a problem. */
export async function exactRowsRun(
	problem: AttentionProblem<RowSource>,
	rows: number,
	runtime: Runtime,
): Promise<() => Promise<unknown>> {
	const profile = await profileOn(problem, runtime);
	const chosen = Array.from({ length: rows }, (_, at) => at);
	return () => new ExactRows(problem, profile, runtime).sums(chosen, 0);
}
