import { type Dtype, Matrix, seededRandom } from "@attgrad/matrix-core";
import fc from "fast-check";
import { type BackwardProblem, createBackwardProblem } from "../operator/operands.ts";
import type { Visibility } from "../operator/visibility.ts";

/** The backward problems that a property is tried on. */
export interface BackwardRange {
	/** Most queries, and most keys, of a head. @default 70 */
	maxN?: number;
	/** Largest width. @default 6 */
	maxD?: number;
	/** Spread of the entries of queries and keys. @default 1 */
	spread?: number;
	/** Which masks. @default all kinds */
	among?: readonly ("none" | "causal" | "window" | "packed" | "packed-causal")[];
	/** Most heads of keys, and most heads of queries for each. @default 2 */
	maxHeads?: number;
	/** @default f64 */
	dtype?: Dtype;
}

const awkward = [1, 2, 3, 7, 8, 63, 64, 65, 111, 129];

/** Random backward problems: every kind of mask, heads and groups, n_q ≠ n_k, d ≠ d_v. */
export function arbitraryBackwardProblem({
	maxN = 70,
	maxD = 6,
	spread = 1,
	among = ["none", "causal", "window", "packed", "packed-causal"],
	maxHeads = 2,
	dtype = "f64",
}: BackwardRange = {}): fc.Arbitrary<BackwardProblem> {
	const rows = fc.oneof(
		fc.integer({ min: 1, max: maxN }),
		fc.constantFrom(...awkward.filter((n) => n === 1 || n <= maxN)),
	);
	const width = fc.integer({ min: 1, max: maxD });
	const heads = fc.integer({ min: 1, max: maxHeads });
	return fc
		.record({
			kind: fc.constantFrom(...among),
			...{ n_q: rows, n_k: rows, d: width, d_v: width, keyHeads: heads, group: heads, batch: heads },
			window: fc.integer({ min: 1, max: 20 }),
			cuts: fc.array(fc.nat({ max: maxN }), { maxLength: 4 }),
			seed: fc.nat(),
		})
		.map(({ kind, n_q, n_k, cuts, window, ...sizes }) => {
			const packed = kind === "packed" || kind === "packed-causal";
			const mask = kind === "none" || kind === "packed" ? ("none" as const) : ("causal" as const);
			const visibility: Visibility = {
				mask,
				...(kind === "window" && { window }),
				...(packed && { lengths: lengthsOf(n_q, cuts) }),
			};
			return randomBackwardProblem({ ...sizes, n_q, n_k: packed ? n_q : n_k, visibility, spread, dtype });
		});
}

/** Lengths of sequences of n rows, cut at the given rows. */
function lengthsOf(n: number, cuts: readonly number[]): number[] {
	const ends = [...new Set(cuts.map((cut) => cut % n)), n].filter((end) => end > 0).sort((a, b) => a - b);
	return ends.map((end, i) => end - (ends[i - 1] ?? 0));
}

/** Sizes and seed of a random backward problem. */
export interface RandomBackward {
	readonly n_q: number;
	readonly n_k: number;
	readonly d: number;
	readonly d_v: number;
	/** @default 1 */
	readonly batch?: number;
	/** @default 1 */
	readonly keyHeads?: number;
	/** Heads of queries for each head of keys. @default 1 */
	readonly group?: number;
	readonly visibility?: Visibility;
	/** Entries of Q and K are uniform in ±spread, those of V and dO in ±1. @default 1 */
	readonly spread?: number;
	/** @default 1/d */
	readonly scale?: number;
	readonly seed?: number;
	readonly dtype?: Dtype;
}

/** A random backward problem of four axes. */
export function randomBackwardProblem({
	n_q,
	n_k,
	d,
	d_v,
	batch = 1,
	keyHeads = 1,
	group = 1,
	visibility,
	spread = 1,
	scale,
	seed = 1,
	dtype = "f64",
}: RandomBackward): BackwardProblem {
	const array = (name: string, heads: number, n: number, cols: number, size: number) => {
		const random = seededRandom(seed, name);
		const rows = Matrix.build(batch * heads * n, cols, () => random.uniform(-size, size), dtype);
		return { shape: [batch, heads, n, cols], rows };
	};
	const heads = keyHeads * group;
	return createBackwardProblem(
		{
			Q: array("Q", heads, n_q, d, spread),
			K: array("K", keyHeads, n_k, d, spread),
			V: array("V", keyHeads, n_k, d_v, 1),
			dO: array("dO", heads, n_q, d_v, 1),
		},
		{ ...(scale !== undefined && { scale }), ...(visibility && { visibility }) },
	);
}
