import { createBackwardProblem } from "@attgrad/attention-problem";
import { operatorForward } from "@attgrad/exact-gradient";
import { Matrix, type Runtime, scale as scaled } from "@attgrad/matrix-core";
import { expm1Up, normUp, over, plus, times } from "../../error-bound/index.ts";
import type { HybridMap } from "../../feature-maps/hybrid/hybrid-map.ts";
import { rowsAt } from "../../feature-maps/residual-forms.ts";
import { centred, largestDistance } from "../../rows/spans.ts";
import { type ColumnPass, noColumns } from "./column-pass.ts";
import { type ExactOperands, type ExactPart, exactPass, unitOfRow } from "./exact-part.ts";
import type { HybridHead } from "./hybrid-head.ts";
import type { KeyWeights, RowPass, RowSums } from "./row-pass.ts";

/** A normaliser below this counts as 0, and as an error of this size. */
const LOST = 2 ** -900;

/** From this share of a normaliser on nothing is said of a row: the rest is as large, with the other sign. */
const MOST_SHARE = 1024;

/** Queries over the scale, and keys about the centre of the features' weights. */
type CentredOperands = Pick<ExactOperands, "Q" | "K" | "scale">;

/** A head with some of its keys. */
export function headOfKeys(head: HybridHead, members: readonly number[]): HybridHead {
	const { keys, middleKeys, values } = head;
	return {
		...head,
		...{ keys: rowsAt(keys, members), middleKeys: rowsAt(middleKeys, members), values: rowsAt(values, members) },
	};
}

/**
 * Keys whose weights are exact for all queries, E: those that features leave the most of. Features and the bounds of rows are of the other keys alone, since the errors e_jl
 * of a row are 0 for l ∈ E. Two exact passes over these keys, their rows normalised by D_E = Σ_E w: outputs first, which complete the normalisers, then gradients, with dO D_E / D
 * as the upstream gradient. Σ_E f̃ (g − δ̃) k is (D_E / D) Σ_E f^E (g − δ^E) k and (D_E / D) (δ^E − δ̃) m^E; for dK, where the second is a sum over queries, columns of dO that meet values
 * 0 make it. O(|E|) a row.
 */
export class ExactKeys {
	/** Σ_E w (v', 1) and Σ_E w k', n_q x (d_v + 1 + d), in units of what the features' products approximate. */
	readonly sums: Matrix;
	/** D_E, and ρ: at least the relative errors of D_E and of the means over E, each over the largest of its terms. */
	readonly exact: KeyWeights;
	readonly #head: HybridHead;
	readonly #runtime: Runtime;
	readonly #operands: CentredOperands;
	/** Means over E of v' and k', n_q x (d_v + d). */
	readonly #means: Matrix;
	/** D_E / D, and the cotangents of the second pass, n_q x (d_v + d). */
	#shares = new Float64Array(0);
	#cotangents = Matrix.zeros(0, 0);
	#part: ExactPart | undefined;

	private constructor(
		head: HybridHead,
		runtime: Runtime,
		operands: CentredOperands,
		made: Pick<ExactKeys, "sums" | "exact"> & { readonly means: Matrix },
	) {
		this.#head = head;
		this.#runtime = runtime;
		this.#operands = operands;
		this.sums = made.sums;
		this.exact = made.exact;
		this.#means = made.means;
	}

	/**
	 * The sums over keys.
	 * @param head with these keys alone
	 * @param left factors of the exponents of the queries (`HybridSide`)
	 */
	static async of(head: HybridHead, map: HybridMap, left: Matrix, runtime: Runtime): Promise<ExactKeys> {
		const { queries, keys, middleKeys, upstream, scale } = head;
		const V = besideEachOther(head.values, upstream.cols, middleKeys);
		const operands = { Q: scaled(queries, 1 / scale), K: centred(keys, map.keyCentre), scale };
		const problem = createBackwardProblem({ ...operands, V, dO: Matrix.zeros(queries.rows, V.cols) }, { scale });
		const { output, lse } = await operatorForward(problem, runtime);
		const exact = weightsOf({ ...operands, V }, { lse, left, shift: map.shift });
		return new ExactKeys(head, runtime, operands, {
			...{ means: output, exact },
			sums: sumsOf(output, exact.weights, upstream.cols),
		});
	}

