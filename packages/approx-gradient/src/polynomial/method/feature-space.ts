import { frobeniusNorm, Matrix, multiply, type Numbers, scaleRows, subtract, unitRoundoff } from "@attgrad/matrix-core";
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
	queryReach.map((q, i) => q * keyReach[i]);

/** At least every Σ_i |q_ji k_li| for a stored query: by coordinates or by norms, whichever is less. */
export function reachOf(points: Numbers, j: number, count: number, space: FeatureSpace): number {
	let [byCoordinate, square] = [0, 0];
	for (let i = 0; i < space.keyReach.length; i++) {
		const size = Math.abs(points[i * count + j]);
		byCoordinate += size * space.keyReach[i];
		square += size * size;
	}
	return (1 + 1e-6) * Math.min(byCoordinate, Math.sqrt(square) * space.keyNorm);
}

/** u of double precision, in which rows are mapped. */
const u = unitRoundoff("f64");

/**
 * The space of the maps M of queries and N of keys, MᵀN = I up to rounding, with what rows are at most after them.
 * Each coordinate is scaled by a power of two so that queries and keys reach alike.
 */
export function spaceOf(profile: Profile, M: Matrix, N: Matrix, extent: MappedExtent): FeatureSpace {
	const { d, queryNorm, keyNorm, roundings, queryCentre, keyCentre, valueCentre, keyReach } = profile;
	const balance = 2 ** powerBetween(extent.queryNorm, extent.keyNorm);
	const stored = 2 * unitRoundoff(profile.dtype);
	const [sizeM, sizeN, defect] = [frobeniusNorm(M), frobeniusNorm(N), defectOf(M, N)];
	const plain = defect === 0;
	const mapping = plain ? 0 : (d + 1) * u;
	const queryError = sizeM * (roundings.query + mapping * queryNorm) + stored * extent.queryNorm;
	const keyMapError = sizeN * (roundings.key + mapping * keyNorm);
	const keyError = keyMapError + stored * extent.keyNorm;
	const coordinates = extent.queryReach.reduce((sum, q, i) => sum + q * extent.keyReach[i], 0);
	const scoreError =
		roundings.exponent +
		(roundings.exponent > 0 ? stored : 0) +
		1.001 * (queryError * extent.keyNorm + extent.queryNorm * keyError + defect * queryNorm * keyNorm);
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
		radius:
			Math.min(queryNorm * keyNorm, extent.queryNorm * extent.keyNorm, coordinates) * (1 + 4 * stored) + scoreError,
		queryReach: extent.queryReach.map((x) => (x / balance) * (1 + stored)),
		keyReach: extent.keyReach.map((x) => x * balance * (1 + stored)),
		keyNorm: extent.keyNorm * balance * (1 + stored),
		scoreError,
		keySpan: keyReach.map((reach, b) => (plain ? reach : spanOf(M, extent.keyReach, b))),
		keyError: columnsOfM.map((size) => (plain ? 0 : defect * keyNorm + size * keyMapError)),
	};
}

/** The exponent e for which 2^e is nearest to √(x / y). */
const powerBetween = (x: number, y: number): number =>
	x > 0 && y > 0 ? Math.round((Math.log2(x) - Math.log2(y)) / 2) : 0;

const columnNorm = (M: Matrix, b: number): number => {
	let square = 0;
	for (let i = 0; i < M.rows; i++) square += M.at(i, b) ** 2;
	return Math.sqrt(square);
};

/** Σ_i |M_ib| reach_i: the size of the terms that a key's coordinate b is taken back from. */
function spanOf(M: Matrix, reach: Float64Array, b: number): number {
	return reach.reduce((sum, size, i) => sum + Math.abs(M.at(i, b)) * size, 0);
}

/** ‖MᵀN - I‖ in the Frobenius norm, its own rounding included: how far scores are from unchanged. 0 for the identity. */
function defectOf(M: Matrix, N: Matrix): number {
	const identity = Matrix.identity(M.rows);
	if (frobeniusNorm(subtract(M, identity)) === 0 && frobeniusNorm(subtract(N, identity)) === 0) return 0;
	const rounding = (M.rows + 2) * u * frobeniusNorm(M) * frobeniusNorm(N);
	return frobeniusNorm(subtract(multiply(M, N, { transposeA: true }), identity)) + rounding;
}
