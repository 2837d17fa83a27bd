import { type Matrix, multiplyOn, productRowsOn, type Runtime } from "@attgrad/matrix-core";
import { bounded, gamma, leastRest, over, plus, rootUp, times } from "../error-bound/index.ts";
import type { HybridMap } from "../feature-maps/hybrid/hybrid-map.ts";
import { rowsAt } from "../feature-maps/residual-forms.ts";
import { l1OfRelative } from "../rows/softmax-rows.ts";

/** How many queries, and as many keys, are measured: those with the largest residuals; and the rows of a group of the other ones. */
export interface MeasuredPart {
	readonly measured: number;
	readonly group: number;
}

const MEASURED_PART: MeasuredPart = { measured: 256, group: 256 };

/** Rows of a block of weights. */
const BLOCK_ROWS = 512;

/** A row whose normaliser is smaller has no bound; what sums lose below the normal range is then at most LOST of it. */
const LEAST_NORMALISER = 2 ** -200;
const LOST = 2 ** -250;

const u = 2 ** -53;

/** Rows of a head with their features. */
export interface FeaturedHead {
	/** scale · Q, n_q x d, and K, n_k x d. */
	readonly queries: Matrix;
	readonly keys: Matrix;
	/** Φ, n_q x r, and Ψ, n_k x r: the first r features of the map. */
	readonly Phi: Matrix;
	readonly Psi: Matrix;
	readonly map: HybridMap;
}

/** Bounds of an approximation F̃ = diag(Ã 1)⁻¹ Ã, Ã = ΦΨᵀ, of a softmax matrix. */
export interface FrobeniusBounds {
	/** At least ‖F̃ − F‖_F; Infinity where a normaliser may not be positive. */
	readonly error: number;
	/** At most and at least ‖F̃‖_F. */
	readonly norm: readonly [number, number];
}

/**
 * Bounds ‖F̃ − F‖_F at a cost of O(n (measured + group)(r + d)).
 *
 * With E = Ã − A, row j of F̃ − F is (e_j − f̃_j Σ_l e_jl) / D_j and D_j >= L_j = D̃_j − |Σ_l e_jl|, so that
 * ‖F̃ − F‖_F <= ‖diag(L)⁻¹E‖_F + √Σ_j ‖f̃_j‖² (Σ_l e_jl)² / L_j².
 *
 * Entries of the queries and of the keys with the largest residuals are measured. Let C and B be what the features leave of the other queries,
 * over L, and keys as vectors of the kernel's space: their part of E is C Bᵀ, and ‖C Bᵀ‖_F² = tr(CᵀC BᵀB) <= ‖C Cᵀ‖_F ‖B Bᵀ‖_F, the norms of residual matrices.
 * These are positive semi-definite: ‖R‖_F <= Σ_a ‖R_aa‖_F over groups a, since ‖R_ab‖_F² <= ‖R_aa‖_F ‖R_bb‖_F. For the sums, Σ_j ω_j (Σ_l e_jl)² =
 * ‖diag(√ω) C Bᵀ1‖² <= ‖diag(√ω) C Cᵀ diag(√ω)‖_F ‖Bᵀ1‖², and ‖Bᵀ1‖ <= Σ_a √(1ᵀR_aa 1).
 */
export async function frobeniusError(
	head: FeaturedHead,
	runtime: Runtime,
	part: MeasuredPart = MEASURED_PART,
): Promise<FrobeniusBounds> {
	const { queries, keys, Phi, Psi, map } = head;
	const { normaliser, least, squares, norm } = await normalisersOf(Phi, Psi, runtime);
	const [alpha, beta] = [map.error.queries(queries, Phi), map.error.keys(keys, Psi)];
	const [far, near] = split(
		alpha.map((size, j) => size / normaliser[j]),
		part,
	);
	const [farKeys, nearKeys] = split(beta, part);
	const sums = {
		squares: new Float64Array(Phi.rows),
		sum: new Float64Array(Phi.rows),
		size: new Float64Array(Phi.rows),
	};
	await addMeasured(sums, head, [far, Array.from(beta.keys())], runtime);
	await addMeasured(sums, head, [near, farKeys], runtime);
	const ofKeys = await keyResiduals(head, groupsOf(nearKeys, part));
	const weights = weightSizes(beta, Psi);
	// Rounding of the measured entries and of the products of features, in the 2-norm and the 1-norm of a row.
	const [off, offSum] = [times(map.unit / 2, weights.norm), times(map.unit / 2, weights.sum)];
	const rest = new Float64Array(Phi.rows);
	for (const j of near) rest[j] = times(alpha[j], ofKeys.sum);
	const added = sums.sum.map((sum, j) =>
		plus(plus(Math.abs(sum), times(gamma((keys.rows + 4) * u), sums.size[j])), offSum),
	);
	const L = least.map((D, j) => leastRest(D, plus(added[j], rest[j])));
	if (!L.every((D) => D > LEAST_NORMALISER)) return { error: Number.POSITIVE_INFINITY, norm };
	const ofQueries = await queryResiduals(head, groupsOf(near, part), { L, squares });
	let [measured, moved, inverse] = [0, 0, 0];
	for (let j = 0; j < L.length; j++) {
		const [own, sum] = [over(rootUp(sums.squares[j] * (1 + (keys.rows + 4) * 2 * u)), L[j]), over(added[j], L[j])];
		measured = plus(measured, times(own, own));
		moved = plus(moved, times(squares[j], times(sum, sum)));
		inverse = plus(inverse, times(over(1, L[j]), over(1, L[j])));
	}
	const entries = plus(rootUp(plus(measured, times(ofKeys.norm, ofQueries.norm))), times(off, rootUp(inverse)));
	const normalisers = plus(rootUp(moved), times(ofKeys.sum, rootUp(ofQueries.weighted)));
	// Scores of the coordinates as they were computed, in place of the exact ones.
	const scores = times(l1OfRelative(times(2, map.error.relative.bound)), rootUp(Phi.rows));
	const error = plus(plus(entries, normalisers), plus(scores, times(Phi.rows * keys.rows, LOST)));
	return { error: bounded(error), norm };
}

