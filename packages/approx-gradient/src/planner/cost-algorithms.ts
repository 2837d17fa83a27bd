import type { AnyGradientAlgorithm } from "@attgrad/attention-problem";
import { definition, dense, streaming } from "@attgrad/exact-gradient";
import { clusters, linearAttention, nystrom, randomFeatures, supportBasis } from "../feature-maps/index.ts";
import { polynomial } from "../polynomial.ts";
import type { CostName } from "./costs.ts";

/** The algorithm behind each cost, with the options that its name fixes. */
export const costAlgorithms: Readonly<
	Record<CostName, { readonly algorithm: AnyGradientAlgorithm; readonly options: Readonly<Record<string, unknown>> }>
> = {
	definition: { algorithm: definition, options: {} },
	dense: { algorithm: dense, options: {} },
	streaming: { algorithm: streaming, options: {} },
	"polynomial/moment": { algorithm: polynomial, options: { route: "moment" } },
	"polynomial/reverse": { algorithm: polynomial, options: { route: "reverse" } },
	"polynomial/paper": { algorithm: polynomial, options: { route: "paper" } },
	"linear-attention": { algorithm: linearAttention, options: {} },
	nystrom: { algorithm: nystrom, options: {} },
	"random-features": { algorithm: randomFeatures, options: {} },
	"support-basis": { algorithm: supportBasis, options: {} },
	clusters: { algorithm: clusters, options: {} },
};
