const provided = new Map<string, Uint8Array<ArrayBuffer>>();

/**
 * Hands over compiled modules where there is no folder to read them from, as in a web page; before the first runtime is made.
 * @param files the bytes of `build/NAME.BUILD.wasm` by the name of the file
 */
export function provideKernels(files: Readonly<Record<string, Uint8Array<ArrayBuffer>>>): void {
	for (const [file, bytes] of Object.entries(files)) provided.set(file, bytes);
}

/** The bytes of a module that was handed over. */
export const providedKernel = (file: string): Uint8Array<ArrayBuffer> | undefined => provided.get(file);
