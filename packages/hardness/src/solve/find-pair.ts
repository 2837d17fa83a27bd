import type { GradientQueries, Readings } from "../oracle/gradient-queries.ts";
import type { Oracle } from "../oracle/oracle.ts";
import { type OneCallOptions, oneCallTolerance } from "../reductions/decision/one-call-core.ts";
import type { BitSides, PairDecision } from "../reductions/decision/pair-decision.ts";
import type { Reduction } from "../reductions/decision/reduction.ts";
import { type Pair, type PairInstance, restrict } from "../reductions/instances/pairs.ts";

/** A reduction whose one gradient holds a decision and the bits of a pair: R1a, R1b. */
type PairReduction<Source> = Reduction<Source, GradientQueries, Readings, PairDecision, unknown, OneCallOptions>;

/** A pair that was checked, the proof that there is none, or why neither; and the decision of the first gradient. */
export type PairSearch = { readonly decision: PairDecision } & (
	| { readonly status: "found"; readonly pair: Pair }
	| { readonly status: "none" }
	| { readonly status: "unknown"; readonly reason: string }
);

/**
 * Finds a pair by gradients alone, however many there are.
 *
 * The first gradient decides, and spells the pair if it is unique. What it spells is checked. If that fails there are
 * several: indices that are known to be without pairs are dropped, one bit of which both values have pairs is fixed, on
 * the larger side, to the value with fewer, and the smaller instance is asked for. Each further call halves a side, so
 * there are at most log2 n_q + log2 n_k of them, on instances that shrink; with an exact oracle about log2 of the number
 * of pairs. A pair counts only once it is checked; its absence only if the first gradient proves it.
 */
export async function findPair<Source extends PairInstance>(
	reduction: PairReduction<Source>,
	source: Source,
	oracle: Oracle,
	check: (pair: Pair) => boolean,
): Promise<PairSearch> {
	let candidates: Candidates = { queries: indices(source.a.rows), keys: indices(source.b.rows) };
	let first: PairDecision | undefined;
	for (;;) {
		const { queries, keys } = candidates;
		const { target, back } = reduction.reduce(restrict(source, queries, keys), { witness: true });
		const decision = back(await oracle.ask(target));
		first ??= decision;
		const pair = { query: queries[spelled(decision.queryBits)], key: keys[spelled(decision.keyBits)] };
		if (isPair(pair) && check(pair)) return { decision: first, status: "found", pair };
		if (first.status === "no") return { decision: first, status: "none" };
		const goesOn = decision.status !== "no" && decision.value > (decision.yes + decision.no) / 2;
		const narrowed = goesOn ? narrow(candidates, decision) : undefined;
		if (!narrowed) return { decision: first, status: "unknown", reason: whyStuck(first) };
		candidates = narrowed;
	}
}

interface Candidates {
	readonly queries: readonly number[];
	readonly keys: readonly number[];
}

const indices = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

function whyStuck(first: PairDecision): string {
	if (first.status === "unknown") return first.reason;
	const enough = (oneCallTolerance / first.gain).toExponential(2);
	return first.noise > oneCallTolerance
		? `a pair is proven to exist, but the noise hides which: an oracle error below ${enough} shows it`
		: "the oracle contradicts itself (a pair in the whole, none in its parts): it is off by more than it declares";
}

/** The index that the bits spell: of two values that both have pairs, that with the larger sum. */
function spelled(bits: readonly BitSides[]): number {
	return bits.reduce((index, [zero, one], t) => {
		const isOne = one.some && !(zero.some && zero.value > one.value);
		return isOne ? index + 2 ** t : index;
	}, 0);
}

function isPair(pair: { query: number | undefined; key: number | undefined }): pair is Pair {
	return pair.query !== undefined && pair.key !== undefined;
}

/** Fewer queries and keys among which there is still a pair; undefined where nothing is known that makes them fewer. */
function narrow({ queries, keys }: Candidates, { queryBits, keyBits }: PairDecision): Candidates | undefined {
	const all = { queries: indices(queries.length), keys: indices(keys.length) };
	const left = { queries: dropEmpty(all.queries, queryBits), keys: dropEmpty(all.keys, keyBits) };
	const halves =
		left.keys.length >= left.queries.length
			? (fixBit("keys", left.keys, keyBits) ?? fixBit("queries", left.queries, queryBits))
			: (fixBit("queries", left.queries, queryBits) ?? fixBit("keys", left.keys, keyBits));
	const kept: Candidates = { ...left, ...halves };
	const size = kept.queries.length * kept.keys.length;
	if (size === 0 || size === queries.length * keys.length) return undefined;
	return { queries: kept.queries.map((at) => queries[at]), keys: kept.keys.map((at) => keys[at]) };
}

/** The positions with a fixed value of the first bit that divides them and has a value with pairs for certain. */
function fixBit(
	side: keyof Candidates,
	positions: readonly number[],
	bits: readonly BitSides[],
): Partial<Candidates> | undefined {
	for (const [t, [zero, one]] of bits.entries()) {
		if (!zero.some && !one.some) continue;
		const value = one.some && !(zero.some && zero.value <= one.value) ? 1 : 0;
		const kept = positions.filter((position) => bit(position, t) === value);
		if (kept.length > 0 && kept.length < positions.length) return { [side]: kept };
	}
	return undefined;
}

/** The positions without those known to have no pair. */
function dropEmpty(positions: readonly number[], bits: readonly BitSides[]): number[] {
	const forced = bits.map(([zero, one]) => (one.none && !zero.none ? 0 : zero.none && !one.none ? 1 : undefined));
	return positions.filter((position) => forced.every((value, t) => value === undefined || bit(position, t) === value));
}

/** Bit t of an index, least first. */
const bit = (index: number, t: number): number => (index >>> t) & 1;
