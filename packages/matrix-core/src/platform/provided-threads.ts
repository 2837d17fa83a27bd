let address: string | undefined;

/**
 * Says where the program of worker threads is (`@attgrad/matrix-core/page-worker`, bundled), for a web page; before the first runtime is made.
 * Pages that are not cross-origin isolated have one thread all the same.
 */
export function provideThreads(program: string): void {
	address = program;
}

/** The address of the program of worker threads; undefined where there is none. */
export const providedThreads = (): string | undefined => address;
