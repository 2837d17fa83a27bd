import type { AnyForwardAlgorithm, AnyGradientAlgorithm, AttentionProblem } from "@attgrad/attention-problem";
import { definition, dense, exactForward, streaming } from "@attgrad/exact-gradient";
import type { RowSource, Runtime } from "@attgrad/matrix-core";
import { clusters } from "../../feature-maps/clusters/clusters.ts";
import { nystrom } from "../../feature-maps/nystrom/nystrom.ts";
import { linearAttention } from "../../feature-maps/polynomial/linear-attention.ts";
import { randomFeatures } from "../../feature-maps/random-features/random-features.ts";
import { supportBasis } from "../../feature-maps/support-basis/support-basis.ts";
import { polynomial } from "../../polynomial/polynomial.ts";
import type { CostName } from "./costs.ts";

/** Costs of outputs, not of gradients. */
type ForwardCostName = Extract<CostName, `forward/${string}`>;

/** The algorithm behind each cost of a gradient, with the options that its name fixes. */
export const costAlgorithms: Readonly<
	Record<
		Exclude<CostName, ForwardCostName>,
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
	"forward/polynomial": { load: polynomialForward, version: 3, options: { basis: "chebyshev" } },
	"forward/gauss": { load: polynomialForward, version: 1, options: { basis: "gauss" } },
};

const isForward = (name: CostName): name is ForwardCostName => Object.hasOwn(forwards, name);

/** Version of the runs that costs are measured on; a change makes stored costs void. */
export const costVersion = (name: CostName): number =>
	isForward(name) ? forwards[name].version : costAlgorithms[name].algorithm.version;

/** A run to measure a cost on. */
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
			return algorithm.run(problem, algorithm.options.parse({ ...options, ...given }), runtime, () => {});
		};
	}
	const { algorithm, options } = costAlgorithms[name];
	const parsed = algorithm.options.parse({ ...options, ...given });
	return () => algorithm.run(problem, parsed, runtime);
}
