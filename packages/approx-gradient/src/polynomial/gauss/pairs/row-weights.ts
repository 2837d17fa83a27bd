import { RelativeRounding } from "../../../error-bound/index.ts";
import type { FeatureSpace } from "../../method/feature-space.ts";
import type { Profile } from "../../profile/profile.ts";
import type { ErrorConstants } from "../bounds/error-constants.ts";
import { nodesOf } from "../row-polynomial.ts";
import { squareErrorOf } from "../row-polynomials.ts";
import { normOf, pilotDegree } from "../row-terms.ts";
import type { RecordPlaces } from "./row-record.ts";

const u = 2 ** -53;

/**
 * Covers the rounding of a row's bounds, here and in the kernel: sums, products, quotients and roots of positive numbers, where no number
 * is more than so many roundings from the record. The two differences are of an error that 16 u of it are added back to, and of a
 * normaliser less an error of at most 0.3 of it, which is behind the factor 1.05 of `rest`.
 */
const slackOf = (d: number, degree: number): number => RelativeRounding.roundings(256 + 32 * (d + degree)).atLeast(1);

/** Keeps roots of sums that are 0 from being divided by. */
const TINY = 1e-300;

/**
 * α and β of x <= α ‖h‖² + β, and the t and v of Cauchy-Schwarz, that make the sums of the bounds on pairs least: from ‖õ‖ and the roots of the sums of
 * weights, and of those times ‖h‖² and ‖k‖².
 */
function splitOf(o: number, root: number, ofValues: number, ofKeys: number) {
	const spread = ofValues + o * root;
	return {
		alpha: 1 + (o * root) / ofValues,
		beta: o * o + (o * ofValues) / root,
		t: ofKeys / spread,
		v: root / spread,
	};
}

/**
 * The numbers of a row that its pairs are drawn and bounded by, from its record. With x = ‖h_l − õ‖² <= α ‖h_l‖² + β and
 * Cauchy-Schwarz in the form 2 x y <= t x² + y²/t, a pair (l, l') adds to the row of the gradient at most
 *
 *     ω_l Q(s_l) / D̃ · [ A + B ‖h_l‖² + C ‖k_l‖² + (A3 + B3 ‖h_l‖²) · (n ω_l' (P + 2 Q)(s_l') / D̃) (A2 + B2 ‖h_l'‖² + C2 ‖k_l'‖²) ],
 *
 * whose mean over l and l' is known: it is made of the sums of the certificate's columns (`mean`).
 * Terms that are not linear in the errors of entries, and rounding, are in `rest`, `bias` and `moved`, without sampling.
 */
export class RowWeights {
	/** Coefficients of the bound on a pair. */
	A = 0;
	B = 0;
	C = 0;
	A2 = 0;
	B2 = 0;
	C2 = 0;
	A3 = 0;
	B3 = 0;
	/** Σ_l of the bound on a pair, l' averaged. */
	mean = 0;
	/** At least the difference of the row's Ĝ − Ĝ~ and the sum that pairs are drawn from. */
	rest = 0;
	/** At least what rounding moves the mean of drawn pairs by. */
	bias = 0;
	/** τ: weights and approximate weights by keys as they are read here instead of as the run stored them, in L1. */
	moved = 0;
	/** Added to w, and to Q: rounding of the two and of e^s − P(s) at a pair's score. */
	squareSlack = 0;
	offsetSlack = 0;
	/** The mean key that pairs are taken about. */
	readonly centre: Float64Array;
	readonly #constants: ErrorConstants;
	readonly #places: RecordPlaces;
	readonly #slack: number;
	readonly #squareError: number;
	readonly #keyReach: number;
	readonly #keyError: number;

	constructor(
		constants: ErrorConstants,
		places: RecordPlaces,
		{ keyReach, keyError, frame }: FeatureSpace,
		profile: Profile,
	) {
		this.#constants = constants;
		this.#places = places;
		this.#slack = slackOf(constants.d, constants.degree);
		this.#squareError = squareErrorOf(constants);
		this.#keyReach = Math.hypot(...keyReach) * (1 + 1e-6);
		const map = Math.max(...frame.queryMap.data.map(Math.abs));
		this.#keyError = (Math.hypot(...keyError) / map) * (1 + 1e-6);
		this.centre = new Float64Array(profile.d);
	}

