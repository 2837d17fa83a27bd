import type { GradientQueries, GradientSizes, Readings } from "../../oracle/gradient-queries.ts";
import type { Decision } from "../decision/decision.ts";
import { defineReduction } from "../decision/reduction.ts";
import type { GapInstance } from "../instances/closest-pair.ts";
import { certifiedNodes, gaussLegendre } from "./gauss-legendre.ts";
import { integralRows, integralSizes, integrate, scoreRangeBound } from "./integral.ts";

/** The options of R2. */
export interface IntegralOptions {
	/** Bound on max - min of the scores. @default what the sizes say; measuring it would take as long as the pair search */
	readonly scoreRange?: number;
	/** Number of nodes, to see how many are really needed; nothing is proven for it. @default the certified number */
	readonly nodes?: number;
}

/** Proven bound on the error of the integral. */
const QUADRATURE_ERROR = 1 / 8;

const certified = (source: GapInstance, { scoreRange = scoreRangeBound(source) }: IntegralOptions): number =>
	certifiedNodes(integralRows(source), scoreRange, QUADRATURE_ERROR);

/**
 * R2: the paper's route with its Riemann sum replaced by Gauss-Legendre quadrature, which needs O(log² n) gradients at
 * ε = 1/(16 d) (the project's repair of the proof of Theorem E.5).
 */
export const gapIntegral = defineReduction<
	GapInstance,
	GradientQueries,
	Readings,
	Decision,
	GradientSizes,
	IntegralOptions
>({
	name: "R2",
	summary: "O(log² n) gradients along X = λI, integrated by Gauss-Legendre, decide gap closest pair",
	source: "gap closest pair",
	target: "attention gradient",
	reference: "paper.md 9.3, R2",
	sizes: (source, options = {}) => integralSizes(source, options.nodes ?? certified(source, options)),
	reduce(source, options = {}) {
		const needed = certified(source, options);
		const nodes = options.nodes ?? needed;
		return integrate(source, gaussLegendre(nodes), nodes >= needed ? QUADRATURE_ERROR : Number.POSITIVE_INFINITY);
	},
});
