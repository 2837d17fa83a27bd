import { ComputationError, type Dtype } from "@attgrad/matrix-core";
import { LEAST_ROOT, SAFE_EXPONENT } from "./sizes.ts";

/** The largest exponent of targets, whose squares are summed, and how far values may be below targets. */
const TARGETS = { f64: { most: 480, apart: 1440 }, f32: { most: 60, apart: 160 } } as const;

/** Powers of two below the largest product of residuals and values from which on rounding hides a product. */
const HIDDEN: Readonly<Record<Dtype, number>> = { f64: 64, f32: 32 };

/** Exponents of a column of values A3 Y and of targets; less than any for zeros. */
export interface ValueColumn {
	readonly value: number;
	readonly target: number;
}

/** Columns of values and targets from their exponents. */
export const columnsOf = (values: readonly number[], targets: readonly number[] = []): readonly ValueColumn[] =>
	values.map((value, i) => ({ value, target: targets[i] ?? Number.NEGATIVE_INFINITY }));

/**
 * The exponent of the smallest values that weights change by: of the columns whose products of residuals and values are not far below the largest product, so that
 * rounding does not hide them.
 */
function leastValue(columns: readonly ValueColumn[], dtype: Dtype): number {
	const products = columns.map(({ value, target }) => value + Math.max(value, target));
	const most = Math.max(...products) - HIDDEN[dtype];
	return Math.min(...columns.filter((_, i) => products[i] >= most).map(({ value }) => value));
}

/**
 * w of `scaledProblem`: the power of two of values A3 Y and targets.
 * @param ofTargets exponent of the largest target; undefined where all are 0
 * @param spread exponent of the largest column less that of the smallest
 * @throws ComputationError where no power brings the products of targets and values into the range
 */
export function valuePower(
	columns: readonly ValueColumn[],
	ofTargets: number | undefined,
	dtype: Dtype,
	spread: number,
): number {
	const most = Math.max(ofTargets ?? Number.NEGATIVE_INFINITY, ...columns.map(({ value }) => value));
	if (most === Number.NEGATIVE_INFINITY) return 0;
	const least = leastValue(columns, dtype);
	const value = Number.isFinite(least) ? least : most;
	if (most - value > TARGETS[dtype].apart)
		throw new ComputationError(
			"failed",
			`targets E are about 2^${most} and values A3 Y about 2^${value}: their products leave the range of ${dtype}`,
		);
	const safe = SAFE_EXPONENT[dtype];
	if (spread <= safe && Math.abs(value) <= safe && Math.abs(most) <= safe) return 0;
	// The exponent of the largest number after scaling: half its distance from the values, and at least so much that squares of the smallest column stay in the range.
	const above = Math.min(TARGETS[dtype].most, Math.round((most - value) / 2));
	return most - Math.max(above, spread + LEAST_ROOT[dtype]);
}
