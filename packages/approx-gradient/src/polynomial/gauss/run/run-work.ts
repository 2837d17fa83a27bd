// The work of a run with polynomials by row, in a unit that all forms, degrees and precisions share.

import { countMonomials } from "../../monomials/feature-tree.ts";
import type { RowForm } from "../bounds/error-constants.ts";
import type { GaussRequest } from "../gauss-request.ts";
import type { ScoreSample } from "../score-sample.ts";
import { momentColumns } from "./key-columns.ts";

/** The part of a run's work that is done for keys, about: pass 1 takes a quarter of the two passes at n = 65,536, d = 4, degree 7 (docs/performance.md, "Two precisions"). */
const WORK_OF_KEYS = 0.3;

/**
 * The work of a monomial in single precision, as a part of one in double precision: of the 33.2 ms that both passes take at n = 65,536, d = 4, degree 7,
 * 405, 573 and 685 of 825 monomials, those up to degree g counted twice, save 5.1, 8.0 and 9.8 ms, and about 6.5 ms of work on rows do not depend on monomials
 * (docs/performance.md, "Two precisions").
 */
const SINGLE = 0.58;

/** The parts of a run that make it cheaper than one of all columns in double precision. */
export interface CheaperParts {
	readonly form: RowForm;
	/** Monomials of a degree above this are in single precision. */
	readonly doubleUpTo?: number | undefined;
	/** The reach up to which rows have one degree less. @default none has */
	readonly lower?: number | undefined;
}

/** The work of a run without its exact rows: operations for each row and monomial, of keys and of rows. */
export function runWork(
	{ profile: { n, d } }: Pick<GaussRequest, "profile">,
	degree: number,
	{ form, doubleUpTo = Number.POSITIVE_INFINITY, lower = Number.NEGATIVE_INFINITY }: CheaperParts,
	{ rows }: Pick<ScoreSample, "rows">,
): number {
	const small = rows.reduce((sum, { reach, share }) => sum + (reach <= lower ? share : 0), 0) / n;
	// Rows of a lower degree have one degree less in double precision too.
	const [own, fewer] = [monomialWork(d, degree, doubleUpTo), monomialWork(d, degree - 1, doubleUpTo - 1)];
	// Values and ones thrice, as moments, sums and cotangents, the others twice, and the monomials themselves.
	const operations = 3 * (d + 1) + 3 + 2 * (momentColumns({ d, form }) - d - 1);
	return operations * (own - (1 - WORK_OF_KEYS) * small * (own - fewer));
}

/** The monomials of degree g and below, twice, and those of degree g + 1, each by its precision. */
function monomialWork(d: number, degree: number, doubleUpTo: number): number {
	const upTo = (most: number): number =>
		most < 0 ? 0 : countMonomials(d, Math.min(most, degree)) + countMonomials(d, Math.min(most, degree + 1));
	const all = upTo(degree + 1);
	const single = all - upTo(Math.min(degree + 1, doubleUpTo));
	return all - (1 - SINGLE) * single;
}
