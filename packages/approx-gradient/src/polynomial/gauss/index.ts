export { RowError } from "./row-error.ts";
export { nodesOf, powerSumsOf, RowPolynomial, type RowPolynomialOptions } from "./row-polynomial.ts";
export { RowPolynomials } from "./row-polynomials.ts";
