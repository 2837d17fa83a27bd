import type { Matrix } from "@attgrad/matrix-core";
import { expm1Up, expUp, normUp, over, plus, sumUp, times } from "../../error-bound/index.ts";
import { normAt } from "../part.ts";

/** Bounds on the distance of computed operands from the intended ones; keys are as given. */
export interface OperandErrors {
	/** At least the length of the error of each query. */
	readonly queries: Float64Array;
	/** At least the length of the error of a value. */
	readonly value: number;
	/** At least the length of the error of each row of the output at the computed operands. */
	readonly output: Float64Array;
}

/** By how much exact gradients at computed operands may differ from those that are meant. */
export interface MovedGradients {
	/** Of an entry of each row of dQ. */
	readonly dQ: Float64Array;
	/** Of an entry of each column of dK, and of dV, whatever the key. */
	readonly dK: Float64Array;
	readonly dV: Float64Array;
	/** Of the length of each row of dO = O − E. */
	readonly dO: Float64Array;
}

/** Scores that move by more than this are beyond the bounds here. */
const MOST_MOVED = 0.1;

/**
 * Bounds on how far the exact gradients at Q, K, V and dO = O − E, as they were computed, are from those at the operands that are meant
 * (backward.md, Theorem A.2). Every query sees every key. In the notation there, with ε_j = s e^Q_j ρ_K, τ_j ≤ ε_j, G_j = ‖dO_j‖ ρ_V,
 * γ_j = (‖dO_j‖ + ē_j) e^V + ē_j ρ_V and d_j = 3 τ_j G_j + γ_j, and F_j ≤ e^(2 s ‖Q_j‖ ρ_K) / n the largest weight of a row:
 * |δdQ_jb| ≤ s d_j ρ_K; |δdS_jl| ≤ min(d_j, F_j ((e^(2ε_j) − 1) 2 G_j + e^(2ε_j) (2 γ_j + τ_j G_j))); |δf_jl| ≤ F_j (e^(2ε_j) − 1).
 * Cost O(n d).
 */
export function movedGradients(
	{ Q, K, V, dO, scale }: Readonly<Record<"Q" | "K" | "V" | "dO", Matrix>> & { readonly scale: number },
	errors: OperandErrors,
): MovedGradients {
	const [keyRadius, valueRadius] = [radiusOf(K), radiusOf(V)];
	const n = K.rows;
	const moved = {
		dQ: new Float64Array(Q.rows),
		dK: new Float64Array(Q.cols),
		dV: new Float64Array(V.cols),
		dO: new Float64Array(Q.rows),
	};
	for (let j = 0; j < Q.rows; j++) {
		const shift = times(times(scale, errors.queries[j]), keyRadius);
		const cotangent = normUp(dO.row(j));
		// O moves with the weights and the values; the difference to E is rounded
		const upstream = plus(
			plus(errors.output[j], plus(times(shift, valueRadius), errors.value)),
			times(cotangent, 2 ** -52),
		);
		moved.dO[j] = upstream;
		const G = times(cotangent, valueRadius);
		const change = plus(times(plus(cotangent, upstream), errors.value), times(upstream, valueRadius));
		const inSum = shift <= MOST_MOVED ? plus(times(3, times(shift, G)), change) : Number.POSITIVE_INFINITY;
		const largest = Math.min(1, over(expUp(times(2, times(times(scale, normUp(Q.row(j))), keyRadius))), n));
		const [grown, ratio] = [expm1Up(times(2, shift)), expUp(times(2, shift))];
		const perKey = plus(times(grown, times(2, G)), times(ratio, plus(times(2, change), times(shift, G))));
		const score = Math.min(inSum, times(largest, perKey));
		const weight = Math.min(shift, times(largest, grown));
		moved.dQ[j] = times(times(scale, inSum), keyRadius);
		for (let b = 0; b < Q.cols; b++) {
			const own = times(score, plus(Math.abs(Q.at(j, b)), errors.queries[j]));
			const ofQuery = times(times(Math.min(1, times(2, largest)), G), errors.queries[j]);
			moved.dK[b] = plus(moved.dK[b], times(scale, plus(own, ofQuery)));
		}
		const lifted = times(Math.min(1, times(largest, ratio)), upstream);
		for (let i = 0; i < V.cols; i++)
			moved.dV[i] = plus(moved.dV[i], plus(times(weight, Math.abs(dO.at(j, i))), lifted));
	}
	return moved;
}

/** Covers the rounding of lengths and sums of few products, which are plain numbers here. */
const SLACK = 1 + 1e-12;

/** At least the length of a row of a matrix. */
export const lengthUp = ({ data, cols }: Matrix, row: number): number => SLACK * normAt(data, row, cols);

/** At least the largest distance of a row from the middle of the columns' ranges. */
export function radiusOf({ data, rows, cols }: Matrix): number {
	const [least, most] = [new Float64Array(cols).fill(Infinity), new Float64Array(cols).fill(-Infinity)];
	for (let at = 0; at < data.length; )
		for (let i = 0; i < cols; i++, at++) {
			const x = data[at];
			if (x < least[i]) least[i] = x;
			if (x > most[i]) most[i] = x;
		}
	const middle = least.map((x, i) => x / 2 + most[i] / 2);
	let radius = 0;
	const difference = new Float64Array(cols);
	for (let l = 0, at = 0; l < rows; l++) {
		for (let i = 0; i < cols; i++) difference[i] = data[at++] - middle[i];
		radius = Math.max(radius, normAt(difference, 0, cols));
	}
	return plus(SLACK * radius, cols * 2 ** -1074);
}

/** The rounding of numbers when they were read: each by that part of it, and by that. */
export interface Rounded {
	readonly unit: number;
	readonly tiny: number;
}

const asGiven: Rounded = { unit: 0, tiny: 0 };

/**
 * At least the length of the error of each row of a product of n x d and d x m in double precision, in any order of its sums: γ_d times the
 * product of absolute values, and what is lost below the normal range; none for an identity. Where entries of both were rounded before,
 * from the product of those that were given.
 */
export function productErrors(A: Matrix, B: Matrix, { unit, tiny } = asGiven): Float64Array {
	const isExact = isIdentity(B);
	if (isExact && unit === 0) return new Float64Array(A.rows);
	const rounded = times(times(2, unit), 1 + unit);
	const share = plus(isExact ? 0 : (2 * A.cols + 2) * 2 ** -53, rounded);
	const underflow = A.cols * B.cols * 2 ** -1074;
	const sizes = Float64Array.from(B.data, Math.abs);
	const entries = sumUp(sizes);
	const { data, cols } = A;
	const row = new Float64Array(B.cols);
	const errors = new Float64Array(A.rows);
	for (let j = 0, at = 0; j < errors.length; j++) {
		row.fill(0);
		let sum = 0;
		for (let a = 0, b = 0; a < cols; a++) {
			const size = Math.abs(data[at++]);
			sum += size;
			for (let i = 0; i < row.length; i++) row[i] += size * sizes[b++];
		}
		const lost = times(2 * tiny, plus(entries, times(B.cols, plus(SLACK * sum, 1))));
		errors[j] = plus(plus(times(share, SLACK * normAt(row, 0, row.length)), lost), underflow);
	}
	return errors;
}

/** Whether a product with a matrix changes nothing. */
export function isIdentity({ rows, cols, data }: Matrix): boolean {
	for (let at = 0; at < data.length; at++) if (data[at] !== (at % (cols + 1) === 0 ? 1 : 0)) return false;
	return rows === cols;
}
