import { type Dtype, firstNotFinite, type Numbers, type RowSource, UsageError } from "@attgrad/matrix-core";
import { crc32 } from "#platform";
import type { ReadableFile } from "../files/readable-file.ts";
import type { ElementType } from "./element-type.ts";
import { convertElements, type ElementName, notFinite } from "./elements.ts";

/** Bytes that are converted at once. */
const CHUNK = 2 ** 18;

/** Where the elements of an array are, as they follow each other in the file. */
export interface StoredArray {
	readonly file: ReadableFile;
	/** Names the array in errors. */
	readonly where: string;
	/** Position of the first element. */
	readonly position: number;
	readonly element: ElementType;
	/** CRC-32 of the bytes before the first element, and of all bytes, where the file has one. */
	readonly crc?: { readonly before: number; readonly all: number };
}

/**
 * Rows of an array that lies uncompressed in a file, read where they are when they are asked for.
 * Reads check that the entries are finite; reading all rows in order, from the first, checks the CRC at the end. Once that has been done,
 * reads of the same number type check nothing: passes over a long file would spend a tenth of their time on it.
 */
export class StoredRows implements RowSource {
	readonly rows: number;
	readonly cols: number;
	readonly dtype: Dtype;
	readonly #array: StoredArray;
	readonly #name: ElementName;
	/** Elements read in order since the first, and the CRC so far. */
	#checked = { elements: 0, crc: 0 };
	/** Whether all have been read in order, and are as they should be. */
	#isIntact = false;
	#chunk = new Uint8Array(0);

	constructor(
		array: StoredArray,
		{ rows, cols, dtype }: { rows: number; cols: number; dtype: Dtype },
		name: ElementName,
	) {
		this.rows = rows;
		this.cols = cols;
		this.dtype = dtype;
		this.#array = array;
		this.#name = name;
	}

	/** @throws UsageError for an entry that is NaN or infinite, a file that cannot be read, a CRC that does not match */
	readRows(from: number, to: number, target: Numbers): void {
		this.readElements(from * this.cols, to * this.cols, target);
	}

	/** Reads the elements of running index from..to-1, as they follow each other in the file. @throws what `readRows` throws */
	readElements(from: number, to: number, target: Numbers): void {
		const step = CHUNK / this.#array.element.size;
		for (let first = from, at = 0; first < to; first += step, at += step)
			this.#read(first, Math.min(step, to - first), target, at);
	}

	/** Reads `count` elements from running index `first` on into target[at..]. */
	#read(first: number, count: number, target: Numbers, at: number): void {
		const { file, element, position } = this.#array;
		const direct = element.native && element.size === target.BYTES_PER_ELEMENT;
		const bytes = direct
			? new Uint8Array(target.buffer, target.byteOffset + at * element.size, count * element.size)
			: this.#buffer(count * element.size);
		file.readInto(bytes, position + first * element.size);
		const isLast = !this.#isIntact && this.#check(bytes, first, count);
		if (!direct) convertElements(bytes, element, count, target, at, this.#name, first);
		else if (!this.#isIntact) {
			const bad = firstNotFinite(target, at, at + count);
			if (bad >= 0) notFinite(target[bad], this.#name(first + bad - at));
		}
		if (isLast) this.#isIntact = true;
	}

	#buffer(length: number): Uint8Array {
		if (this.#chunk.length < length) this.#chunk = new Uint8Array(CHUNK);
		return this.#chunk.subarray(0, length);
	}

	/** Carries the CRC on; true for the last elements of a pass over all. */
	#check(bytes: Uint8Array, first: number, count: number): boolean {
		const { crc, where } = this.#array;
		if (first === 0) this.#checked = { elements: 0, crc: crc?.before ?? 0 };
		if (first !== this.#checked.elements) return false;
		this.#checked = { elements: first + count, crc: crc ? crc32(bytes, this.#checked.crc) : 0 };
		if (this.#checked.elements < this.rows * this.cols) return false;
		if (crc && this.#checked.crc !== crc.all)
			throw new UsageError(`${where}: damaged: its CRC-32 does not match its bytes`);
		return true;
	}
}
