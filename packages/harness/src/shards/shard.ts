import { UsageError } from "@attgrad/matrix-core";

/** One of the equal parts of a sweep. */
export interface Shard {
	/** From 1. */
	readonly index: number;
	readonly of: number;
}

/**
 * Reads `2/4`, the second of four parts.
 * @throws UsageError for anything else
 */
export function parseShard(text: string): Shard {
	const [, index, of] = /^(\d+)\/(\d+)$/.exec(text.trim())?.map(Number) ?? [];
	if (!(index !== undefined && of !== undefined && 1 <= index && index <= of))
		throw new UsageError(`--shard must be i/k with 1 <= i <= k, like 2/4, got ${text || "nothing"}`);
	return { index, of };
}

/** Name of the folder of a shard. */
export function shardFolder({ index, of }: Shard): string {
	return `shard-${index}-of-${of}`;
}

/**
 * Shares items out so that every part costs about the same: the dearest item first, each to the part that has least so far. No
 * part costs more than 4/3 of the best partition's dearest (Graham 1969). The same on every machine; items keep their
 * order within a part.
 */
export function shareOut<Item>(items: readonly Item[], parts: number, cost: (item: Item) => number): Item[][] {
	const priced = items.map((item, order) => ({ item, order, cost: cost(item) }));
	const shares = Array.from({ length: parts }, () => ({ cost: 0, members: [] as typeof priced }));
	for (const one of priced.toSorted((a, b) => b.cost - a.cost || a.order - b.order)) {
		const least = shares.reduce((best, share) => (share.cost < best.cost ? share : best));
		least.members.push(one);
		least.cost += one.cost;
	}
	return shares.map(({ members }) => members.sort((a, b) => a.order - b.order).map(({ item }) => item));
}
