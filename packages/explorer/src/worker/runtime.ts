import { createRuntime, provideKernels, type Runtime } from "@attgrad/matrix-core";
import { unpackedKernels } from "./unpacked-kernels.ts";

let handedOver = false;

/** A runtime of one thread on the fastest kernels that this browser has, or on the kernel of a name. */
export function startRuntime(
	kernel: string | undefined,
	onProgress?: NonNullable<Runtime["onProgress"]>,
): Promise<Runtime> {
	if (!handedOver) provideKernels(unpackedKernels());
	handedOver = true;
	return createRuntime({ ...(kernel !== undefined && { kernel }), ...(onProgress && { onProgress }) });
}
