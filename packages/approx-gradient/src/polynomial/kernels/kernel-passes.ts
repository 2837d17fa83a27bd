import type { AttentionProblem } from "@attgrad/attention-problem";
import { bytesPerNumber, type Runtime, UsageError, withKernels } from "@attgrad/matrix-core";
import { polynomialFamilies } from "../families/index.ts";
import { totalDegreeApproximation } from "../method/approximation.ts";
import { balancedSpace } from "../method/feature-space.ts";
import { featureWeights } from "../monomials/feature-tree.ts";
import { profileOf } from "../profile/profile.ts";
import { kernelSums } from "../profile/profile-kernels.ts";
import { routes } from "../routes/index.ts";
import { putIndices } from "./kernel-operands.ts";
import { kernelPlan } from "./kernel-plan.ts";
import { type KernelRouteName, keyMoments, momentsOf, queries } from "./kernel-route.ts";
import { polynomialKernels } from "./polynomial-kernels.ts";

/** Parts of the polynomial method on kernels, to run and time one by one. */
export interface KernelPasses {
	/** Features of the degree and of one more, K and K⁺. */
	readonly rank: number;
	readonly raisedRank: number;
	/** Features that pass 1 makes: those of products are never formed. */
	readonly made: number;
	/** The passes before the route: ranges, norms and sums over all rows. */
	profile(): Promise<unknown>;
	/** The features of some blocks of keys and nothing else; gives how many keys those are. */
	features(blocks: number): Promise<number>;
	/** Pass 1: features and moments of all keys. */
	keys(): Promise<unknown>;
	/** Pass 2: all queries, from the moments of a pass 1. */
	queries(): Promise<unknown>;
}

/**
 * The passes of a route on kernels at a degree, total-degree monomials, Chebyshev polynomials.
 * @throws UsageError for the kernel js, whose passes are not apart
 */
export async function kernelPasses(
	problem: AttentionProblem,
	{ route, degree }: { route: KernelRouteName; degree: number },
	runtime: Runtime,
): Promise<KernelPasses> {
	const { kernel } = runtime;
	if (kernel === "js") throw new UsageError("kernel js has no passes to be timed apart");
	const { n, d } = problem;
	const dtype = problem.A1.dtype;
	const sums = kernelSums(problem, runtime);
	const profile = await profileOf(problem, sums);
	const space = balancedSpace(profile);
	const method = { profile, space, route: routes[route], family: polynomialFamilies.chebyshev, kernel };
	const approximation = totalDegreeApproximation(method, degree);
	const tree = approximation.tree();
	const weights = featureWeights(tree, approximation.coefficients);
	const input = { problem, tree, weights, frame: space.frame };
	const plan = kernelPlan(kernel, { n, d, dtype }, tree, route === "moment" ? tree.raisedSize : tree.size);
	const silent = () => {};
	const keys = () =>
		withKernels(runtime, polynomialKernels, (kernels) => keyMoments(input, plan, kernels, momentsOf(kernels), silent));
	const moments = await keys();
	return {
		rank: tree.size,
		raisedRank: tree.raisedSize,
		made: plan.keyRuns.made,
		profile: () => profileOf(problem, sums),
		features: (blocks) =>
			withKernels(runtime, polynomialKernels, async (kernels) => {
				const size = bytesPerNumber(dtype);
				const { made, runs, triples } = plan.keyRuns;
				const row = plan.blockPanels * plan.panelBytes;
				const task = { d, runs, runTable: putIndices(kernels, triples), row, times: blocks };
				await kernels.run("features", [task], { dtype, scratch: (d + made) * row });
				return (blocks * row) / size;
			}),
		keys,
		queries: () =>
			withKernels(runtime, polynomialKernels, (kernels) => queries(route, input, moments, plan, kernels, silent)),
	};
}
