import { z } from "zod";
import { maxDegree } from "./families/family.ts";

/** The options that choose the polynomial, for gradients and for outputs. */
export const basisAndDegree = {
	basis: z.enum(["taylor", "chebyshev", "minimax"]).default("chebyshev").describe("the polynomial in place of exp"),
	degree: z
		.int()
		.min(0)
		.max(maxDegree)
		.optional()
		.describe("degree of the polynomial; default: the least that certifies the requested error"),
};
