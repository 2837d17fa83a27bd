import { UsageError } from "@attgrad/matrix-core";

/** The most shards that a sweep has: more than any batch system runs at once. */
const mostShards = 100_000;

/** One of the shards of a sweep, which cost about the same. */
export interface Shard {
	/** From 1. */
	readonly index: number;
	readonly of: number;
}

/**
 * Reads `2/4`, the second of four shards.
 * @throws UsageError for anything else
 */
export function parseShard(text: string): Shard {
	const [, index, of] = /^(\d+)\/(\d+)$/.exec(text.trim())?.map(Number) ?? [];
	if (!(index !== undefined && of !== undefined && 1 <= index && index <= of && of <= mostShards))
		throw new UsageError(`--shard must be i/k with 1 <= i <= k <= ${mostShards}, like 2/4, got ${text || "nothing"}`);
	return { index, of };
}

/** Name of the folder of a shard. */
export function shardFolder({ index, of }: Shard): string {
	return `shard-${index}-of-${of}`;
}

/**
 * Assigns items to shards of about equal cost: items in decreasing cost, each to the least-loaded shard. No shard costs
 * more than 4/3 of the costliest one of the best assignment (Graham 1969). The same on every machine; items keep their
 * order within a shard.
 * @throws UsageError for more shards than a sweep may have
 */
export function assignToShards<Item>(items: readonly Item[], count: number, cost: (item: Item) => number): Item[][] {
	if (count > mostShards) throw new UsageError(`a sweep has at most ${mostShards} shards, got ${count}`);
	const priced = items.map((item, order) => ({ item, order, cost: cost(item) }));
	const shards = Array.from({ length: count }, () => ({ cost: 0, members: [] as typeof priced }));
	// Every item costs something, so the first empty shard is reached before any that follows it.
	const reached = shards.slice(0, items.length);
	for (const one of priced.toSorted((a, b) => b.cost - a.cost || a.order - b.order)) {
		const least = reached.reduce((best, shard) => (shard.cost < best.cost ? shard : best));
		least.members.push(one);
		least.cost += one.cost;
	}
	return shards.map(({ members }) => members.sort((a, b) => a.order - b.order).map(({ item }) => item));
}
