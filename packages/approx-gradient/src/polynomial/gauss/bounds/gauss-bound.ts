import { type ErrorParts, maxErrors, maxUp, noError, over, plus, sumUp, times } from "../../../error-bound/index.ts";
import { inputForm } from "../../certificates/forms/input-form.ts";
import type { Method } from "../../method/approximation.ts";
import type { Profile } from "../../profile/profile.ts";
import type { ExactRowTotals } from "../exact/exact-rows.ts";
import type { GaussTotals } from "../totals.ts";
import { columnNorms, type ErrorConstants, roundingOfTotals } from "./error-constants.ts";
import { lostOfExactRows, lostOfGradient } from "./underflow.ts";

type Where = Pick<Method, "profile" | "space">;

/** The totals that a run's certificate uses: of the rows with polynomials, and of the others. */
export interface AllTotals {
	readonly ofRows: GaussTotals;
	readonly exact?: ExactRowTotals;
}

/**
 * A bound on max |g̃ - g| from the totals of a run: entry (a, b) is at most
 * scale Σ_j |A1_ja| min(L1_j W_b, V_jb), what the arithmetic does, and what was rounded when it was read. Cost O(d²).
 */
export function boundFromGaussTotals(
	where: Where,
	constants: ErrorConstants,
	{ ofRows, exact }: AllTotals,
): ErrorParts {
	const { profile, space } = where;
	const { d, scale, keyHalfRange: W, dtype, n } = profile;
	const { rounding } = constants;
	const { inputSums, residualSums, l1, spread, grown, largestKappa } = ofRows;
	const columns = columnNorms(space.frame.queryMap);
	const ofTotals = roundingOfTotals(dtype, n);
	// Terms relative to computed gradients include the rounding of these once more.
	const second = plus(1.03, times(2, largestKappa));
	const input = inputChanges(where, constants, { ofRows, ...(exact && { exact }) });
	// The bound on underflow grows with the sums of inputs and residuals: the largest sums give one number for all columns.
	const underflow = plus(
		lostOfTerms(where, constants, largestRows({ inputSums, residualSums })),
		exact ? lostOfExactRows(where, largestRows(exact)) : 0,
	);
	let largest = noError;
	for (let a = 0; a < d; a++) {
		let [residual, size] = [0, 0];
		for (let i = 0; i < d; i++) {
			residual = plus(residual, times(residualSums[a * d + i], rounding.restResidual[i]));
			size = plus(size, times(residualSums[a * d + i], rounding.size[i]));
		}
		const ofSpan = sumUp([grown[a], times(inputSums[a], rounding.rest), residual]);
		for (let b = 0; b < d; b++) {
			const rounded = times(
				times(second, scale),
				ofTotals.atLeast(plus(times(ofSpan, space.keySpan[b]), times(size, space.keyError[b]))),
			);
			const method = times(scale, ofTotals.atLeast(plus(times(l1[a], W[b]), times(spread[a * d + b], columns[b]))));
			const ofExact = exact ? times(scale, exact.rounding[a * d + b]) : 0;
			largest = maxErrors(largest, { method, rounding: plus(rounded, ofExact), underflow, input });
		}
	}
	return largest;
}

/** The error by underflow in the terms of rows; in two precisions, that of terms in single and of terms in double precision. */
function lostOfTerms(
	{ profile, space }: Where,
	{ degree, sums, roundingLimit, single }: ErrorConstants,
	rows: ReturnType<typeof largestRows>,
): number {
	const lost = lostOfGradient({ profile, space }, degree, { sums, roundingLimit }, rows);
	if (single === undefined) return lost;
	const double: Profile = { ...profile, dtype: "f64" };
	// Terms of low powers count by `share` in the growth that a row is accepted by, so they may be larger by its inverse.
	const low = { sums: (1 - 1e-12) * sums * single.share, roundingLimit };
	return plus(lost, lostOfGradient({ profile: double, space }, degree, low, rows));
}

/** The largest Σ_j |A1_ja| over columns a, and the largest |A1_ja|-weighted mean of Σ_i |c̃_ji|. */
function largestRows({ inputSums, residualSums }: Pick<GaussTotals, "inputSums" | "residualSums">) {
	const d = inputSums.length;
	const means = inputSums.map((inputSum, a) =>
		inputSum > 0 ? over(sumUp(residualSums.subarray(a * d, (a + 1) * d)), inputSum) : 0,
	);
	return { inputSum: maxUp(inputSums), residual: maxUp(means) };
}

/** The change of the gradient that rounding the given numbers has caused, the largest over entries. */
function inputChanges({ profile }: Where, { halfRange }: ErrorConstants, { ofRows, exact }: AllTotals): number {
	if (profile.given === undefined) return 0;
	const { d } = profile;
	const form = inputForm(profile);
	// Rounding moves residuals by less than a tenth of the values' range, which sums off by a hundredth allow.
	for (const { inputSums, residualSums, l1 } of [
		{ ...ofRows, l1: 2 * ofRows.largestKappa },
		...(exact ? [{ ...exact, l1: 0.1 }] : []),
	])
		for (let a = 0; a < d; a++) {
			if (!(inputSums[a] > 0)) continue;
			form.add({
				inputs: halfRange.map((_, column) => (column === a ? inputSums[a] : 0)),
				residuals: halfRange.map((half, i) =>
					plus(times(1.01, over(residualSums[a * d + i], inputSums[a])), times(0.1, half)),
				),
				outputs: halfRange,
				l1,
				growth: 1,
			});
		}
	return form.bounds()[0];
}
