import type { AttentionProblem } from "@attgrad/attention-problem";
import { Matrix, multiply, type RowSource, scaleRows, transpose } from "@attgrad/matrix-core";
import { ColumnRange } from "../../rows/column-range.ts";
import { keyBlocks, queryBlocks } from "../../rows/row-blocks.ts";
import { rowsTimes } from "../../rows/rows-times.ts";
import { distance } from "../../rows/spans.ts";
import { subProblem } from "../../rows/sub-problem.ts";
import type { Profile } from "../profile/profile.ts";
import { type FeatureSpace, spaceOf } from "./feature-space.ts";
import { centreRows } from "./frame.ts";
import { symmetricEigen } from "./symmetric-eigen.ts";

/** Part of the mean variance that is added to every direction, so that a direction without any can be inverted. */
const RIDGE = 1e-8;

/** Sums of squares that may have lost some below the normal range. */
const LOST = 1e-280;

/** Rows a block. */
const BLOCK_ROWS = 512;

/** Rows at most that axes are found on: whatever axes are taken, the reach of rows along them is measured on all. */
export const AXES_ROWS = 4096;

const known = new WeakMap<Profile, FeatureSpace>();

/**
 * Coordinates for monomial sets that follow the data (paper.md 8.1): the axes in which queries and keys have the same
 * diagonal second moments, or the principal axes of one side, or the given axes: whichever makes the sum of the reaches
 * r_i = max |q_i| max |k_i| least on a sample of rows. One pass over queries and one over keys, O(n d²), once for a profile.
 */
export function principalSpace(problem: AttentionProblem<RowSource>, profile: Profile): FeatureSpace {
	const space = known.get(profile) ?? foundSpace(problem, profile);
	known.set(profile, space);
	return space;
}

function foundSpace(problem: AttentionProblem<RowSource>, profile: Profile): FeatureSpace {
	const { d } = profile;
	const sample = subProblem(problem, AXES_ROWS);
	const queries = secondMoments(centredQueries(sample, profile), d);
	const keys = secondMoments(centredKeys(sample, profile), d);
	const candidates = [
		{ M: Matrix.identity(d), N: Matrix.identity(d) },
		orthogonal(keys),
		orthogonal(queries),
		balancing(queries, keys),
	];
	const sums = candidates.map((axes) => {
		const extent = extentOf(sample, profile, axes);
		return extent.queryReach.reduce((sum, q, i) => sum + q * extent.keyReach[i], 0);
	});
	const best = candidates[Math.max(0, sums.indexOf(Math.min(...sums)))];
	return spaceOf(profile, best.M, best.N, extentOf(problem, profile, best));
}

/** Bounds on the rows of a problem along axes. */
function extentOf(problem: AttentionProblem<RowSource>, profile: Profile, { M, N }: { M: Matrix; N: Matrix }) {
	const queries = new Extent(M);
	const keys = new Extent(N);
	for (const { rows, count } of centredQueries(problem, profile)) queries.add(rows, count);
	for (const { rows, count } of centredKeys(problem, profile)) keys.add(rows, count);
	return { queryReach: queries.reach(), keyReach: keys.reach(), queryNorm: queries.norm, keyNorm: keys.norm };
}

interface Rows {
	readonly rows: Float64Array;
	readonly count: number;
}

function* centredQueries(problem: AttentionProblem<RowSource>, { queryCentre }: Profile): Generator<Rows> {
	const rows = new Float64Array(BLOCK_ROWS * problem.d);
	for (const { count, queries } of queryBlocks(problem, BLOCK_ROWS, "inputs")) {
		centreRows(queries.data, queryCentre, count, rows);
		yield { rows, count };
	}
}

function* centredKeys(problem: AttentionProblem<RowSource>, { keyCentre }: Profile): Generator<Rows> {
	const rows = new Float64Array(BLOCK_ROWS * problem.d);
	for (const { count, keys } of keyBlocks(problem, BLOCK_ROWS)) {
		centreRows(keys.data, keyCentre, count, rows);
		yield { rows, count };
	}
}

