import { gapGradient } from "./gap/gap-gradient.ts";
import { gapIntegral } from "./gap/gap-integral.ts";
import { gapRiemannSum } from "./gap/gap-riemann-sum.ts";
import { orthogonalCounting } from "./orthogonal/orthogonal-counting.ts";
import { orthogonalGradient } from "./orthogonal/orthogonal-gradient.ts";
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
