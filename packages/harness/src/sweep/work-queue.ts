/**
 * Handles items in order, `width` at once, until none are left or the signal is aborted. When one fails, the items in
 * hand are told to stop through their signal and waited for, and the failure is thrown.
 */
export async function handleAll<Item>(
	items: Iterable<Item>,
	width: number,
	stop: AbortSignal | undefined,
	handle: (item: Item, signal: AbortSignal) => Promise<void>,
): Promise<void> {
	const failed = new AbortController();
	const signal = stop ? AbortSignal.any([stop, failed.signal]) : failed.signal;
	const queue = items[Symbol.iterator]();
	const work = async () => {
		for (let next = queue.next(); !next.done; next = queue.next()) {
			if (signal.aborted) return;
			await handle(next.value, signal);
		}
	};
	const workers = Array.from({ length: width }, () =>
		work().catch((error) => {
			failed.abort();
			throw error;
		}),
	);
	const ends = await Promise.allSettled(workers);
	for (const end of ends) if (end.status === "rejected") throw end.reason;
}
