import kernels from "virtual:kernels";
import { createRuntime, provideKernels, type Runtime } from "@attgrad/matrix-core";
import { unzlibSync } from "fflate";

let handedOver = false;

/** A runtime of one thread on the fastest kernels that this browser has, or on the kernel of a name. */
export function startRuntime(
	kernel: string | undefined,
	onProgress?: NonNullable<Runtime["onProgress"]>,
): Promise<Runtime> {
	if (!handedOver) {
		const files = Object.entries(kernels).map(([file, text]) => [file, unpack(text)] as const);
		provideKernels(Object.fromEntries(files));
	}
	handedOver = true;
	return createRuntime({ ...(kernel !== undefined && { kernel }), ...(onProgress && { onProgress }) });
}

const unpack = (text: string): Uint8Array<ArrayBuffer> =>
	unzlibSync(Uint8Array.from(atob(text), (character) => character.charCodeAt(0))).slice();
