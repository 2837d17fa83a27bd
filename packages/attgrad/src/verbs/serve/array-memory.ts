/** Most bytes that are kept from one request to the next. */
const MOST_KEPT = 2 ** 28;

/** Every array starts at a multiple of this, and its numbers behind a header of NumPy too. */
const ALIGNMENT = 64;

/**
 * The memory that arrays are read into, kept from one request to the next: the system hands out fresh memory page by page, which takes longer than
 * reading into it.
 */
export class ArrayMemory {
	#kept = new Uint8Array();

	/** Memory for arrays of some lengths in bytes; its content is not cleared. What was taken before is handed out again. */
	take(lengths: readonly number[]): Uint8Array[] {
		const starts: number[] = [];
		let total = 0;
		for (const length of lengths) {
			starts.push(total);
			total += Math.ceil(length / ALIGNMENT) * ALIGNMENT;
		}
		const memory = total <= this.#kept.length ? this.#kept : new Uint8Array(total);
		if (total <= MOST_KEPT) this.#kept = memory;
		return lengths.map((length, i) => memory.subarray(starts[i], starts[i] + length));
	}
}
