import type { AttentionProblem } from "@attgrad/attention-problem";
import type { RowSource, Runtime } from "@attgrad/matrix-core";
import type { LossGradient } from "../rows/gradient-sum.ts";
import { APosteriori } from "./certificates/a-posteriori.ts";
import { DeviationPilot, pilotDegree } from "./certificates/deviation-pilot.ts";
import type { ProvenBound } from "./certificates/forms/forms.ts";
import { boundFromTotals } from "./certificates/from-totals.ts";
import { predictedTotals } from "./certificates/predicted-totals.ts";
import { predictBound, sampleRows } from "./certificates/row-sample.ts";
import { type KernelRouteName, type RunTotals, runOnKernels } from "./kernels/kernel-route.ts";
import { type Approximation, type Candidate, type Method, runsOnKernels } from "./method/approximation.ts";
import type { BoundOf } from "./method/choose-degree.ts";
import type { RouteInput } from "./routes/route.ts";

/** A gradient and the a-posteriori bound on its error. */
export interface CertifiedResult extends LossGradient {
	readonly proven: ProvenBound;
}

/** Runs a method on a problem and bounds the error of what comes out: on kernels or in plain TypeScript, which leave different sums behind. */
export interface CertifiedRunner {
	/** The a-posteriori bound that a candidate's run will have, predicted from a sample: not a proof. */
	readonly predicted: BoundOf;
	/** The gradient alone. */
	run(input: RouteInput): Promise<LossGradient>;
	/** The gradient with its a-posteriori bound, for an approximation with the coefficients that bound its rows. */
	runCertified(input: RouteInput, approximation: Approximation): Promise<CertifiedResult>;
}

/** Rows that the bound of a run in plain TypeScript is predicted from. */
const PREDICTION_ROWS = 32;

/** The runner of a method. */
export function runnerOf(problem: AttentionProblem<RowSource>, method: Method, runtime: Runtime): CertifiedRunner {
	return runsOnKernels(method) ? kernelRunner(problem, method, runtime) : plainRunner(problem, method, runtime);
}

/** Certifies by the totals that the kernels add up. */
function kernelRunner(problem: AttentionProblem<RowSource>, method: Method, runtime: Runtime): CertifiedRunner {
	const run = (input: RouteInput): Promise<LossGradient & RunTotals> =>
		runOnKernels(method.route.name as KernelRouteName, input, runtime);
	return {
		predicted: (candidate) => boundFromTotals(method, candidate, predictedTotals(problem, method.profile)).bound,
		run,
		async runCertified(input, approximation) {
			const result = await run(input);
			return { ...result, proven: boundFromTotals(method, approximation, result) };
		},
	};
}

/** Certifies row by row, by what a route shows of its rows while it runs. */
function plainRunner(problem: AttentionProblem<RowSource>, method: Method, runtime: Runtime): CertifiedRunner {
	const { onProgress } = runtime;
	let sample: ReturnType<typeof sampleRows> | undefined;
	return {
		predicted(candidate: Candidate) {
			sample ??= sampleRows(problem, method.profile, PREDICTION_ROWS, 0);
			return predictBound(sample, method, candidate).bound;
		},
		run: (input) => method.route.run(input, { onProgress }),
		async runCertified(input, approximation) {
			const degree = pilotDegree(method, approximation);
			const pilot = degree === undefined ? undefined : new DeviationPilot(method, input.tree, degree);
			const watcher = new APosteriori(method, approximation, pilot);
			const result = await method.route.run(input, { watchers: [watcher], onProgress });
			return { ...result, proven: watcher.result() };
		},
	};
}
