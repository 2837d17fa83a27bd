import kernels from "virtual:kernels";
import { unzlibSync } from "fflate";

/** The bytes of the kernels that the program carries, by the names of their files. */
export const unpackedKernels = (): Record<string, Uint8Array<ArrayBuffer>> =>
	Object.fromEntries(Object.entries(kernels).map(([file, text]) => [file, unpack(text)]));

const unpack = (text: string): Uint8Array<ArrayBuffer> =>
	unzlibSync(Uint8Array.from(atob(text), (character) => character.charCodeAt(0))).slice();
