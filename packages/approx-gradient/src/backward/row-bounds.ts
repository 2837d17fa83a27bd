import { bounded, RelativeRounding } from "../error-bound/index.ts";
import { RowError } from "../polynomial/gauss/row-error.ts";
import type { FeatureTree } from "../polynomial/monomials/feature-tree.ts";
import type { Chunks } from "./chunks.ts";
import { normAt, type Part } from "./part.ts";
import type { RowErrors } from "./part-results.ts";

/** Beyond these a row is computed exactly: κ, the radius of its scores, the rounding of its sums, scores of single keys. */
export const LIMITS = { kappa: 0.25, radius: 8, rounding: 0.01, score: 40, least: 1e-100, largest: 1e100 } as const;

const u = 2 ** -53;

/**
 * Covers the rounding of the bounds themselves: bounds of rows are plain numbers here, operation by operation those of
 * `kernels/operator`, which cannot call the arithmetic of bounds; tests compare the two and attack both.
 */
export const SLACK = 1 + 1e-9;

/** Roundings of a row's sums, relative to the sizes of their terms, and of sums over queries. */
export function sumRoundings(
	{ group, queries, d, d_v }: Part,
	{ size, keyChunks, queryChunks }: Chunks,
	{ degree, raisedSize }: FeatureTree,
): { readonly sums: number; readonly keySums: number } {
	const common = 4 * degree + raisedSize + d + d_v + 80;
	return {
		sums: RelativeRounding.roundings(common + 6 * size + 4 * keyChunks).bound,
		keySums: RelativeRounding.roundings(common + 3 * group * size + 4 * queryChunks + group * queries).bound,
	};
}

/** Facts of a row: of its own sums over the keys that it sees, and of the largest of these keys. */
export interface RowFacts {
	/** Σ_l ω_l Q(s_l) times 1, ‖v‖² and ‖k‖². */
	error: number;
	valueErrors: number;
	keyErrors: number;
	/** At most D. */
	normaliser: number;
	/** At least Σ Ã ‖v - õ‖² and Σ Ã ‖k‖². */
	valueSquares: number;
	keySquares: number;
	/** η - 1: true weights are the stored ones within this factor. */
	scoreError: number;
	/** At least the largest |Ã_l| / D, and the largest error ω Q of one key. */
	largestWeight: number;
	largestError: number;
	/** r: relative rounding of the row's sums; that of the sums over queries and that of additions to a key's row. */
	rounding: number;
	keyRounding: number;
	/** ‖õ‖, and the largest |v_i|, |k_b|, ‖v‖, ‖k‖ of keys in view. */
	outputNorm: number;
	readonly value: Float64Array;
	readonly key: Float64Array;
	valueNorm: number;
}

/** Room for the facts of a row. */
export const rowFacts = (d: number, d_v: number): RowFacts => ({
	...{ error: 0, valueErrors: 0, keyErrors: 0, normaliser: 0, valueSquares: 0, keySquares: 0, scoreError: 0 },
	...{ largestWeight: 0, largestError: 0, rounding: 0, keyRounding: 0, outputNorm: 0, valueNorm: 0 },
	value: new Float64Array(d_v),
	key: new Float64Array(d),
});

/**
 * The error of scores ln ω_l + <q, k_l> of keys of at most that length: what centring, products and e^x round, and what may be lost
 * below the normal range.
 */
export function scoreErrorOf(part: Part, query: number, keyNorm: number, nuNorm: number): number {
	const sizes = 2 * query + 2 * nuNorm;
	return SLACK * (u * ((part.d + 8) * sizes * keyNorm + 12) + part.d * (keyNorm + query) * 2 ** -1000);
}

/** Bounds of rows: Theorem A.1 of backward.md and Theorem 4 of tight.md, the least of the two; rounding added. */
export class RowBounds {
	readonly #part: Part;
	readonly #errors: RowErrors;
	readonly #error = new RowError();
	readonly #centreNorm: number;

	constructor(part: Part, errors: RowErrors) {
		this.#part = part;
		this.#errors = errors;
		this.#centreNorm = normAt(part.valueCentre, 0, part.d_v);
	}

