export { approximateBackwards, backwardPolynomial, type PolynomialBackwardOptions } from "./polynomial-backward.ts";
