/** How two states become one: the second is added to the first, in place. It must be associative. */
export type Combine = (into: Float64Array, from: Float64Array) => void;

/** Sum, entry by entry. */
export const sum: Combine = (into, from) => {
	for (let i = 0; i < into.length; i++) into[i] += from[i];
};

/** Largest, entry by entry. */
export const largest: Combine = (into, from) => {
	for (let i = 0; i < into.length; i++) if (!(from[i] <= into[i])) into[i] = from[i];
};

/**
 * The states of a window of chunks taken together, where both ends of the window only move forward (backward.md A2). Two stacks: a
 * running fold of what came in last, and folds of what is left of the rest. A state is combined three times at most, and nothing
 * is ever subtracted, so that nothing cancels. Where the first end never moves, no state is kept.
 */
export class SlidingFold {
	/** The states of the window, taken together; all 0 for an empty one. */
	readonly value: Float64Array;
	readonly #combine: Combine;
	readonly #keep: boolean;
	readonly #running: Float64Array;
	/** The state of a chunk that is not kept. */
	readonly #own: Float64Array | undefined;
	#front: Float64Array[] = [];
	#back: Float64Array[] = [];
	#first = 0;
	#last = 0;

	/** @param keep whether the first end moves through states that were added */
	constructor(length: number, combine: Combine, keep: boolean) {
		this.value = new Float64Array(length);
		this.#running = new Float64Array(length);
		this.#combine = combine;
		this.#keep = keep;
		this.#own = keep ? undefined : new Float64Array(length);
	}

	/** Moves the window to the chunks first..last-1; `make` writes the state of a chunk into zeros. */
	move(first: number, last: number, make: (chunk: number, into: Float64Array) => void): void {
		if (first === this.#first && last === this.#last) return;
		if (first >= this.#last) this.#restart(first);
		for (let chunk = this.#last; chunk < last; chunk++) {
			const state = this.#own?.fill(0) ?? new Float64Array(this.value.length);
			make(chunk, state);
			this.#combine(this.#running, state);
			if (this.#keep) this.#back.push(state);
		}
		this.#last = Math.max(this.#last, last);
		for (; this.#first < first; this.#first++) {
			if (this.#front.length === 0) this.#turn();
			this.#front.pop();
		}
		this.value.set(this.#running);
		const rest = this.#front.at(-1);
		if (rest) this.#combine(this.value, rest);
	}

	#restart(first: number): void {
		this.#front = [];
		this.#back = [];
		this.#running.fill(0);
		[this.#first, this.#last] = [first, first];
	}

	/** Makes the stack of what came in: the fold of each state and all after it. */
	#turn(): void {
		for (let i = this.#back.length - 1; i >= 0; i--) {
			const above = this.#front.at(-1);
			if (above) this.#combine(this.#back[i], above);
			this.#front.push(this.#back[i]);
		}
		this.#back = [];
		this.#running.fill(0);
	}
}
