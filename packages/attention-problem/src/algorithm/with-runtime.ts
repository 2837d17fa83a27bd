import { createRuntime, type Runtime } from "@attgrad/matrix-core";

/** Calls `use` with the runtime given, or with one of one thread that is made for this call (some 100 ms) and closed after it. */
export async function withRuntime<Result>(
	given: Runtime | undefined,
	use: (runtime: Runtime) => Promise<Result>,
): Promise<Result> {
	if (given) return use(given);
	const own = await createRuntime();
	try {
		return await use(own);
	} finally {
		await own.close();
	}
}
