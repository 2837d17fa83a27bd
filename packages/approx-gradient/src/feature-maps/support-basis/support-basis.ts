import { type AttentionProblem, defineAlgorithm, type GradientResult } from "@attgrad/attention-problem";
import type { RowSource, Runtime } from "@attgrad/matrix-core";
import { z } from "zod";
import { oneAccuracy } from "../../accuracy.ts";
import { LEAST_NORMAL, maxUp, plus, Quantity, RelativeRounding, times } from "../../error-bound/index.ts";
import { chebyshev } from "../../polynomial/families/chebyshev.ts";
import { countMonomials } from "../../polynomial/monomials/feature-tree.ts";
import { totalDegreeTree } from "../../polynomial/monomials/total-degree.ts";
import { withRelative } from "../../relative/within-relative.ts";
import { distance, spansOf } from "../../rows/spans.ts";
import type { FeatureMap } from "../feature-map.ts";
import { featureMapGradient, rowsOfBlock } from "../feature-map-gradient.ts";
import {
	accuracyOptions,
	chosenDegree,
	DEFAULT_DELTA,
	LARGEST_DEGREE,
	relativeTarget,
	requireBound,
	requireMoments,
} from "../polynomial/degree-choice.ts";
import { balance, frameOf, monomialMap, monomialRounding, monomialSizes } from "../polynomial/monomial-map.ts";
import { sampledError, sampleRows } from "../sampled-error.ts";
import { cheapestThreshold, type Support, supportAt } from "./support.ts";
import { supportMap } from "./support-map.ts";

const options = z
	.strictObject({
		...accuracyOptions,
		threshold: z
			.number()
			.min(0)
			.optional()
			.describe(
				"threshold T: entries of A1 X and A2 of at most this size are light; default: chosen by predicted cost",
			),
		form: z
			.enum(["plug-in", "surrogate"])
			.default("plug-in")
			.describe("f~ in place of f (proven error), or the gradient of the surrogate loss (estimated error)"),
		seed: z.int().min(0).default(0).describe("of the rows that the error of the surrogate form is estimated on"),
	})
	.refine(...oneAccuracy("support-basis"));

/**
 * Support basis (paper.md 8.3): rows of A1 X and keys with an entry above T are computed exactly, all else with the
 * Chebyshev polynomial of the light radius. O((heavy rows + heavy keys) n d + nKd). The certificate is the relative form
 * of 7.1 with the light radius, which holds for every entry; the surrogate form's is an estimate.
 *
 * Reference: M. Aliakbarpour, V. Braverman, J. Yin, H. Zhang, "Support basis: fast attention beyond bounded entries",
 * AISTATS 2026, arXiv 2510.01643.
 */
export const supportBasis = defineAlgorithm({
	name: "support-basis",
	summary: "rows and keys with large entries exactly, a Chebyshev polynomial for the rest",
	exact: false,
	version: 1,
	modules: [import.meta.url],
	options,
	supports: () => true,
	run: withRelative(supported),
});

async function supported(
	problem: AttentionProblem<RowSource>,
	{ degree: wanted, epsilon, threshold, form, seed }: Omit<z.output<typeof options>, "relative">,
	{ onProgress }: Runtime,
): Promise<GradientResult> {
	const { n } = problem;
	const spans = spansOf(problem);
	const delta = epsilon === undefined ? DEFAULT_DELTA : relativeTarget(problem, spans, epsilon);
	const { map, degree, radius } = supportBasisMap(problem, { degree: wanted, threshold }, delta, spans);
	const sample = form === "surrogate" ? sampleRows(n, seed) : [];
	const result = await featureMapGradient(problem, map, { form, algorithm, sample, onProgress });
	const certificate = result.certificate ?? sampledError(algorithm, problem, sample, result.sampled, radius);
	requireBound(algorithm, epsilon, certificate.bound, radius);
	return { gradient: result.gradient, loss: result.loss, degree, rank: map.rank, certificate };
}

/** Name of the algorithm in messages. */
const algorithm = "support-basis";

/** The feature map of the support basis, with its degree and the radius of light rows. */
export function supportBasisMap(
	problem: AttentionProblem<RowSource>,
	{ degree: wanted, threshold }: { readonly degree?: number | undefined; readonly threshold?: number | undefined },
	delta = DEFAULT_DELTA,
	spans = spansOf(problem),
): { readonly map: FeatureMap; readonly degree: number; readonly radius: number } {
	const { n, d, scale } = problem;
	const support = supportAt(problem, threshold ?? cheapestThreshold(problem, spans, wanted, delta));
	const radius = times(support.queryNorm, support.keyNorm);
	const degree = chosenDegree({ degree: wanted }, radius, delta);
	const rows = Math.min(n, rowsOfBlock(countMonomials(d, Math.min(degree, LARGEST_DEGREE))));
	requireMoments(algorithm, { d, degree, radius, blocks: 1, rows });
	const t = balance(support.queryNorm, support.keyNorm);
	const coefficients = chebyshev.coefficients(radius, degree);
	const { query, key } = monomialSizes({ ...support, degree, coefficients, t });
	const light = monomialMap({
		tree: totalDegreeTree(d, degree),
		coefficients,
		centre: support.centre,
		t,
	});
	const map = supportMap(support, light, scale, {
		kind: "relative",
		delta: chebyshev.relativeError(radius, degree),
		radius,
		rounding: monomialRounding(degree).and(heavyRounding(d, support)),
		// Monomials are multiplied by e^-M, which may be below the normal range.
		underflow: { query: plus(query.error.underflow, times(query.size, LEAST_NORMAL)), key: key.error.underflow },
		frame: frameOf(t),
		// Light and heavy keys are taken from the light ones' centre, which may be far from all of them.
		span: maxUp(spans.keyHalf.map((half, b) => plus(half, Math.abs(spans.keyCentre[b] - support.centre[b])))),
	});
	return { map, degree, radius };
}

/** Relative rounding of e^(<q, k> − M) and e^−M for light queries and heavy keys: M is a score too. */
function heavyRounding(d: number, { heavyRows, centre, queryNorm }: Support): RelativeRounding {
	let norm = 0;
	for (let c = 0; c < heavyRows.rows; c++) norm = Math.max(norm, distance(heavyRows.row(c), centre));
	const scores = Quantity.sumOfProducts(times(2 * queryNorm, norm), 2 * d + 8);
	return RelativeRounding.exponential(scores).and(RelativeRounding.roundings(2 * d + 4));
}