	/**
	 * Σ_E f̃ (g − δ̃) k' of all rows, to be added to the gradients of the other keys; rows with a share of which nothing can be said are left as they are, and are not proved.
	 * @returns for each row at least the rounding of what is added, beside what `exact` counts
	 */
	async addGradients({ gradients, normaliser, cotangents }: RowSums): Promise<Float64Array> {
		const { queries, upstream, scale } = this.#head;
		const [n, d, d_v] = [queries.rows, queries.cols, upstream.cols];
		const shares = new Float64Array(n);
		const given = Matrix.zeros(n, d_v + d);
		const deltas = new Float64Array(n);
		const errors = new Float64Array(n).fill(Number.POSITIVE_INFINITY);
		for (let j = 0; j < n; j++) {
			const share = this.exact.weights[j] / normaliser[j];
			let delta = cotangents.data[j * (d_v + 1) + d_v];
			for (let i = 0; i < d_v; i++) delta += upstream.data[j * d_v + i] * this.#means.data[j * (d_v + d) + i];
			// No number, or a normaliser that is not above 0.
			if (!(share >= 0 && share <= MOST_SHARE && Number.isFinite(delta))) continue;
			errors[j] = 0;
			shares[j] = share;
			deltas[j] = share * delta;
			for (let i = 0; i < d_v; i++) given.data[j * (d_v + d) + i] = share * upstream.data[j * d_v + i];
			for (let b = 0; b < d; b++) given.data[j * (d_v + d) + d_v + b] = deltas[j] * queries.data[j * d + b];
		}
		const part = await exactPass({ ...this.#operands, V: this.#wideValues(), dO: given }, this.#runtime);
		for (let j = 0; j < n; j++)
			for (let b = 0; b < d; b++)
				gradients.data[j * d + b] +=
					part.dQ.data[j * d + b] / scale + deltas[j] * this.#means.data[j * (d_v + d) + d_v + b];
		this.#shares = shares;
		this.#cotangents = given;
		this.#part = part;
		const rounding = times(2, over(part.bounds.dQ, scale));
		return errors.map((error) => plus(error, rounding));
	}

	/** Rows of dK and dV of these keys, of the queries that are kept: what the others add is taken away. */
	async columns(rows: RowPass, kept: readonly number[]): Promise<ColumnPass> {
		const { queries, upstream, keys } = this.#head;
		const [d, d_v] = [queries.cols, upstream.cols];
		const all = this.#part;
		if (!all) throw new Error("gradients of rows come before those of keys");
		const isKept = new Uint8Array(queries.rows);
		for (const j of kept) isKept[j] = 1;
		const others = Array.from(isKept.keys()).filter((j) => isKept[j] === 0 && this.#shares[j] > 0);
		const taken = others.length > 0 ? await this.#passOf(others) : undefined;
		const parts = taken ? [all, taken] : [all];
		const made = noColumns(keys.rows, d, d_v);
		let [largestKey, largestValue] = [0, 0];
		for (let l = 0; l < keys.rows; l++) {
			for (let i = 0; i < d_v; i++) {
				const { sum, size } = summed(parts.map((part) => part.dV.at(l, i)));
				made.dV.data[l * d_v + i] = sum;
				largestValue = Math.max(largestValue, size);
			}
			for (let b = 0; b < d; b++) {
				const { sum, size } = summed(parts.flatMap((part) => [part.dV.at(l, d_v + b), part.dK.at(l, b)]));
				made.dK.data[l * d + b] = sum;
				largestKey = Math.max(largestKey, size);
			}
		}
		const [ofKey, ofValue] = this.#errorsOf(rows, kept);
		let [keyBound, valueBound] = [plus(ofKey, 2 ** -49 * largestKey), plus(ofValue, 2 ** -49 * largestValue)];
		for (const { bounds } of parts) {
			keyBound = plus(keyBound, plus(bounds.dK, bounds.dV));
			valueBound = plus(valueBound, bounds.dV);
		}
		made.keyBounds.fill(keyBound);
		made.valueBounds.fill(valueBound);
		return made;
	}

	/** The second pass of some queries, with the other sign. */
	#passOf(chosen: readonly number[]): Promise<ExactPart> {
		const { Q, K, scale } = this.#operands;
		const dO = scaled(rowsAt(this.#cotangents, chosen), -1);
		return exactPass({ ...{ Q: rowsAt(Q, chosen), K, scale }, V: this.#wideValues(), dO }, this.#runtime);
	}

	/**
	 * At least the errors of all entries of dK and of dV that normalisers and δ̃ make. With f̃ <= D_E / D, f̃ (g − δ̃) − f (g − δ) is at most
	 * f̃ (Γ ν + (1 + ν) |δ̃ − δ|), and f̃ − f at most f̃ ν; ρ and θ are what rounding adds to f̃. Where D_E counts as 0, f̃ is 0, and off by all of f.
	 */
	#errorsOf({ nu, theta, reach, deltaError, normaliser }: RowPass, kept: readonly number[]): [number, number] {
		const { queries, upstream } = this.#head;
		let [ofKeys, ofValues] = [0, 0];
		for (const j of kept) {
			const share = times(1 + 2 ** -10, plus(this.#shares[j], over(LOST, normaliser[j])));
			const rounding = plus(times(16, theta[j]), times(8, this.exact.rounding[j]));
			const relative = plus(nu[j], plus(rounding, this.#shares[j] > 0 ? 0 : 1));
			const moved = plus(times(relative, reach[j]), times(plus(1, nu[j]), deltaError[j]));
			ofKeys = plus(ofKeys, times(share, times(moved, normUp(queries.row(j)))));
			ofValues = plus(ofValues, times(share, times(relative, normUp(upstream.row(j)))));
		}
		return [plus(ofKeys, 2 ** -500), plus(ofValues, 2 ** -500)];
	}

	/** Values, and 0 in the columns that δ^E − δ̃ is beside. */
	#wideValues(): Matrix {
		const { values, queries, upstream } = this.#head;
		return besideEachOther(values, upstream.cols, Matrix.zeros(values.rows, queries.cols));
	}
}

/** The sum of some numbers, and of their sizes. */
function summed(numbers: readonly number[]): { readonly sum: number; readonly size: number } {
	let [sum, size] = [0, 0];
	for (const x of numbers) {
		sum += x;
		size += Math.abs(x);
	}
	return { sum, size };
}

/** The first columns of a matrix and all of another. */
function besideEachOther(A: Matrix, width: number, B: Matrix): Matrix {
	const made = Matrix.zeros(A.rows, width + B.cols);
	for (let l = 0, to = 0; l < A.rows; l++) {
		for (let i = 0; i < width; i++) made.data[to++] = A.data[l * A.cols + i];
		for (let b = 0; b < B.cols; b++) made.data[to++] = B.data[l * B.cols + b];
	}
	return made;
}

/**
 * D_E and ρ. A feature's weight is e^(<q, k − c> − r), r = ‖x‖²/2 + shift, and D_E = e^(lse − r): the exponent has the roundings of ‖x‖², of lse, which is a sum of the number that was taken
 * from the scores and of a logarithm, and of the differences.
 */
function weightsOf(
	given: { readonly Q: Matrix; readonly K: Matrix; readonly V: Matrix; readonly scale: number },
	{ lse, left, shift }: { readonly lse: Float64Array; readonly left: Matrix; readonly shift: number },
): KeyWeights {
	const { Q, K, scale } = given;
	const [weights, rounding] = [new Float64Array(Q.rows), new Float64Array(Q.rows)];
	const longest = largestDistance(K, new Float64Array(K.cols));
	for (let j = 0; j < Q.rows; j++) {
		const half = -left.data[j * left.cols + left.cols - 2];
		const query = times(scale, normUp(Q.row(j)));
		const size = plus(plus(Math.abs(lse[j]), half), plus(Math.abs(shift), plus(times(2, times(query, longest)), 1)));
		const exponent = times((2 * Q.cols + 64) * 2 ** -52, size);
		const weight = Math.exp(lse[j] - half - shift);
		weights[j] = weight > LOST ? weight : 0;
		rounding[j] = plus(times(4, unitOfRow(given, query, longest)), plus(times(2, expm1Up(exponent)), 2 ** -49));
	}
	return { weights, rounding, lost: LOST };
}

/** Means over E times the normaliser: of v', 1 and k'. */
function sumsOf(means: Matrix, weights: Float64Array, d_v: number): Matrix {
	const made = Matrix.zeros(means.rows, means.cols + 1);
	for (let j = 0, to = 0; j < means.rows; j++)
		for (let i = 0; i <= means.cols; i++) {
			const mean = i < d_v ? i : i - 1;
			made.data[to++] = weights[j] * (i === d_v ? 1 : means.data[j * means.cols + mean]);
		}
	return made;
}
