import threadProgram from "virtual:thread";
import { createRuntime, processorCount, provideKernels, provideThreads, type Runtime } from "@attgrad/matrix-core";
import type { Call } from "./messages.ts";
import { unpackedKernels } from "./unpacked-kernels.ts";

let handedOver = false;

/** Threads that a page takes at most. */
const MOST_THREADS = 8;

/** The kernel and the threads that the page asks for. */
type Wanted = { readonly [Key in "kernel" | "threads"]: Call[Key] };

/**
 * A runtime on the fastest kernels that this browser has, or on the kernel of a name: with a thread for each processor where the page is
 * cross-origin isolated, with one elsewhere.
 */
export function startRuntime(
	{ kernel, threads: wanted }: Wanted,
	onProgress?: NonNullable<Runtime["onProgress"]>,
): Promise<Runtime> {
	if (!handedOver) {
		provideKernels(unpackedKernels());
		provideThreads(URL.createObjectURL(new Blob([threadProgram], { type: "text/javascript" })));
	}
	handedOver = true;
	// Asked only now: threads need their program.
	const threads = wanted ?? Math.min(processorCount(), MOST_THREADS);
	return createRuntime({ threads, ...(kernel !== undefined && { kernel }), ...(onProgress && { onProgress }) });
}
