import { closeSync, fstatSync, openSync, readSync, statSync } from "node:fs";
import { UsageError } from "@attgrad/matrix-core";
import { fileError } from "./file-error.ts";
import type { ReadableFile } from "./readable-file.ts";

/** A file of any size on the disk. */
export class RandomAccessFile implements ReadableFile {
	readonly path: string;
	/** Bytes. */
	readonly size: number;
	readonly #file: number;
	#open = true;

	/** @throws UsageError for a file that is not there, is not a regular file, or cannot be read */
	constructor(path: string) {
		this.path = path;
		try {
			if (!statSync(path).isFile()) throw new UsageError(`cannot read ${path}: not a regular file`);
			this.#file = openSync(path, "r");
			this.size = fstatSync(this.#file).size;
		} catch (error) {
			throw fileError("read", path, error);
		}
	}

	/**
	 * Fills `bytes` from a position on.
	 * @throws UsageError when the file ends before, or cannot be read
	 */
	readInto(bytes: Uint8Array, position: number): void {
		for (let done = 0; done < bytes.length; ) {
			const got = this.#read(bytes, done, position + done);
			if (got === 0)
				throw new UsageError(
					`cannot read ${this.path}: it ends at byte ${position + done}, before what it should hold`,
				);
			done += got;
		}
	}

	#read(bytes: Uint8Array, done: number, position: number): number {
		try {
			return readSync(this.#file, bytes, done, Math.min(bytes.length - done, 2 ** 30), position);
		} catch (error) {
			throw fileError("read", this.path, error);
		}
	}

	/** `length` bytes from a position on. */
	read(position: number, length: number): Uint8Array<ArrayBuffer> {
		const bytes = new Uint8Array(length);
		this.readInto(bytes, position);
		return bytes;
	}

	close(): void {
		if (this.#open) closeSync(this.#file);
		this.#open = false;
	}
}
