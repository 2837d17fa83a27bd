import { UsageError } from "@attgrad/matrix-core";

/** The masks that `Visibility` knows. */
export const maskNames = ["none", "causal"] as const;

/** Name of a mask. */
export type MaskName = (typeof maskNames)[number];

/** The keys that each query sees. */
export interface Visibility {
	/**
	 * `none`: every key. `causal`: query j sees key l iff l <= j + n_k − n_q, so that the last query sees every key (aligned at
	 * the end, as FlashAttention and PyTorch's `causal_lower_right`).
	 */
	readonly mask: MaskName;
	/** With `causal`: a query sees the last `window` of these keys only. @default all of them */
	readonly window?: number;
	/**
	 * Lengths of sequences that are packed one behind the other and do not see each other; `mask` and `window` hold within
	 * each of them. @default one sequence
	 */
	readonly lengths?: readonly number[];
}

/** Every query sees every key. */
export const everyKey: Visibility = { mask: "none" };

/**
 * @throws UsageError for a mask of another name, a window below 1 or without a causal mask, and lengths that are not whole
 * numbers >= 1 or do not add up to the number of queries and of keys
 */
export function checkVisibility({ mask, window, lengths }: Visibility, n_q: number, n_k: number): void {
	if (!maskNames.includes(mask))
		throw new UsageError(`mask: unknown mask: ${String(mask)} (known: ${maskNames.join(", ")})`);
	if (window !== undefined) {
		if (!(Number.isInteger(window) && window >= 1))
			throw new UsageError(`window must be a whole number >= 1, got ${window}`);
		if (mask !== "causal") throw new UsageError(`a window of ${window} needs the causal mask, got mask ${mask}`);
	}
	if (lengths === undefined) return;
	if (lengths.length === 0) throw new UsageError("lengths must have at least one entry, got none");
	const at = lengths.findIndex((length) => !(Number.isSafeInteger(length) && length >= 1));
	if (at >= 0) throw new UsageError(`lengths[${at}] must be a whole number >= 1, got ${lengths[at]}`);
	const total = lengths.reduce((sum, length) => sum + length, 0);
	for (const [name, n] of [
		["queries", n_q],
		["keys", n_k],
	] as const)
		if (total !== n) throw new UsageError(`lengths add up to ${total}, but there are ${n} ${name}`);
}

/** The visibility in a few words: `causal, window 16, 4 packed sequences`. */
export function describeVisibility({ mask, window, lengths }: Visibility): string {
	const parts = [mask === "none" ? "no mask" : mask];
	if (window !== undefined) parts.push(`window ${window}`);
	if (lengths !== undefined) parts.push(`${lengths.length} packed sequence${lengths.length === 1 ? "" : "s"}`);
	return parts.join(", ");
}
