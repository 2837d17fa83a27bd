import { UsageError } from "@attgrad/matrix-core";

/** A file that is read at positions of one's own choice. */
export interface ReadableFile {
	/** Its path, or the name of bytes in memory; names it in errors. */
	readonly path: string;
	/** Bytes. */
	readonly size: number;
	/**
	 * Fills `bytes` from a position on.
	 * @throws UsageError when the file ends before, or cannot be read
	 */
	readInto(bytes: Uint8Array, position: number): void;
	/** `length` bytes from a position on. */
	read(position: number, length: number): Uint8Array<ArrayBuffer>;
	close(): void;
}

/** A file in memory: what a page is given. */
export interface NamedBytes {
	/** Names the file in errors. */
	readonly name: string;
	readonly bytes: Uint8Array;
}

/** A file by its path, or in memory. */
export type FileSource = string | NamedBytes;

/** The path of a source, or its name. */
export const sourceName = (source: FileSource): string => (typeof source === "string" ? source : source.name);

/** Bytes in memory, read like a file. */
export class BytesFile implements ReadableFile {
	readonly path: string;
	readonly #bytes: Uint8Array;

	constructor({ name, bytes }: NamedBytes) {
		this.path = name;
		this.#bytes = bytes;
	}

	get size(): number {
		return this.#bytes.length;
	}

	readInto(bytes: Uint8Array, position: number): void {
		if (position + bytes.length > this.size)
			throw new UsageError(`cannot read ${this.path}: it ends at byte ${this.size}, before what it should hold`);
		bytes.set(this.#bytes.subarray(position, position + bytes.length));
	}

	read(position: number, length: number): Uint8Array<ArrayBuffer> {
		const bytes = new Uint8Array(length);
		this.readInto(bytes, position);
		return bytes;
	}

	close(): void {}
}