/** Mean of x xᵀ over all rows x, with the ridge. */
function secondMoments(blocks: Iterable<Rows>, d: number): Matrix {
	const sums = Matrix.zeros(d, d);
	let total = 0;
	for (const { rows, count } of blocks) {
		total += count;
		for (let j = 0; j < count; j++)
			for (let a = 0; a < d; a++) for (let b = 0; b < d; b++) sums.data[a * d + b] += rows[j * d + a] * rows[j * d + b];
	}
	let trace = 0;
	for (let a = 0; a < d; a++) trace += sums.at(a, a);
	const ridge = trace > 0 ? (RIDGE * trace) / (d * total) : 1;
	return Matrix.build(d, d, (a, b) => sums.at(a, b) / total + (a === b ? ridge : 0));
}

/** The principal axes of a second-moment matrix: M = N = Uᵀ. */
function orthogonal(moments: Matrix): { M: Matrix; N: Matrix } {
	const axes = transpose(symmetricEigen(moments).U);
	return { M: axes, N: axes };
}

/**
 * M with M Cq Mᵀ = M⁻ᵀ Ck M⁻¹ diagonal: with Ck = L Lᵀ (L = V √λ) and Lᵀ Cq L = U σ² Uᵀ, M = σ^-½ Uᵀ Lᵀ and
 * N = M⁻ᵀ = σ^½ Uᵀ L⁻¹.
 */
function balancing(queries: Matrix, keys: Matrix): { M: Matrix; N: Matrix } {
	const { values, U: V } = symmetricEigen(keys);
	const roots = values.map((value) => Math.sqrt(Math.max(value, Number.MIN_VALUE)));
	const axes = transpose(V);
	const Lt = scaleRows(axes, roots);
	const inverseL = scaleRows(
		axes,
		roots.map((root) => 1 / root),
	);
	const inner = symmetricEigen(multiply(multiply(Lt, queries), Lt, { transposeB: true }));
	const sigma = inner.values.map((value) => Math.max(value, Number.MIN_VALUE) ** 0.25);
	const turned = transpose(inner.U);
	return {
		M: scaleRows(
			multiply(turned, Lt),
			sigma.map((s) => 1 / s),
		),
		N: scaleRows(multiply(turned, inverseL), sigma),
	};
}

/** Largest coordinate and norm of the rows M x. */
class Extent {
	readonly #Mt: Matrix;
	readonly #range: ColumnRange;
	readonly #origin: Float64Array;
	readonly #mapped: Float64Array;
	norm = 0;

	constructor(M: Matrix) {
		this.#Mt = transpose(M);
		this.#range = new ColumnRange(M.rows);
		this.#origin = new Float64Array(M.rows);
		this.#mapped = new Float64Array(BLOCK_ROWS * M.rows);
	}

	add(rows: Float64Array, count: number): void {
		rowsTimes(rows, this.#Mt, 1, count, this.#mapped);
		this.#range.add(this.#mapped, count);
		const d = this.#Mt.rows;
		// The longest row has the largest sum of squares, unless those leave the range.
		let [longest, most] = [-1, LOST];
		for (let j = 0, at = 0; j < count; j++) {
			let sum = 0;
			for (let i = 0; i < d; i++, at++) sum += this.#mapped[at] * this.#mapped[at];
			if (sum <= most) continue;
			[longest, most] = [j, sum];
		}
		const isLost = longest < 0 || !(most < Number.POSITIVE_INFINITY);
		for (let j = isLost ? 0 : longest; j < (isLost ? count : longest + 1); j++)
			this.norm = Math.max(this.norm, distance(this.#mapped.subarray(j * d, (j + 1) * d), this.#origin));
	}

	reach(): Float64Array {
		return this.#range.reach(new Float64Array(this.#Mt.rows));
	}
}
