import { gapGradient } from "./gap-gradient.ts";
import { gapIntegral } from "./gap-integral.ts";
import { gapRiemannSum } from "./gap-riemann-sum.ts";
import { orthogonalCounting } from "./orthogonal-counting.ts";
import { orthogonalGradient } from "./orthogonal-gradient.ts";
import { splitAndList } from "./split-and-list.ts";

/** Every reduction, in the order of the chain. */
export const reductions = [
	splitAndList,
	orthogonalGradient,
	orthogonalCounting,
	gapGradient,
	gapIntegral,
	gapRiemannSum,
] as const;
