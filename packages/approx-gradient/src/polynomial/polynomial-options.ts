import { z } from "zod";
import { maxDegree } from "./families/family.ts";

/** The accuracy asked for where neither degree nor epsilon is given. */
export const DEFAULT_EPSILON = 1e-6;

/** What is asked of the polynomial, for gradients and for outputs. */
export const basisAndDegree = {
	basis: z.enum(["taylor", "chebyshev", "minimax"]).default("chebyshev").describe("the polynomial in place of exp"),
	degree: z
		.int()
		.min(0)
		.max(maxDegree)
		.optional()
		.describe("degree of the polynomial; unless given, the least that certifies epsilon"),
};
