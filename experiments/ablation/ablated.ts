import { countMonomials, type PolynomialOptions, polynomial, polynomialFamilies } from "@attgrad/approx-gradient";
import { type AttentionProblem, defineAlgorithm } from "@attgrad/attention-problem";
import { ComputationError, Matrix, present, type RowSource, type Runtime } from "@attgrad/matrix-core";
import { z } from "zod";

/** The polynomial method without something that it has, or a number of columns that is only counted. */
export const variants = ["uncentred", "relative", "typescript", "joint", "factors", "printed-factors"] as const;

export type Variant = (typeof variants)[number];

/** Those that are too large to be run, or are not a method of their own. */
export const isCounted = (variant: Variant): boolean => ["joint", "factors", "printed-factors"].includes(variant);

const options = z.strictObject({
	variant: z.enum(variants).describe("what is left out"),
	epsilon: z.number().positive().default(1e-6).describe("bound on max |g~ - g| that the whole method certifies"),
});

/** The usual choice: moment route, Chebyshev, all monomials; certified before the run, so that no variant profits from chance. */
export const whole = (epsilon: number): PolynomialOptions =>
	polynomial.options.parse({ epsilon, certificate: "a-priori" });

/**
 * Options of the polynomial method that give the same certificate without what the variant leaves out.
 *
 * - `uncentred`: the degree whose relative error at the radius max‖q‖ max‖k‖ of the data as they are is the one that the
 *   whole method has at the radius about its centres.
 * - `relative`: the degree whose relative error is what the absolute one is: the form 7.1 in place of the Jensen variant.
 */
export async function optionsWithout(
	variant: Variant,
	epsilon: number,
	problem: AttentionProblem,
	runtime: Runtime,
): Promise<PolynomialOptions> {
	if (variant === "typescript") return whole(epsilon);
	const found = await polynomial.run(problem, whole(epsilon), runtime);
	const degree = present(found.degree, "the degree of the polynomial");
	const { radius } = present(found.certificate, "the certificate of the polynomial");
	const { chebyshev } = polynomialFamilies;
	const needed =
		variant === "uncentred"
			? chebyshev.degreeFor(plainRadius(problem), chebyshev.relativeError(radius, degree))
			: Math.max(degree, chebyshev.degreeFor(radius, 2 * chebyshev.absoluteError(radius, degree)));
	if (!Number.isFinite(needed))
		throw new ComputationError("invalid", `ablation: no degree would do without: ${variant}`);
	return polynomial.options.parse({ degree: needed, certificate: "a-priori" });
}

/**
 * Number of columns at a degree: `joint` of monomials in the 2d coordinates of query and key together, C(2(g+d), 2g);
 * `factors` of U3 with k2 = d, K d; `printed-factors` of U3 with the printed rank of q, K (max(d, K) + d).
 */
export function countColumns(variant: Variant, d: number, degree: number): number {
	const K = countMonomials(d, degree);
	if (variant === "joint") return countMonomials(2 * d, 2 * degree);
	return variant === "factors" ? K * d : K * (Math.max(d, K) + d);
}

/** max‖q‖ max‖k‖ of scaled queries and keys, not centred. */
function plainRadius({ n, d, A1, A2, X, scale }: AttentionProblem<RowSource>): number {
	const rowsOf = (matrix: RowSource) => {
		const rows = Matrix.zeros(n, d);
		matrix.readRows(0, n, rows.data);
		return rows;
	};
	const largest = (rows: Matrix, weights?: Matrix) => {
		let most = 0;
		for (let j = 0; j < n; j++) {
			let square = 0;
			for (let b = 0; b < d; b++) {
				let entry = weights ? 0 : rows.at(j, b);
				if (weights) for (let a = 0; a < d; a++) entry += rows.at(j, a) * weights.at(a, b);
				square += entry * entry;
			}
			most = Math.max(most, Math.sqrt(square));
		}
		return most;
	};
	return scale * largest(rowsOf(A1), X) * largest(rowsOf(A2));
}

/** The variants as an algorithm, so that cells can name them. */
export const ablated = defineAlgorithm({
	name: "ablated",
	summary: "the polynomial method without something that it has, at the same certificate",
	exact: false,
	version: 1,
	options,
	supports: (_, { variant }) => (isCounted(variant) ? { reason: "columns that are counted, not computed with" } : true),
	run: async (problem, { variant, epsilon }, runtime) =>
		polynomial.run(problem, await optionsWithout(variant, epsilon, problem as AttentionProblem, runtime), runtime),
});
