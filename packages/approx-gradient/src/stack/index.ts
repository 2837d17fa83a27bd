export { type EndToEnd, endToEnd } from "./end-to-end.ts";
export { type LayerPerturbation, largestPerturbation, perturbationOf } from "./mixed-stability.ts";
export { polynomialStack, type StackAccuracy, type StackRoute } from "./polynomial-stack.ts";
export type { ProvedGradients, ProvedOutput, ProvedPass } from "./proved-pass.ts";
export { operandSample, servesSample } from "./serving-degree.ts";
