import { type AttentionProblem, defineAlgorithm, type GradientResult } from "@attgrad/attention-problem";
import type { RowSource, Runtime } from "@attgrad/matrix-core";
import { z } from "zod";
import { oneAccuracy } from "../../accuracy.ts";
import { withRelative } from "../../relative/within-relative.ts";
import { spansOf } from "../../rows/spans.ts";
import {
	accuracyOptions,
	chosenDegree,
	DEFAULT_DELTA,
	relativeTarget,
	requireBound,
	requireMoments,
} from "../polynomial/degree-choice.ts";
import { BLOCK_ROWS, clusterGradient } from "./cluster-gradient.ts";
import { partitionOf } from "./partition.ts";

const count = (what: string) =>
	z.int().min(1).max(1024).optional().describe(`clusters of ${what}; default: chosen by predicted cost`);

const options = z
	.strictObject({
		...accuracyOptions,
		queryClusters: count("queries"),
		keyClusters: count("keys"),
		drop: z
			.number()
			.min(0)
			.max(0.1)
			.default(0)
			.describe("fraction of each row's weight that may be dropped with far clusters"),
	})
	.refine(...oneAccuracy("clusters"));

/**
 * Clusters of queries and keys with a Chebyshev expansion for each pair (paper.md 8.5): only distances within clusters must
 * be small, so that a larger B is in reach where d is small. O(n(C_q + C_k)K⁺d). The certificate is the relative form of
 * 7.1 with R = max ρ_a · max σ_e; with `drop` the L1 form.
 *
 * Reference: in the spirit of C. Yang, R. Duraiswami, L. Davis, "Efficient kernel machines using the improved fast Gauss
 * transform", NIPS 2004; the gradient and its certificate are this project's.
 */
export const clusters = defineAlgorithm({
	name: "clusters",
	summary: "a Chebyshev expansion for each pair of a query cluster and a key cluster; larger B at small d",
	exact: false,
	version: 1,
	modules: [import.meta.url],
	options,
	supports: () => true,
	run: withRelative(clustered),
});

async function clustered(
	problem: AttentionProblem<RowSource>,
	{ degree: wanted, epsilon, queryClusters, keyClusters, drop }: Omit<z.output<typeof options>, "relative">,
	{ onProgress }: Runtime,
): Promise<GradientResult> {
	const spans = spansOf(problem);
	const delta = epsilon === undefined ? DEFAULT_DELTA : relativeTarget(problem, spans, epsilon);
	const partition = partitionOf(problem, spans, { queryClusters, keyClusters, delta });
	const { radius, nu, mu } = partition;
	const degree = chosenDegree({ degree: wanted }, radius, delta);
	const { n, d } = problem;
	requireMoments("clusters", { d, degree, radius, blocks: nu.rows * mu.rows, rows: Math.min(n, BLOCK_ROWS) });
	const result = await clusterGradient(problem, spans, partition, { degree, drop, onProgress });
	requireBound("clusters", epsilon, result.certificate.bound, radius);
	return { ...result, degree };
}