/** Normalisers of rows of ΦΨᵀ, what is certain of them, and ‖f̃_j‖². */
interface Normalisers {
	/** D̃_j as computed, and at most D̃_j. */
	readonly normaliser: Float64Array;
	readonly least: Float64Array;
	/** At least ‖f̃_j‖². */
	readonly squares: Float64Array;
	/** At most and at least ‖F̃‖_F. */
	readonly norm: readonly [number, number];
}

/** O(n r²). */
async function normalisersOf(Phi: Matrix, Psi: Matrix, runtime: Runtime): Promise<Normalisers> {
	const { rows: n, cols: rank } = Psi;
	const { sums, absolute } = columnSums(Psi);
	const gram = await multiplyOn(runtime, Psi, Psi, { transposeA: true });
	const lengths = sums.map((_, m) => rootUp(gram.at(m, m) * (1 + 2 * n * u)));
	const weighted = await multiplyOn(runtime, Phi, gram);
	const unit = gamma((n + 2 * rank + 8) * u);
	const made = { normaliser: new Float64Array(Phi.rows), least: new Float64Array(Phi.rows) };
	const squares = new Float64Array(Phi.rows);
	let [low, high] = [0, 0];
	for (let j = 0; j < Phi.rows; j++) {
		const [phi, row] = [Phi.row(j), weighted.row(j)];
		let [D, size, square, length] = [0, 0, 0, 0];
		for (let m = 0; m < rank; m++) {
			D += phi[m] * sums[m];
			size += Math.abs(phi[m]) * absolute[m];
			square += phi[m] * row[m];
			length += Math.abs(phi[m]) * lengths[m];
		}
		const [offSum, offSquare] = [times(unit, size), times(unit, length * length)];
		made.normaliser[j] = D;
		made.least[j] = leastRest(D, plus(offSum, 2 ** -500));
		squares[j] = over(over(plus(Math.max(0, square), offSquare), made.least[j]), made.least[j]);
		high = plus(high, squares[j]);
		const part = leastRest(square, offSquare) / plus(Math.abs(D), offSum) ** 2;
		if (part > 0 && made.least[j] > LEAST_NORMALISER) low += part;
	}
	return { ...made, squares, norm: [Math.sqrt(low) * (1 - 2 * Phi.rows * u), rootUp(high)] };
}

/** Σ_l ψ_lm and Σ_l |ψ_lm| of each feature. */
export function columnSums({ rows, cols, data }: Matrix): {
	readonly sums: Float64Array;
	readonly absolute: Float64Array;
} {
	const [sums, absolute] = [new Float64Array(cols), new Float64Array(cols)];
	for (let l = 0, at = 0; l < rows; l++)
		for (let m = 0; m < cols; m++, at++) {
			sums[m] += data[at];
			absolute[m] += Math.abs(data[at]);
		}
	return { sums, absolute };
}

/** Indices of the largest sizes, and the others, largest first. */
function split(sizes: Float64Array, { measured }: MeasuredPart): [measured: number[], others: number[]] {
	// No number comes from a normaliser that is none: such a row has no bound anyway.
	const order = Array.from(sizes.keys()).sort((a, b) => bounded(sizes[b]) - bounded(sizes[a]) || a - b);
	return [order.slice(0, measured), order.slice(measured)];
}

