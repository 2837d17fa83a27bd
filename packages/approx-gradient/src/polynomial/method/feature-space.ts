import { frobeniusNorm, Matrix, multiply, type Numbers, scaleRows, subtract } from "@attgrad/matrix-core";
import { dotUp, normUp, numberTypes, over, plus, RelativeRounding, sumUp, times } from "../../error-bound/index.ts";
import type { Profile } from "../profile/profile.ts";
import type { Frame } from "./frame.ts";

/** A frame for a problem, with bounds on what queries and keys are in it. Arrays hold one number a coordinate. */
export interface FeatureSpace {
	readonly frame: Frame;
	/** R: at least every |<q_j, k_l>|, also as they are stored: by norms or by coordinates, whichever is less. */
	readonly radius: number;
	/** max |(M q_j)_i|, max |(N k_l)_i|. */
	readonly queryReach: Float64Array;
	readonly keyReach: Float64Array;
	/** max ‖N k_l‖. */
	readonly keyNorm: number;
	/** At least every change of log(ω_l e^<q_j, k_l>) that rounding the centred, mapped and stored rows makes. */
	readonly scoreError: number;
	/** At least the size of every k_lb, taken back from the frame. */
	readonly keySpan: Float64Array;
	/** At least the error of every k_lb, taken back from the frame, beyond a relative u of its terms. */
	readonly keyError: Float64Array;
}

/** Bounds on queries and keys after the maps of a frame. */
export type MappedExtent = Pick<FeatureSpace, "queryReach" | "keyReach" | "keyNorm"> & { readonly queryNorm: number };

/**
 * The original coordinates, centred, scaled by the power of two that gives queries and keys like norms: powers stay
 * near 1, so that no feature overflows, and the scaling rounds nothing.
 */
export function balancedSpace(profile: Profile): FeatureSpace {
	const { d, queryNorm, keyNorm, queryReach, keyReach } = profile;
	const identity = Matrix.identity(d);
	return spaceOf(profile, identity, identity, { queryNorm, keyNorm, queryReach, keyReach });
}

/** r_i: at least every |q_ji k_li| in the space. */
export const termReach = ({ queryReach, keyReach }: FeatureSpace): Float64Array =>
	queryReach.map((q, i) => times(q, keyReach[i]));

/**
 * Covers the rounding of a row's reach, in single precision too: plain numbers, so that plain passes have the polynomials of rows that
 * kernels have, which do the same (`gauss/run/kernel-run.ts`).
 */
export const REACH_SLACK = 1 + 1e-6;

/** At least every Σ_i |q_ji k_li| for a stored query: by coordinates or by norms, whichever is less. */
export function reachOf(points: Numbers, j: number, count: number, space: FeatureSpace): number {
	let [byCoordinate, square] = [0, 0];
	for (let i = 0; i < space.keyReach.length; i++) {
		const size = Math.abs(points[i * count + j]);
		byCoordinate += size * space.keyReach[i];
		square += size * size;
	}
	return REACH_SLACK * Math.min(byCoordinate, Math.sqrt(square) * space.keyNorm);
}

/**
 * The space of the maps M of queries and N of keys, MᵀN = I up to rounding, with what rows are at most after them.
 * Each coordinate is scaled by a power of two so that queries and keys reach alike.
 */
export function spaceOf(profile: Profile, M: Matrix, N: Matrix, extent: MappedExtent): FeatureSpace {
	const { d, queryNorm, keyNorm, roundings, queryCentre, keyCentre, valueCentre, keyReach } = profile;
	const balance = 2 ** powerBetween(extent.queryNorm, extent.keyNorm);
	// Coordinates are rounded once by the map, in double precision, and once as they are stored.
	const storing = RelativeRounding.roundings(2, numberTypes[profile.dtype]);
	const stored = storing.bound;
	const [sizeM, sizeN, defect] = [normUp(M.data), normUp(N.data), defectOf(M, N)];
	const plain = defect === 0;
	const mapping = plain ? RelativeRounding.none.bound : RelativeRounding.roundings(d + 1).bound;
	const queryMapError = times(sizeM, plus(roundings.query, times(mapping, queryNorm)));
	const queryError = plus(queryMapError, times(stored, extent.queryNorm));
	const keyMapError = times(sizeN, plus(roundings.key, times(mapping, keyNorm)));
	const keyError = plus(keyMapError, times(stored, extent.keyNorm));
	// The product of both errors is a thousandth of these at most.
	const ofProducts = sumUp([
		times(queryError, extent.keyNorm),
		times(extent.queryNorm, keyError),
		times(defect, times(queryNorm, keyNorm)),
	]);
	const scoreError = sumUp([roundings.exponent, roundings.exponent > 0 ? stored : 0, times(1.001, ofProducts)]);
	const largest = Math.min(
		times(queryNorm, keyNorm),
		times(extent.queryNorm, extent.keyNorm),
		dotUp(extent.queryReach, extent.keyReach),
	);
	const columnsOfM = Float64Array.from({ length: d }, (_, b) => columnNorm(M, b));
	return {
		frame: {
			queryCentre,
			keyCentre,
			valueCentre,
			shift: queryCentre.reduce((sum, nu, b) => sum + Math.abs(nu) * keyReach[b], 0),
			queryMap: scaleRows(M, new Float64Array(d).fill(1 / balance)),
			keyMap: scaleRows(N, new Float64Array(d).fill(balance)),
		},
		radius: plus(storing.repeated(4).atLeast(largest), scoreError),
		queryReach: extent.queryReach.map((x) => storing.atLeast(over(x, balance))),
		keyReach: extent.keyReach.map((x) => storing.atLeast(times(x, balance))),
		keyNorm: storing.atLeast(times(extent.keyNorm, balance)),
		scoreError,
		keySpan: keyReach.map((reach, b) => (plain ? reach : spanOf(M, extent.keyReach, b))),
		keyError: columnsOfM.map((size) => (plain ? 0 : plus(times(defect, keyNorm), times(size, keyMapError)))),
	};
}

/** The exponent e for which 2^e is nearest to √(x / y). */
const powerBetween = (x: number, y: number): number =>
	x > 0 && y > 0 ? Math.round((Math.log2(x) - Math.log2(y)) / 2) : 0;

const columnNorm = (M: Matrix, b: number): number =>
	normUp(Float64Array.from({ length: M.rows }, (_, i) => M.at(i, b)));

/** Σ_i |M_ib| reach_i: the size of the terms that a key's coordinate b is taken back from. */
function spanOf(M: Matrix, reach: Float64Array, b: number): number {
	return reach.reduce((sum, size, i) => plus(sum, times(Math.abs(M.at(i, b)), size)), 0);
}

/** ‖MᵀN - I‖ in the Frobenius norm, its own rounding included: how far scores are from unchanged. 0 for the identity. */
function defectOf(M: Matrix, N: Matrix): number {
	const identity = Matrix.identity(M.rows);
	if (frobeniusNorm(subtract(M, identity)) === 0 && frobeniusNorm(subtract(N, identity)) === 0) return 0;
	const rounding = times(RelativeRounding.roundings(M.rows + 2).bound, times(normUp(M.data), normUp(N.data)));
	return plus(normUp(subtract(multiply(M, N, { transposeA: true }), identity).data), rounding);
}
