import {
	type AnyBackwardAlgorithm,
	type AnyForwardAlgorithm,
	type AnyGradientAlgorithm,
	type AttentionProblem,
	createBackwardProblem,
	type MaskName,
} from "@attgrad/attention-problem";
import {
	backwardDefinition,
	backwardStreaming,
	definition,
	dense,
	exactForward,
	streaming,
} from "@attgrad/exact-gradient";
import { Matrix, type RowSource, type Runtime } from "@attgrad/matrix-core";
import { clusters } from "../../feature-maps/clusters/clusters.ts";
import { hybrid } from "../../feature-maps/hybrid/hybrid.ts";
import { nystrom } from "../../feature-maps/nystrom/nystrom.ts";
import { linearAttention } from "../../feature-maps/polynomial/linear-attention.ts";
import { randomFeatures } from "../../feature-maps/random-features/random-features.ts";
import { supportBasis } from "../../feature-maps/support-basis/support-basis.ts";
import { polynomial } from "../../polynomial/polynomial.ts";
import type { CostName } from "./costs.ts";

/** Costs of outputs, not of gradients. */
type ForwardCostName = Extract<CostName, `forward/${string}`>;

/** Costs of backward passes. */
type BackwardCostName = Extract<CostName, `backward/${string}`>;

/** The algorithm behind each cost of a gradient, with the options that its name fixes. */
export const costAlgorithms: Readonly<
	Record<
		Exclude<CostName, ForwardCostName | BackwardCostName>,
		{ readonly algorithm: AnyGradientAlgorithm; readonly options: Readonly<Record<string, unknown>> }
	>
> = {
	definition: { algorithm: definition, options: {} },
	dense: { algorithm: dense, options: {} },
	streaming: { algorithm: streaming, options: {} },
	"polynomial/moment": { algorithm: polynomial, options: { route: "moment" } },
	"polynomial/reverse": { algorithm: polynomial, options: { route: "reverse" } },
	"polynomial/gauss": { algorithm: polynomial, options: { route: "moment", basis: "gauss" } },
	"polynomial/paper": { algorithm: polynomial, options: { route: "paper" } },
	"linear-attention": { algorithm: linearAttention, options: {} },
	nystrom: { algorithm: nystrom, options: {} },
	"random-features": { algorithm: randomFeatures, options: {} },
	"support-basis": { algorithm: supportBasis, options: {} },
	hybrid: { algorithm: hybrid, options: {} },
	clusters: { algorithm: clusters, options: {} },
};

/** The polynomial's forward pass, loaded when its cost is measured: gradients do without it. */
async function polynomialForward(): Promise<AnyForwardAlgorithm> {
	const { polynomialForward } = await import("../../polynomial/polynomial-forward.ts");
	return polynomialForward;
}

/** The forward algorithm behind each cost of an output; the version is raised when its time changes. */
const forwards: Readonly<
	Record<
		ForwardCostName,
		{
			readonly load: () => Promise<AnyForwardAlgorithm>;
			readonly version: number;
			readonly options: Readonly<Record<string, unknown>>;
		}
	>
> = {
	"forward/streaming": { load: async () => exactForward, version: 2, options: {} },
	"forward/polynomial": { load: polynomialForward, version: 4, options: { basis: "chebyshev" } },
	"forward/hybrid": { load: hybridForward, version: 2, options: {} },
	"forward/gauss": { load: polynomialForward, version: 2, options: { basis: "gauss" } },
};

/** The backward pass behind each cost, its options beside a mask, and the version, raised when its time changes. */
const backwards: Readonly<
	Record<BackwardCostName, { readonly load: () => Promise<AnyBackwardAlgorithm>; readonly version: number }>
> = {
	"backward/definition": { load: async () => backwardDefinition, version: 1 },
	"backward/streaming": { load: async () => backwardStreaming, version: 1 },
	"backward/polynomial": { load: polynomialBackward, version: 1 },
	"backward/hybrid": { load: hybridBackward, version: 2 },
};

/** The polynomial's backward pass, loaded when its cost is measured: gradients do without it. */
async function polynomialBackward(): Promise<AnyBackwardAlgorithm> {
	const { backwardPolynomial } = await import("../../backward/polynomial-backward.ts");
	return backwardPolynomial;
}

/** Outputs and backward passes of trained heads, loaded when their cost is measured. */
async function hybridForward(): Promise<AnyForwardAlgorithm> {
	const { hybridForward } = await import("../../backward/hybrid/hybrid-output.ts");
	return hybridForward;
}
async function hybridBackward(): Promise<AnyBackwardAlgorithm> {
	const { backwardHybrid } = await import("../../backward/hybrid/hybrid-backward.ts");
	return backwardHybrid;
}

const isBackward = (name: CostName): name is BackwardCostName => Object.hasOwn(backwards, name);

const isForward = (name: CostName): name is ForwardCostName => Object.hasOwn(forwards, name);

/** Version of the runs that costs are measured on; a change makes stored costs void. */
export const costVersion = (name: CostName): number =>
	isForward(name)
		? forwards[name].version
		: isBackward(name)
			? backwards[name].version
			: costAlgorithms[name].algorithm.version;

/** The problem's rows as queries, keys and values. */
const withoutWeights = (problem: AttentionProblem<RowSource>): AttentionProblem<RowSource> => {
	const identity = Matrix.identity(problem.d);
	return { ...problem, X: identity, Y: identity };
};

/** A run to measure a cost on; of a backward pass on the operands of the problem, under the mask that options name. */
export function costRun(
	name: CostName,
	problem: AttentionProblem<RowSource>,
	given: Readonly<Record<string, unknown>>,
	runtime: Runtime,
): () => Promise<unknown> {
	if (isForward(name)) {
		const { load, options } = forwards[name];
		return async () => {
			const algorithm = await load();
			const layer = name === "forward/hybrid" ? withoutWeights(problem) : problem;
			return algorithm.run(layer, algorithm.options.parse({ ...options, ...given }), runtime, () => {});
		};
	}
	if (isBackward(name)) {
		const { mask = "none", ...options } = given;
		const { A1, A2, A3, E, scale } = problem;
		const visibility = { mask: mask as MaskName };
		const layer = createBackwardProblem({ Q: A1, K: A2, V: A3, dO: E }, { scale, visibility });
		return async () => {
			const algorithm = await backwards[name].load();
			return algorithm.run(layer, algorithm.options.parse(options), runtime);
		};
	}
	const { algorithm, options } = costAlgorithms[name];
	const parsed = algorithm.options.parse({ ...options, ...given });
	return () => algorithm.run(problem, parsed, runtime);
}
