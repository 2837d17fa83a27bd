import { allocateNumbers, bytesPerNumber, type Dtype, type Numbers } from "@attgrad/matrix-core";

/** Most bytes that are kept for later requests. */
const MOST_KEPT = 2 ** 28;

/** Least bytes of a result whose memory is used again: the engine collects smaller ones at little cost. */
const LEAST_REUSED = 2 ** 16;

/**
 * The memory of results, used again once they are written: the engine would collect fresh memory of this size at almost every request, which takes longer
 * than to copy it. Each result has memory of its own from the request that computes it until all of its answer is written, and begins as zeros.
 */
export class ResultMemory {
	readonly #most: number;
	/** That no answer needs, oldest first. */
	#free: ArrayBuffer[] = [];
	/** Of the request that is being computed. */
	#taken: ArrayBuffer[] = [];

	/** @param most bytes that are kept */
	constructor(most = MOST_KEPT) {
		this.#most = most;
	}

	/** Zeros for a result of the request that is being computed. @throws ComputationError where there is no memory */
	allocate(dtype: Dtype, length: number): Numbers {
		const bytes = length * bytesPerNumber(dtype);
		if (bytes < LEAST_REUSED) return allocateNumbers(dtype, length);
		const kept = this.#take(bytes);
		const numbers = kept ? view(kept, dtype, length).fill(0) : allocateNumbers(dtype, length);
		this.#taken.push(numbers.buffer as ArrayBuffer);
		return numbers;
	}

	/** Ends a request; gives what is to be called once all of its answer is written, and makes its memory free. */
	endRequest(): () => void {
		const taken = this.#taken.splice(0);
		return () => {
			this.#free.push(...taken.splice(0));
			let kept = this.#free.reduce((sum, { byteLength }) => sum + byteLength, 0);
			while (kept > this.#most) kept -= this.#free.shift()?.byteLength ?? kept;
		};
	}

	/** The smallest free memory that holds so many bytes. */
	#take(bytes: number): ArrayBuffer | undefined {
		let best = -1;
		for (const [at, { byteLength }] of this.#free.entries())
			if (byteLength >= bytes && (best < 0 || byteLength < this.#free[best].byteLength)) best = at;
		return best < 0 ? undefined : this.#free.splice(best, 1)[0];
	}
}

const view = (memory: ArrayBuffer, dtype: Dtype, length: number): Numbers =>
	dtype === "f64" ? new Float64Array(memory, 0, length) : new Float32Array(memory, 0, length);
