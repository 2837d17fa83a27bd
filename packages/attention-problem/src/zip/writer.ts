import { crc32, writeAll } from "#platform";
import { fixedLength, method, SEE_ZIP64_16, SEE_ZIP64_32, signature, ZIP64_EXTRA } from "./records.ts";

interface Written {
	readonly name: Uint8Array;
	readonly size: number;
	readonly offset: number;
	crc: number;
}

/** 1 January 1980, so that equal problems are equal files. */
const DATE = 0x21;
/** Version 2.0 of the format, 4.5 for zip64; "made by" Unix. */
const VERSION = { plain: 20, zip64: 45, unix: 3 << 8 };
/** A regular file, readable by all, in the upper half. */
const PERMISSIONS = 0o100644 * 2 ** 16;

/** Writes the stored entries of a zip archive one after another, from pieces; nothing is kept in memory. */
export class ZipWriter {
	readonly #file: number;
	readonly #zip64From: number;
	readonly #entries: Written[] = [];
	#position = 0;

	/**
	 * @param file open and empty
	 * @param zip64From sizes and offsets from here on are written as zip64
	 * @default zip64From 2^32 - 1, the first that does not fit otherwise
	 */
	constructor(file: number, zip64From = SEE_ZIP64_32) {
		this.#file = file;
		this.#zip64From = zip64From;
	}

	/** Writes an entry of exactly `size` bytes. */
	async add(name: string, size: number, pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): Promise<void> {
		const entry: Written = { name: new TextEncoder().encode(name), size, offset: this.#position, crc: 0 };
		this.#append(this.#localHeader(entry));
		const start = this.#position;
		for await (const piece of pieces) {
			entry.crc = crc32(piece, entry.crc);
			this.#append(piece);
		}
		if (this.#position - start !== size) throw new Error(`${name}: ${this.#position - start} bytes, declared ${size}`);
		writeAll(this.#file, this.#localHeader(entry), entry.offset);
		this.#entries.push(entry);
	}

	/** Writes the central directory; the archive is complete then. */
	finish(): void {
		const offset = this.#position;
		for (const entry of this.#entries) this.#append(this.#centralHeader(entry));
		const size = this.#position - offset;
		const count = this.#entries.length;
		const wide = offset >= this.#zip64From;
		if (wide) this.#append(zip64End({ count, size, offset, position: this.#position }));
		const end = record(fixedLength.end);
		end.view.setUint32(0, signature.end, true);
		end.view.setUint16(8, wide ? SEE_ZIP64_16 : count, true);
		end.view.setUint16(10, wide ? SEE_ZIP64_16 : count, true);
		end.view.setUint32(12, wide ? SEE_ZIP64_32 : size, true);
		end.view.setUint32(16, wide ? SEE_ZIP64_32 : offset, true);
		this.#append(end.bytes);
	}

	#append(bytes: Uint8Array): void {
		writeAll(this.#file, bytes);
		this.#position += bytes.length;
	}

	#localHeader({ name, size, crc }: Written): Uint8Array {
		const wide = size >= this.#zip64From;
		const extra = wide ? zip64Extra([size, size]) : new Uint8Array(0);
		const { bytes, view } = record(fixedLength.localHeader, name, extra);
		view.setUint32(0, signature.localHeader, true);
		view.setUint16(4, wide ? VERSION.zip64 : VERSION.plain, true);
		setCommon(view, 8, { crc, size: wide ? SEE_ZIP64_32 : size, name, extra });
		return bytes;
	}

	#centralHeader({ name, size, crc, offset }: Written): Uint8Array {
		const [wideSize, wideOffset] = [size >= this.#zip64From, offset >= this.#zip64From];
		const extra =
			wideSize || wideOffset
				? zip64Extra([...(wideSize ? [size, size] : []), ...(wideOffset ? [offset] : [])])
				: new Uint8Array(0);
		const { bytes, view } = record(fixedLength.centralHeader, name, extra);
		const version = wideSize || wideOffset ? VERSION.zip64 : VERSION.plain;
		view.setUint32(0, signature.centralHeader, true);
		view.setUint16(4, version | VERSION.unix, true);
		view.setUint16(6, version, true);
		setCommon(view, 10, { crc, size: wideSize ? SEE_ZIP64_32 : size, name, extra });
		view.setUint32(38, PERMISSIONS, true);
		view.setUint32(42, wideOffset ? SEE_ZIP64_32 : offset, true);
		return bytes;
	}
}

/** A record of a fixed part and what follows it. */
function record(fixed: number, ...rest: Uint8Array[]): { bytes: Uint8Array; view: DataView } {
	const bytes = new Uint8Array(rest.reduce((length, part) => length + part.length, fixed));
	let at = fixed;
	for (const part of rest) {
		bytes.set(part, at);
		at += part.length;
	}
	return { bytes, view: new DataView(bytes.buffer) };
}

/** The fields that local and central header have in one order: method, time, date, CRC, sizes, lengths. */
function setCommon(
	view: DataView,
	at: number,
	{ crc, size, name, extra }: { crc: number; size: number; name: Uint8Array; extra: Uint8Array },
): void {
	view.setUint16(at, method.stored, true);
	view.setUint16(at + 4, DATE, true);
	view.setUint32(at + 6, crc, true);
	view.setUint32(at + 10, size, true);
	view.setUint32(at + 14, size, true);
	view.setUint16(at + 18, name.length, true);
	view.setUint16(at + 20, extra.length, true);
}

function zip64Extra(values: readonly number[]): Uint8Array {
	const { bytes, view } = record(4 + 8 * values.length);
	view.setUint16(0, ZIP64_EXTRA, true);
	view.setUint16(2, 8 * values.length, true);
	for (const [i, value] of values.entries()) view.setBigUint64(4 + 8 * i, BigInt(value), true);
	return bytes;
}

/** The zip64 end record at `position`, and the locator that points to it. */
function zip64End(directory: { count: number; size: number; offset: number; position: number }): Uint8Array {
	const { bytes, view } = record(fixedLength.zip64End + fixedLength.zip64Locator);
	view.setUint32(0, signature.zip64End, true);
	view.setBigUint64(4, BigInt(fixedLength.zip64End - 12), true);
	view.setUint16(12, VERSION.zip64 | VERSION.unix, true);
	view.setUint16(14, VERSION.zip64, true);
	view.setBigUint64(24, BigInt(directory.count), true);
	view.setBigUint64(32, BigInt(directory.count), true);
	view.setBigUint64(40, BigInt(directory.size), true);
	view.setBigUint64(48, BigInt(directory.offset), true);
	const locator = fixedLength.zip64End;
	view.setUint32(locator, signature.zip64Locator, true);
	view.setBigUint64(locator + 8, BigInt(directory.position), true);
	view.setUint32(locator + 16, 1, true);
	return bytes;
}