const groupsOf = (members: readonly number[], { group }: MeasuredPart): number[][] =>
	Array.from({ length: Math.ceil(members.length / group) }, (_, a) => members.slice(a * group, (a + 1) * group));

/** Adds Σ e², Σ e and Σ |e| of some rows over some keys. */
async function addMeasured(
	sums: { readonly squares: Float64Array; readonly sum: Float64Array; readonly size: Float64Array },
	{ queries, keys, Phi, Psi, map }: FeaturedHead,
	[rows, columns]: readonly [number[], number[]],
	runtime: Runtime,
): Promise<void> {
	if (rows.length === 0 || columns.length === 0) return;
	const [ownKeys, ownPsi] = [rowsAt(keys, columns), rowsAt(Psi, columns)];
	for (let from = 0; from < rows.length; from += BLOCK_ROWS) {
		const block = rows.slice(from, from + BLOCK_ROWS);
		const exact = await map.weights(rowsAt(queries, block), ownKeys);
		await productRowsOn(runtime, rowsAt(Phi, block), ownPsi, { transposeB: true }, (row, i) => {
			const j = block[i];
			const weights = exact.row(i);
			let squares = sums.squares[j];
			let sum = sums.sum[j];
			let size = sums.size[j];
			for (let l = 0; l < row.length; l++) {
				const e = row[l] - weights[l];
				squares += e * e;
				sum += e;
				size += Math.abs(e);
			}
			sums.squares[j] = squares;
			sums.sum[j] = sum;
			sums.size[j] = size;
		});
	}
}

/** At least ‖B Bᵀ‖_F and ‖Bᵀ1‖ for what is left of these keys. */
async function keyResiduals({ keys, Psi, map }: FeaturedHead, groups: readonly number[][]) {
	if (!map.error.residual) throw new Error("a hybrid map has residual matrices of keys");
	const residual = map.error.residual(keys, Psi);
	let [norm, sum] = [0, 0];
	for (const group of groups) {
		const { matrix } = await residual(group);
		let [squares, entries, sizes] = [0, 0, 0];
		for (const entry of matrix.data) {
			squares += entry * entry;
			entries += entry;
			sizes += Math.abs(entry);
		}
		const rounding = gamma((group.length ** 2 + 4) * u);
		norm = plus(norm, rootUp(squares * (1 + 2 * rounding)));
		const most = plus(Math.max(0, entries), times(rounding, sizes));
		sum = plus(sum, rootUp(most));
	}
	return { norm, sum };
}

/** At least ‖C Cᵀ‖_F, and the same with √ω = ‖f̃_j‖ a row, for what is left of these queries over L. */
async function queryResiduals(
	{ queries, Phi, map }: FeaturedHead,
	groups: readonly number[][],
	{ L, squares }: { readonly L: Float64Array; readonly squares: Float64Array },
) {
	if (!map.error.queryResidual) throw new Error("a hybrid map has residual matrices of queries");
	const residual = map.error.queryResidual(queries, Phi);
	let [norm, weighted] = [0, 0];
	for (const group of groups) {
		const { matrix } = await residual(group);
		let [plain, both, off, offBoth] = [0, 0, 0, 0];
		for (let i = 0, at = 0; i < group.length; i++) {
			const [own, ownSquare] = [L[group[i]], squares[group[i]]];
			for (let k = 0; k < group.length; k++, at++) {
				const entry = matrix.data[at] / (own * L[group[k]]);
				plain += entry * entry;
				both += entry * entry * (ownSquare * squares[group[k]]);
			}
			// An entry is off by at most H.
			const unit = times(map.unit, times(over(1, own), over(1, own)));
			off = plus(off, unit);
			offBoth = plus(offBoth, times(unit, ownSquare));
		}
		const rounding = 1 + 2 * gamma((group.length ** 2 + 8) * u);
		norm = plus(norm, plus(rootUp(plain * rounding), off));
		weighted = plus(weighted, plus(rootUp(both * rounding), offBoth));
	}
	return { norm, weighted };
}

/** At least ‖w‖₂ and ‖w‖₁ of the keys' weights: w_l² <= β_l² + ‖ψ_l‖². */
function weightSizes(beta: Float64Array, Psi: Matrix): { readonly norm: number; readonly sum: number } {
	let [squares, sum] = [0, 0];
	for (let l = 0; l < Psi.rows; l++) {
		let square = 0;
		for (const x of Psi.row(l)) square += x * x;
		const own = plus(times(beta[l], beta[l]), square * (1 + 2 * (Psi.cols + 2) * u));
		squares = plus(squares, own);
		sum = plus(sum, rootUp(own));
	}
	return { norm: rootUp(squares), sum };
}
