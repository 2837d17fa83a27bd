import type { AttentionProblem } from "@attgrad/attention-problem";
import type { Matrix, RowSource } from "@attgrad/matrix-core";
import type { FeatureSpace } from "../../method/feature-space.ts";
import type { FeatureTree } from "../../monomials/feature-tree.ts";
import type { Profile } from "../../profile/profile.ts";
import type { LayeredSet } from "../anisotropic/layered-set.ts";
import type { ErrorConstants } from "../bounds/error-constants.ts";
import type { RecordSink } from "../pairs/row-record.ts";
import type { GaussTotals } from "../totals.ts";

/** The input of a run with row polynomials. */
export interface GaussInput {
	readonly problem: AttentionProblem<RowSource>;
	/** All monomials up to g, with those of degree g + 1 as the edge, or the tree of an anisotropic set. */
	readonly tree: FeatureTree;
	/** An anisotropic set and the profile that bounds its rounding; for the forms l1 and v2, and gradients by ∫P. */
	readonly anisotropic?: { readonly set: LayeredSet; readonly profile: Profile };
	readonly space: FeatureSpace;
	readonly constants: ErrorConstants;
	readonly route: "moment" | "reverse";
	/** Rows of a reach up to this have a polynomial of one degree less; on kernels, without records. @default none has */
	readonly lowerReach?: number;
	/** Monomials of a degree above this are in single precision; on kernels, in double precision, of the form l1 and without records. @default none are */
	readonly doubleUpTo?: number;
	/** Sizes that bound a score's terms in place of the largest keys, with `doubleUpTo`: see `precisions/term-reach.ts`. */
	readonly termReach?: Float64Array;
	/** Takes the rows' records, of form v2: for a certificate from sampled pairs. */
	readonly records?: RecordSink;
}

/** The gradient of the rows within the method, their loss, and what a certificate takes. */
export interface GaussRun {
	readonly gradient: Matrix;
	readonly loss: number;
	readonly totals: GaussTotals;
	/** Rows that were looked at: n, or fewer where the run was given up. */
	readonly rows: number;
}
