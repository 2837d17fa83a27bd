/** A table of an `AliasTable`: place i is taken with this chance, and else the other one. */
export interface AliasTable {
	readonly chance: Float64Array;
	readonly other: Uint32Array;
}

/**
 * Draws places in proportion to weights in constant time (Walker 1977, Vose 1991): an even place i, and then i or `other[i]`. The chances add up to 1, and those of
 * all places together are off by a few roundings for each place.
 * @param weights numbers >= 0, of which some is not 0
 */
export function aliasTable(weights: Float64Array): AliasTable {
	const n = weights.length;
	let total = 0;
	for (let at = 0; at < n; at++) total += weights[at];
	const share = new Float64Array(n);
	const chance = new Float64Array(n).fill(1);
	const other = new Uint32Array(n);
	// Places with a share below 1 from the front, the others from the back.
	const places = new Uint32Array(n);
	let [small, large] = [0, n];
	for (let at = 0; at < n; at++) {
		share[at] = (weights[at] / total) * n;
		other[at] = at;
		if (share[at] < 1) places[small++] = at;
		else places[--large] = at;
	}
	while (small > 0 && large < n) {
		const [below, above] = [places[--small], places[large]];
		chance[below] = share[below];
		other[below] = above;
		share[above] -= 1 - share[below];
		if (share[above] >= 1) continue;
		large++;
		places[small++] = above;
	}
	return { chance, other };
}
