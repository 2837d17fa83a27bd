import type { Random } from "@attgrad/matrix-core";

/**
 * Draws places in proportion to weights in constant time (Walker 1977, Vose 1991). The chances add up to 1, and those of all places together are off
 * by a few roundings for each place.
 */
export class AliasTable {
	readonly #chance: Float64Array;
	readonly #other: Uint32Array;

	/** @param weights numbers >= 0, of which some is not 0 */
	constructor(weights: Float64Array) {
		const n = weights.length;
		const total = weights.reduce((sum, weight) => sum + weight, 0);
		const share = weights.map((weight) => (weight / total) * n);
		this.#chance = new Float64Array(n).fill(1);
		this.#other = Uint32Array.from(weights.keys());
		const [small, large]: [number[], number[]] = [[], []];
		for (let at = 0; at < n; at++) (share[at] < 1 ? small : large).push(at);
		while (true) {
			const [below, above] = [small.at(-1), large.at(-1)];
			if (below === undefined || above === undefined) return;
			small.pop();
			this.#chance[below] = share[below];
			this.#other[below] = above;
			share[above] -= 1 - share[below];
			if (share[above] >= 1) continue;
			large.pop();
			small.push(above);
		}
	}

	/** A place. */
	draw(random: Random): number {
		const at = random.uniform() * this.#chance.length;
		const place = Math.floor(at);
		return at - place < this.#chance[place] ? place : this.#other[place];
	}
}
