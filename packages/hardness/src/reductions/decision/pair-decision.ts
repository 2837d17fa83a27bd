import type { Readings } from "../../oracle/gradient-queries.ts";
import { type Decision, decide } from "./decision.ts";
import { type OneCallCore, oneCallSizes, oneCallTolerance } from "./one-call-core.ts";
import { massRounding } from "./rounding.ts";

/** The pairs whose index has one value of a bit. */
export interface Side {
	/** The part of the sum that these pairs make. */
	readonly value: number;
	/** There is a pair that counts among them. */
	readonly some: boolean;
	/** There is no pair that counts among them. */
	readonly none: boolean;
}

/** The pairs with bit t = 0 and those with bit t = 1 of a query's or key's index. */
export type BitSides = readonly [zero: Side, one: Side];

/** A decision, and what its gradient tells about the indices of the pairs. */
export type PairDecision = Decision & {
	readonly queryBits: readonly BitSides[];
	readonly keyBits: readonly BitSides[];
};

/**
 * Decodes the gradient of an instance with one call.
 * With Y, Z the logits of pairs that count and of others, n dummies and G = e^(1/d) (X = I) or 1: a query with a pair that
 * counts has mass >= 1/(1 + G + n e^(-Y)), any other at most n_k e^Z / n. What is said about bits takes the error to be at
 * most that for which decoding is proven: `some` and `none` lead the search for a pair, which is then checked.
 */
export function decidePair(core: OneCallCore, { entries, error }: Readings): PairDecision {
	const { queries, keys, dummies, d } = core;
	const [whole, ...bits] = entries[0].map((entry) => -d * entry) as [number, ...number[]];
	const second = core.identity ? Math.exp(1 / d) : 1;
	const yesMass = 1 / (1 + second + dummies * Math.exp(-core.yesLogit));
	const noMass = (keys * Math.exp(core.noLogit)) / dummies;
	const no = queries * second * noMass ** 3;
	const noKey = queries * ((keys * Math.exp(core.noLogit - core.yesLogit)) / 8 + noMass ** 3);
	const noise = d * error.absolute;
	const decision = decide({
		value: whole,
		own: oneCallRounding(core, error.unitRoundoff, Math.abs(whole) + noise),
		noise,
		no,
		yes: second * yesMass ** 3,
		gain: d,
	});
	const leading = Math.min(decision.error, oneCallTolerance);
	const sides = (one: number, no: number, least: number): BitSides =>
		splitSum({ whole, one, error: leading, no, yes: decision.yes, least });
	return {
		...decision,
		queryBits: bits.slice(0, core.bits).map((one) => sides(one, no, decision.yes)),
		keyBits: bits.slice(core.bits).map((one) => sides(one, noKey, decision.yes / keys)),
	};
}

/**
 * Bound on what rounding adds to a sum Σ_j m_j³ of at most `size`. The terms of row j cancel from m_j² (paper.md 9.3:
 * p is f times c h - r, both of size m_j), so the bound is relative to Σ_j m_j² <= n_q^(1/3) (Σ_j m_j³)^(2/3).
 */
function oneCallRounding(core: OneCallCore, unitRoundoff: number, size: number): number {
	if (unitRoundoff === 0) return 0;
	const rounding = massRounding({ n: oneCallSizes(core).n, d: core.d, scoreSize: core.scoreSize }, unitRoundoff);
	return rounding * Math.cbrt(core.queries) * (size + rounding * core.queries) ** (2 / 3);
}

/**
 * Splits the whole sum, which is at least `yes`, into the part of bit 1, which was read, and the rest. A part without
 * pairs is at most `no`; with one it is at least `least`.
 */
function splitSum(sum: {
	whole: number;
	one: number;
	error: number;
	no: number;
	yes: number;
	least: number;
}): BitSides {
	const { whole, one, error, no, yes, least } = sum;
	const zero = whole - one;
	const zeroAtLeast = Math.max(yes, whole - error) - (one + error);
	return [
		{ value: zero, some: zeroAtLeast > no, none: zero + 2 * error < least },
		{ value: one, some: one - error > no, none: one + error < least },
	];
}