	/**
	 * Sets the bounds of a row.
	 * @param gradient ‖Σ_l dS~_l k_l‖ as computed
	 */
	set(row: number, facts: RowFacts, gradient: number): void {
		const { d_v, upstream } = this.#part;
		const error = this.#error;
		let [cotangent, spread] = [0, 0];
		for (let i = 0; i < d_v; i++) {
			const c = Math.abs(upstream[row * d_v + i]);
			cotangent += c * c;
			spread += c * facts.value[i];
		}
		cotangent = SLACK * Math.sqrt(cotangent);
		// At least every |y_l| = |<dO, v_l>|, so that half of their range is at most that.
		spread = SLACK * Math.min(spread, cotangent * facts.valueNorm);
		error.read(
			facts.error,
			facts.normaliser,
			facts.valueErrors,
			facts.valueSquares,
			facts.outputNorm,
			facts.scoreError,
		);
		const tau = error.l1;
		this.#output(row, facts);
		const sigma = Math.min(tau * (3 + tau) * spread, error.scores(cotangent));
		this.#query(row, facts, { sigma, cotangent, spread, gradient });
		this.#keys(row, facts, { tau, sigma, cotangent, spread });
	}

	/** o = Σ f v: weights are off by τ in sum, and what centring and the sums of the row round. */
	#output(row: number, { valueNorm, rounding }: RowFacts): void {
		const { l1, output, kappa } = this.#error;
		const rounded = 16 * rounding * valueNorm + 8 * u * (valueNorm + this.#centreNorm);
		this.#errors.kappa[row] = bounded(kappa);
		this.#errors.outputFloor[row] = bounded(SLACK * rounded);
		this.#errors.output[row] = bounded(SLACK * (Math.min(bounded(l1 * valueNorm), bounded(output)) + rounded));
	}

	#query(
		row: number,
		facts: RowFacts,
		{ sigma, cotangent, spread, gradient }: { sigma: number; cotangent: number; spread: number; gradient: number },
	): void {
		const { query, queryFloor } = this.#errors;
		let key = 0;
		for (let b = 0; b < facts.key.length; b++) key = Math.max(key, facts.key[b]);
		// Sums of the row, its output inside Δ, and its normaliser, each within r of their terms (twice and more that).
		const rounded = 16 * facts.rounding * spread * key;
		const own = gradient + Math.sqrt(facts.key.length) * rounded;
		const variance = this.#error.gradient(
			this.#error.cotangent(cotangent),
			facts.keyErrors,
			facts.keySquares,
			Number.POSITIVE_INFINITY,
			own,
		);
		queryFloor[row] = bounded(SLACK * rounded);
		query[row] = bounded(SLACK * (Math.min(bounded(sigma * key), bounded(variance)) + rounded));
	}

	#keys(
		row: number,
		{ largestWeight, largestError, scoreError, normaliser, rounding, keyRounding }: RowFacts,
		{ tau, sigma, cotangent, spread }: { tau: number; sigma: number; cotangent: number; spread: number },
	): void {
		const { weight, weightFloor, score, scoreFloor } = this.#errors;
		const { kappa, leastNormaliser, output } = this.#error;
		// f - f̃ = (ω e - f̃ Σ ω e) / D for one key; rows of f and of f̃ sum to 1, so that no key has more than half of the whole.
		const single =
			((1 + scoreError) * largestError + (2 * scoreError + kappa) * largestWeight * normaliser) / leastNormaliser;
		const off = Math.min(tau / 2, bounded(single));
		// dS = f (y - Δ): the weight is off, and Δ.
		const moved = off * (2.5 + tau) * spread + (largestWeight + off) * Math.min(tau * spread, cotangent * output);
		const rounds = keyRounding + rounding;
		weightFloor[row] = bounded(SLACK * 3 * rounds * largestWeight);
		scoreFloor[row] = bounded(SLACK * 10 * rounds * largestWeight * spread);
		weight[row] = bounded(SLACK * off + weightFloor[row]);
		score[row] = bounded(SLACK * Math.min(sigma / 2, bounded(moved)) + scoreFloor[row]);
	}
}
