import { bytesPerNumber, type Dtype, type RowSource } from "../matrix.ts";
import type { KernelMemory } from "./memory.ts";

/** Bytes that rows are kept for: they stay in a cache, and no one misses the memory. */
const MOST_BYTES = 2 ** 24;

const bytesOf = (sources: Iterable<RowSource>, dtype: Dtype): number => {
	let numbers = 0;
	for (const { rows, cols } of sources) numbers += rows * cols;
	return numbers * bytesPerNumber(dtype);
};

/** All rows of some sources in the kernels' memory, each source read when it is first asked for. */
export class RowCache {
	readonly #dtype: Dtype;
	readonly #memory: KernelMemory;
	readonly #places = new Map<RowSource, { readonly address: number; read: boolean }>();

	/** Whether the sources are small enough to be kept. */
	static fit(sources: readonly RowSource[], dtype: Dtype): boolean {
		return bytesOf(new Set(sources), dtype) <= MOST_BYTES;
	}

	/** @throws ComputationError out-of-memory when the memory cannot grow */
	constructor(sources: readonly RowSource[], dtype: Dtype, memory: KernelMemory) {
		this.#dtype = dtype;
		this.#memory = memory;
		for (const source of new Set(sources))
			this.#places.set(source, { address: memory.allocate(bytesOf([source], dtype)), read: false });
	}

	/** Address of all rows of a source, row-major, as `dtype`; undefined where they are not kept so. */
	addressOf(source: RowSource, dtype: Dtype): number | undefined {
		const place = this.#places.get(source);
		if (!place || dtype !== this.#dtype) return undefined;
		if (!place.read) this.#memory.readRows(source, 0, source.rows, dtype, place.address);
		place.read = true;
		return place.address;
	}
}
