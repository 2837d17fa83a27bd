import type { Dtype } from "@attgrad/matrix-core";
import { numberTypes, plus, RelativeRounding, rootUp, times } from "../../error-bound/index.ts";
import { kernelConstants } from "../kernels/kernel-constants.ts";
import { BLOCK_ROW_BYTES, blocksInSum } from "../kernels/kernel-plan.ts";
import type { FeatureSpace } from "../method/feature-space.ts";
import type { Route } from "../routes/route.ts";
import type { RoundingCounts } from "./rounding.ts";

/** Roundings of sums over blocks, which the kernels hold in double precision. */
const double = (count: number): RelativeRounding => RelativeRounding.roundings(count);

const { RUN_NODES, STEP_BYTES, SUMMED_PANELS } = kernelConstants;

/**
 * The counts of the kernels (`kernels/polynomial.ts`): features, products and sums within a block are in the problem's
 * number type, products and additions counted as two roundings each, as in builds without fused multiply-add.
 * @param sizes numbers of monomials and the degree; for an anisotropic set the most runs that join the sum of one factor (`mostJoins`)
 */
export function kernelRoundingCounts(
	{ name }: Route,
	{ n, d, dtype }: { n: number; d: number; dtype: Dtype },
	sizes: { readonly size: number; readonly raisedSize: number; readonly degree: number; readonly joins?: number },
	columns = d + 1,
): RoundingCounts {
	const { size, raisedSize, degree, joins = 0 } = sizes;
	const own = (count: number): RelativeRounding => RelativeRounding.roundings(count, numberTypes[dtype]);
	// Passes make moments of the one or the other number of nodes.
	const blocks = Math.max(...[size, raisedSize].map((nodes) => blocksInSum({ n, d, dtype }, nodes, columns)));
	// A lane sees a row a step; at most four lanes are joined in the number type, lanes, blocks and slots then in double precision.
	const overKeys = own(BLOCK_ROW_BYTES / STEP_BYTES + 8).and(double(blocks + 8));
	// By runs of RUN_NODES, then over those runs; runs of products, of which there are at most degree + d, join the sum one by one.
	const overFeatures = own(RUN_NODES + d + degree + Math.ceil(size / RUN_NODES) + 2);
	// Powers of queries and keys, ω, h and their product, the moments as stored and weighed, the product with the feature.
	const sums = own(2 * degree + 6)
		.and(overKeys)
		.and(overFeatures);
	const gradient = {
		// t over d + 1 columns, the weighed feature, their product, the sum over features.
		moment: own(d + 8).and(overFeatures),
		// Up to degree steps from a node to a variable, each a product and up to d additions. Before, t is summed over d + 1 columns for
		// each power that goes with the node, of which there are the fewer the longer its way. Then a sum over all nodes, by runs of RUN_NODES, and what the runs of
		// an anisotropic set add one by one.
		reverse: own((degree + 1) * (d + 3) + 6 + joins).and(overFeatures),
		paper: RelativeRounding.unknown,
	}[name];
	// A slot has at most twice as many runs of panels as blocks: a run has the rows of half a block at least.
	const rows = own(SUMMED_PANELS + 8).and(double(2 * blocks + d + 64));
	// o = N · (1/D), E - η, c, r and c' are one to three roundings each.
	return { sums, gradient: sums.and(gradient), rows, states: own(4) };
}

/**
 * The score error of a space on kernels, which take A1 to M q by one product with scale · X Mᵀ: where M is not diagonal,
 * its entries and the longer sums are off by at most 2 √d + 1 times what the steps apart are.
 */
export function kernelScoreError({ frame: { queryMap }, scoreError }: FeatureSpace): number {
	const d = queryMap.rows;
	const diagonal = queryMap.data.every((x, at) => x === 0 || at % (d + 1) === 0);
	return diagonal ? scoreError : times(plus(times(2, rootUp(d)), 2), scoreError);
}
