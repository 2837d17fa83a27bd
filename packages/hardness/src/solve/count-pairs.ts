import type { Oracle } from "../oracle/oracle.ts";
import type { OrthogonalVectors } from "../reductions/instances/orthogonal-vectors.ts";
import { type Pair, restrict } from "../reductions/instances/pairs.ts";
import type { CountingOptions } from "../reductions/orthogonal/counting-plan.ts";
import {
	type CountingSizes,
	orthogonalCounting,
	type PairCount,
} from "../reductions/orthogonal/orthogonal-counting.ts";

/** Counts the orthogonal pairs by gradients (R3); asks for none where the amplification alone exceeds doubles. */
export async function countPairs(
	source: OrthogonalVectors,
	oracle: Oracle,
	options: CountingOptions,
): Promise<PairCount & { readonly sizes: CountingSizes }> {
	const sizes = orthogonalCounting.sizes(source, options);
	const { amplification } = sizes;
	if (!(amplification * 2 ** -53 < 0.5)) {
		const reason = `errors are magnified by ${amplification.toExponential(2)}, more than double precision holds; take a larger theta-max`;
		return { sizes, status: "unknown", estimate: Number.NaN, error: Number.POSITIVE_INFINITY, amplification, reason };
	}
	const { target, back } = orthogonalCounting.reduce(source, options);
	return { sizes, ...back(await oracle.ask(target)) };
}

/** A pair that counts led to, or why there is none to show. */
export type CountedSearch =
	| { readonly status: "found"; readonly pair: Pair }
	| { readonly status: "unknown"; readonly reason: string };

/**
 * Finds a pair of an instance known to have one, by counting in halves: at most log2 n_q + log2 n_k counts, each on an
 * instance half as large on one side.
 */
export async function findPairByCounting(
	source: OrthogonalVectors,
	oracle: Oracle,
	options: CountingOptions,
): Promise<CountedSearch> {
	let queries = Array.from({ length: source.a.rows }, (_, i) => i);
	let keys = Array.from({ length: source.b.rows }, (_, i) => i);
	while (queries.length > 1 || keys.length > 1) {
		const halvesKeys = keys.length >= queries.length;
		const whole = halvesKeys ? keys : queries;
		const middle = whole.length >> 1;
		const [low, high] = [whole.slice(0, middle), whole.slice(middle)];
		const inLow = await countPairs(
			restrict(source, halvesKeys ? queries : low, halvesKeys ? low : keys),
			oracle,
			options,
		);
		if (inLow.status === "unknown") return inLow;
		const chosen = inLow.count > 0 ? low : high;
		if (halvesKeys) keys = chosen;
		else queries = chosen;
	}
	return { status: "found", pair: { query: queries[0], key: keys[0] } };
}
