/**
 * Sums over all rows, joined from those of slots after each chunk of rows. Chunks are added with compensation (Neumaier 1974): what an addition
 * loses is kept and added in the end, so that the error does not grow with the number of chunks.
 */
export class JoinedSlots {
	readonly #sums: Float64Array;
	readonly #lost: Float64Array;

	/** @param length numbers of a slot */
	constructor(length: number) {
		this.#sums = new Float64Array(length);
		this.#lost = new Float64Array(length);
	}

	/** Adds the sums of all slots, which are added one after the other first, and sets them to zero. */
	add(slots: Float64Array): void {
		const [sums, lost] = [this.#sums, this.#lost];
		const { length } = sums;
		for (let at = 0; at < length; at++) {
			let chunk = 0;
			for (let from = at; from < slots.length; from += length) chunk += slots[from];
			const before = sums[at];
			const sum = before + chunk;
			// Exactly what the addition has lost (Knuth), also where it is below the normal range.
			const added = sum - before;
			lost[at] += before - (sum - added) + (chunk - added);
			sums[at] = sum;
		}
		slots.fill(0);
	}

	/** The sums of all chunks so far. */
	total(): Float64Array {
		// Beyond the range of numbers nothing is known of what was lost.
		return this.#sums.map((sum, at) => (Number.isFinite(sum) ? sum + this.#lost[at] : sum));
	}
}

/**
 * At least the roundings that count as much as joining so many chunks does: with u the unit roundoff, m compensated additions are off by u times
 * the sum and m² u² times the sum of sizes.
 */
export const roundingsOfJoins = (chunks: number): number => 2 + Math.ceil(chunks * chunks * 2 ** -52);
