/** Name of the processor: a page is not told. */
export const processorName = (): string => "a browser";

/** A clock of processor time. A page has none: it is the time of day. */
export function startProcessorClock(): () => number {
	const start = performance.now();
	return () => performance.now() - start;
}

/** Where the cache would be: a page keeps nothing. */
export const cacheFolder = (): string => "";

/** @throws Error always: a page keeps nothing after it is closed */
export async function readCached(_key: string): Promise<string> {
	throw new Error("a browser has no cache");
}

/** Does nothing: a page keeps nothing after it is closed. */
export const writeCached = async (_key: string, _text: string): Promise<void> => {};
