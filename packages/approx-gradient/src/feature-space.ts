import { Matrix, unitRoundoff } from "@attgrad/matrix-core";
import type { Frame } from "./frame.ts";
import type { Profile } from "./profile.ts";

/** A frame for a problem, with bounds on what queries and keys are in it. Arrays hold one number a coordinate. */
export interface FeatureSpace {
	readonly frame: Frame;
	/** R: at least every |<q_j, k_l>|, also as they are stored. */
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
	/** At least the error of every k_lb, taken back from the frame, beyond a relative u. */
	readonly keyError: Float64Array;
}

/** At least <ν, k> over the box of the centred keys. */
const largestExponent = ({ queryCentre, keyReach }: Profile): number =>
	queryCentre.reduce((sum, nu, b) => sum + Math.abs(nu) * keyReach[b]!, 0);

/**
 * The original coordinates, centred, scaled by the power of two that gives queries and keys like norms: powers stay
 * near 1, so that no feature overflows, and the scaling rounds nothing.
 */
export function balancedSpace(profile: Profile): FeatureSpace {
	const { d, queryNorm, keyNorm, roundings } = profile;
	const ratio = queryNorm > 0 && keyNorm > 0 ? Math.log2(queryNorm / keyNorm) / 2 : 0;
	const factor = 2 ** Math.round(ratio);
	const stored = 2 * unitRoundoff(profile.dtype);
	return {
		frame: {
			queryCentre: profile.queryCentre,
			keyCentre: profile.keyCentre,
			shift: largestExponent(profile),
			queryMap: scaledIdentity(d, 1 / factor),
			keyMap: scaledIdentity(d, factor),
		},
		radius: queryNorm * keyNorm * (1 + 2 * stored),
		queryReach: profile.queryReach.map((x) => x / factor),
		keyReach: profile.keyReach.map((x) => x * factor),
		keyNorm: keyNorm * factor,
		scoreError:
			roundings.exponent +
			(roundings.exponent > 0 ? stored : 0) +
			1.001 * ((roundings.query + stored * queryNorm) * keyNorm + queryNorm * (roundings.key + stored * keyNorm)),
		keySpan: profile.keyReach,
		keyError: new Float64Array(d),
	};
}

const scaledIdentity = (d: number, factor: number): Matrix => Matrix.build(d, d, (i, j) => (i === j ? factor : 0));
