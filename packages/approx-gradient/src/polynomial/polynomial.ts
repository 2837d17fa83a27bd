import { type Certificate, defineAlgorithm, type GradientResult } from "@attgrad/attention-problem";
import { withCachedRows } from "@attgrad/matrix-core";
import { z } from "zod";
import { DEFAULT_RELATIVE, oneAccuracy, relativeOption } from "../accuracy.ts";
import { withinRelative } from "../relative/within-relative.ts";
import {
	anisotropicOfDegree,
	anisotropicRequest,
	anisotropicWithin,
} from "./gauss/anisotropic/anisotropic-gradient.ts";
import { gaussWithin } from "./gauss/degree-choice.ts";
import { gaussOfDegree } from "./gauss/gauss-gradient.ts";
import { gaussRequest } from "./gauss/gauss-request.ts";
import { coinOptions, coinsOf, coinsOfProbabilistic } from "./gauss/pairs/coins.ts";
import { gaussWithinProbable } from "./gauss/pairs/probable-degree.ts";
import { memoryOf } from "./method/memory.ts";
import { methodOf, profileOn } from "./method/method-of.ts";
import { availableMemory, countMonomials } from "./monomials/feature-tree.ts";
import { gradientOfDegree, gradientWithin } from "./polynomial-gradient.ts";
import { basisAndDegree } from "./polynomial-options.ts";
import { routes } from "./routes/index.ts";

const options = z
	.strictObject({
		route: z
			.enum(["paper", "moment", "reverse"])
			.default("moment")
			.describe("how the gradient is computed from the low-rank factors"),
		basis: z
			.enum([...basisAndDegree.basis.unwrap().options, "gauss"])
			.default("chebyshev")
			.describe("polynomial that replaces exp; gauss: one per row, from the row's scores"),
		form: z
			.enum(["l1", "v2", "vd"])
			.default("v2")
			.describe(
				"form of the row errors in a certificate with basis gauss: l1 is the fastest, vd the tightest (columns of moments for every key coordinate)",
			),
		monomials: z
			.enum(["total-degree", "anisotropic"])
			.default("total-degree")
			.describe(
				"all monomials up to the degree, or the certified set that follows the spread of the data (basis gauss: forms l1 and v2)",
			),
		degree: basisAndDegree.degree,
		epsilon: z.number().positive().optional().describe("bound on max |g~ - g| to certify"),
		relative: relativeOption,
		rowDegrees: z
			.boolean()
			.default(false)
			.describe("a lower degree for rows of smaller radius, at the same certificate (route moment)"),
		certificate: z
			.enum(["a-posteriori", "a-priori", "probabilistic", "estimate"] satisfies Certificate["kind"][])
			.default("a-posteriori")
			.describe(
				"the kind of certificate that must hold; probabilistic (basis gauss, form v2): but for a chance of 1 - confidence; estimate is not a proof",
			),
		...coinOptions,
	})
	.refine(...oneAccuracy("polynomial"))
	.refine(...coinsOfProbabilistic("polynomial"));

/** Options of the polynomial method. */
export type PolynomialOptions = z.output<typeof options>;

/**
 * The paper's algorithm (Theorem 1.6): exp replaced by a polynomial, attention weights of rank K = C(d + degree, degree), time
 * O(n K d) on the route reverse, O(n K⁺ d) on moment, O(n K d²) on the paper's. Four passes over the rows for the radius, two for
 * the gradient. The certificate is proved unless an estimate is asked for (paper.md 7).
 */