	/** The numbers that the kernel makes weights from, in the order of `kernels/gauss/pairs/weight-places.ts`; then rows of d. */
	numbers(): { readonly single: readonly number[]; readonly rows: readonly ArrayLike<number>[] } {
		const { sums, scoreError, sumError, halfRangeSquare, rounding } = this.#constants;
		const { constant, rest, outputSquare, product, output, residual, restResidual, size } = rounding;
		return {
			single: [
				...[this.#slack, sums, scoreError, sumError, this.#squareError, this.#keyReach, this.#keyError],
				...[Math.sqrt(halfRangeSquare), constant, rest, outputSquare, product],
			],
			rows: [output, residual, restResidual, size],
		};
	}

	/** Reads a record. */
	read(x: Float64Array): void {
		const at = this.#places;
		const { d, degree, scoreError, sums, sumError } = this.#constants;
		const r = nodesOf(degree);
		const D = x[at.normaliser];
		const R = x[at.reach];
		const e = x[at.exponential];
		const size = x[at.size];
		// At least |P'|: Σ k |a_k| R^(k - 1).
		let slope = 0;
		for (let k = degree; k >= 1; k--) slope = slope * R + k * Math.abs(x[at.coefficients + k]);
		slope *= this.#slack;
		const factor = x[at.factor];
		const squareSize = x[at.squareError] / this.#squareError;
		// Pairs are dominated by C (w + slack) + ρ + slack, whose sums are those of the columns and these.
		this.squareSlack = 8 * (r + 2) * u * squareSize;
		this.offsetSlack = u * ((d + 2) * R * (e + slope) + (2 * degree + 8) * (size + e));
		const movedSquare = 2.1 * scoreError * (1 + (2 * r) / R) * squareSize;
		const lost = factor * (this.squareSlack + movedSquare) + this.offsetSlack + 3 * scoreError * x[at.offset];
		const pure = Math.max(0, x[at.error] - 1.02 * scoreError * D) + 16 * u * x[at.error];
		const E = this.#slack * (pure * (1 + 3 * scoreError) + lost * x[at.ones]);
		const Xv = this.#slack * (x[at.valueError] * (1 + 3 * scoreError) + lost * x[at.values]);
		const Xk = this.#slack * (x[at.keyError] * (1 + 3 * scoreError) + lost * x[at.keys]);
		this.moved = 2.1 * scoreError + 4.4 * scoreError * (x[at.growth] + (slope * x[at.ones]) / D);
		const rounded = sums * x[at.growth] + this.moved;
		for (let i = 0; i < d; i++) this.centre[i] = x[at.pilot + i] / D;
		this.#dominate(x, E, Xv, Xk, D * (1 + 2 * rounded), sumError * size + 2.2 * scoreError * (size + slope));
		this.#remain(x, E, Xv, Xk, rounded);
	}

	#dominate(x: Float64Array, E: number, Xv: number, Xk: number, mass: number, rounding: number): void {
		const at = this.#places;
		const { d } = this.#constants;
		const D = x[at.normaliser];
		const o = normOf(x, at.output, d);
		const c = normOf(x, at.residual, d);
		const G = normOf(x, at.gradient, d);
		const k0 = normOf(this.centre, 0, d);
		const { alpha, beta, t, v } = splitOf(o, Math.sqrt(E) + TINY, Math.sqrt(Xv) + TINY, Math.sqrt(Xk) + TINY);
		this.A = 0.5 * c * t * beta + 0.5 * c * k0 * (v * beta + 1 / v) + G;
		this.B = 0.5 * c * alpha * (t + k0 * v);
		this.C = (0.5 * c) / t;
		this.A3 = 0.5 * (v * beta + 1 / v);
		this.B3 = 0.5 * v * alpha;
		const M1 = mass + 2 * E;
		const Mv = Math.max(0, x[at.valueSum]) + rounding * x[at.values] + 2 * Xv;
		const Mk = Math.max(0, x[at.keySum]) + rounding * x[at.keys] + 2 * Xk;
		const other = splitOf(o, Math.sqrt(M1), Math.sqrt(Mv) + TINY, Math.sqrt(Mk) + TINY);
		this.A2 = 0.5 * (other.t * other.beta + k0 * (other.v * other.beta + 1 / other.v));
		this.B2 = 0.5 * other.alpha * (other.t + k0 * other.v);
		this.C2 = 0.5 / other.t;
		const second = (this.A2 * M1 + this.B2 * Mv + this.C2 * Mk) / D;
		const first = this.A * E + this.B * Xv + this.C * Xk;
		this.mean = (this.#slack * (first + (this.A3 * E + this.B3 * Xv) * second)) / D;
		const ofRounding = this.A * x[at.ones] + this.B * x[at.values] + this.C * x[at.keys];
		const ofThird = (this.A3 * x[at.ones] + this.B3 * x[at.values]) * second;
		this.bias = (this.#slack * this.offsetSlack * (ofRounding + ofThird)) / D + 1e-11 * this.mean;
	}

	/** Ĝ − Ĝ~ less what pairs are drawn from: second order in entries' errors, first in those times rounding and the pilot's error. */
	#remain(x: Float64Array, E: number, Xv: number, Xk: number, rounded: number): void {
		const at = this.#places;
		const { d, degree, sums, sumError, scoreError, halfRangeSquare } = this.#constants;
		const D = x[at.normaliser];
		const e = x[at.exponential];
		const o = normOf(x, at.output, d);
		const c0 = normOf(x, at.residual, d);
		const G0 = normOf(x, at.gradient, d);
		const k0 = normOf(this.centre, 0, d);
		const half = Math.sqrt(halfRangeSquare);
		const off = 8 * (rounded * half + sums * (half + c0)) + 1e-15 * o;
		const least = D * (1 - 2 * rounded) - E;
		if (!(least > 0)) {
			this.rest = Number.POSITIVE_INFINITY;
			return;
		}
		const rootE = Math.sqrt(E);
		const Sk = Math.sqrt(Xk) + k0 * rootE;
		const Sx = Math.sqrt(Xv) + (o + off) * rootE;
		const c = c0 + off;
		const G = G0 + this.#gradientRounding(x) + 4 * this.moved * (c0 + half) * half * this.#keyReach;
		const inverse = (E + 2 * rounded * D) / (least * D);
		const bracket = c * Sx * Sk + E * G;
		// The mean key is the pilot's but for its remainder.
		const p = pilotDegree(nodesOf(degree));
		const R = x[at.reach];
		const scores = Math.max(0, x[at.scores]) + sumError * R ** (2 * p) * x[at.ones];
		const weighted = Math.max(0, x[at.weighted]) + sumError * R ** 2 * x[at.keys];
		const keys = Math.max(0, x[at.keySum]) + sumError * x[at.size] * x[at.keys] + 2 * Xk;
		const pilot =
			(e / (p === 2 ? 6 : 2)) * Math.sqrt(scores * weighted) +
			(sumError + 4 * scoreError) * e * Math.sqrt(x[at.ones] * x[at.keys]);
		const meanKey = pilot / least + k0 * inverse * D;
		const output = (rootE * Sx) / least;
		const values = Math.max(0, x[at.valueSum]) + sumError * x[at.size] * x[at.values] + 2 * Xv;
		const mass = D * (1 + 2 * rounded) + 2 * E;
		const deviation = (Math.sqrt(values) + (o + off) * Math.sqrt(mass)) / Math.sqrt(least);
		const keyDeviation = (Math.sqrt(keys) + k0 * Math.sqrt(mass)) / Math.sqrt(least);
		const ofFirst = inverse * bracket + (off * (Sx + c * rootE) * Sk + E * (G - G0)) / D;
		const ofMeans = (c * rootE * Sx * meanKey) / least + output * output * meanKey;
		const ofThird = (output / least) * (Sx * Sk + E * deviation * keyDeviation);
		const moved =
			(2 * rounded * output + inverse * rootE * Sx + (E * off) / D) * deviation * keyDeviation +
			((rootE * (Sx + off * rootE)) / D) * off * keyDeviation;
		this.rest = 1.05 * (ofFirst + ofMeans + ofThird + moved);
	}

	/** At least ‖Ĝ~ as computed − Ĝ~‖ in the frame. */
	#gradientRounding(x: Float64Array): number {
		const at = this.#places;
		const { d, rounding } = this.#constants;
		let grown = rounding.constant;
		let rest = rounding.rest;
		let size = 0;
		for (let i = 0; i < d; i++) {
			const o = Math.abs(x[at.output + i]);
			const c = Math.abs(x[at.residual + i]);
			grown += o * (rounding.output[i] + rounding.outputSquare * o) + c * (rounding.residual[i] + rounding.product * o);
			rest += c * rounding.restResidual[i];
			size += c * rounding.size[i];
		}
		return 1.1 * ((1.5 * x[at.growth] * grown + rest) * this.#keyReach + size * this.#keyError);
	}
}
