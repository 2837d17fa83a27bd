import type { AttentionProblem } from "@attgrad/attention-problem";
import { streaming } from "@attgrad/exact-gradient";
import { maxAbs, type RowSource, type Runtime } from "@attgrad/matrix-core";
import { subProblem } from "../rows/sub-problem.ts";
import type { Pilot } from "./pilot.ts";

/** Rows of the sample that a gradient's size is guessed from where no pilot serves. */
const SAMPLE_ROWS = 512;

/** About how large a gradient is: as if the rows of a sample added up at random. */
export async function sampledPilot(problem: AttentionProblem<RowSource>, runtime: Runtime): Promise<Pilot> {
	const grown = Math.sqrt(Math.max(1, problem.n / SAMPLE_ROWS));
	return { largest: (await sampleSize(problem, runtime)) * grown, floor: 0, degree: 0 };
}

/** The largest entry of the exact gradient of a sample of rows. */
export async function sampleSize(problem: AttentionProblem<RowSource>, runtime: Runtime): Promise<number> {
	const sample = subProblem(problem, SAMPLE_ROWS);
	const { gradient } = await streaming.run(sample, streaming.options.parse({}), runtime);
	return maxAbs(gradient);
}