export const polynomial = defineAlgorithm({
	name: "polynomial",
	summary: "exp replaced by a polynomial with a certified error (Theorem 1.6), time O(n K d)",
	exact: false,
	version: 12,
	modules: [import.meta.url],
	options,
	variants: { paper: { route: "paper" }, moment: { route: "moment" }, reverse: { route: "reverse" } },
	supports({ d, A1 }, { degree, route, basis, form, monomials, certificate, rowDegrees }) {
		if (basis === "gauss") {
			const reason = gaussReason({ route, form, monomials, certificate, rowDegrees });
			if (reason) return { reason };
			if (certificate === "probabilistic" && (form !== "v2" || degree === 0))
				return { reason: "a probabilistic certificate takes form v2 and a degree of at least 1" };
		} else if (certificate === "probabilistic")
			return { reason: "a probabilistic certificate is of polynomials by row: basis gauss" };
		if (rowDegrees && (route !== "moment" || monomials !== "total-degree"))
			return { reason: "degrees by row are for the moment route and total-degree monomials" };
		if (certificate === "estimate" && monomials === "anisotropic")
			return { reason: "an error is estimated for total-degree monomials only" };
		if (degree === undefined || monomials === "anisotropic") return true;
		const set = { size: countMonomials(d, degree), raisedSize: countMonomials(d, degree + 1) };
		const bytes = memoryOf({ route: routes[route], profile: { d, dtype: A1.dtype } }, set);
		if (bytes <= availableMemory()) return true;
		return { reason: `degree ${degree} at d = ${d} has ${set.size} features, which need ${bytes} bytes` };
	},
	run(
		problem,
		{ route, basis, form, monomials, degree, epsilon, relative, certificate, rowDegrees, ...coins },
		runtime,
	): Promise<GradientResult> {
		const { A1, A2, A3, E } = problem;
		return withCachedRows(runtime, [A1, A2, A3, E], A1.dtype, async (runtime) => {
			const profile = await profileOn(problem, runtime);
			/** The accuracy that was asked for, by a method that proves absolute ones. */
			const within = (absolute: (epsilon: number) => Promise<GradientResult>): Promise<GradientResult> =>
				epsilon === undefined
					? withinRelative({ problem, profile, runtime, relative: relative ?? DEFAULT_RELATIVE }, absolute)
					: absolute(epsilon);
			if (basis === "gauss") {
				if (route === "paper") throw new Error("basis gauss has no paper route");
				if (monomials === "anisotropic") {
					const request = anisotropicRequest(problem, profile, runtime, form);
					return degree === undefined
						? within((epsilon) => anisotropicWithin(request, epsilon))
						: anisotropicOfDegree(request, degree);
				}
				const request = gaussRequest(problem, profile, runtime, form, route);
				if (certificate === "probabilistic") {
					const probable = { ...request, coins: coinsOf(coins) };
					return degree === undefined
						? within((epsilon) => gaussWithinProbable(probable, epsilon))
						: gaussOfDegree(probable, degree);
				}
				return degree === undefined
					? within((epsilon) => gaussWithin(request, epsilon))
					: gaussOfDegree(request, degree);
			}
			// Degrees by row are in plain TypeScript: kernels take one degree for all rows.
			const kernel = rowDegrees ? ("js" as const) : runtime.kernel;
			if (certificate === "probabilistic") throw new Error("a probabilistic certificate needs basis gauss");
			const method = methodOf(problem, profile, { route, basis, monomials, kernel });
			const request = { problem, method, monomials, rowDegrees, certificate, runtime };
			return degree === undefined
				? within((epsilon) => gradientWithin(request, epsilon))
				: gradientOfDegree(request, degree);
		});
	},
});

/** Why polynomials by row do not go with other options. */
function gaussReason({
	route,
	form,
	monomials,
	certificate,
	rowDegrees,
}: Pick<PolynomialOptions, "route" | "form" | "monomials" | "certificate" | "rowDegrees">): string | undefined {
	if (route === "paper") return "polynomials by row are for the routes moment and reverse";
	if (rowDegrees) return "polynomials by row have one degree for all rows";
	if (monomials === "anisotropic" && (route !== "moment" || form === "vd" || certificate !== "a-posteriori"))
		return "anisotropic polynomials by row are for the route moment, forms l1 and v2, and a-posteriori certificates";
	if (certificate !== "a-posteriori" && certificate !== "probabilistic")
		return "polynomials by row are made in the run and proved after it (a-posteriori)";
	return undefined;
}
