import { UsageError } from "@attgrad/matrix-core";
import { KIND_BYTES, kindOfBytes } from "../files/file-kind.ts";
import type { ReadableFile } from "../files/readable-file.ts";
import { fixedLength, method, SEE_ZIP64_16, SEE_ZIP64_32, signature, ZIP64_EXTRA } from "./records.ts";

/** An entry of a zip archive, checked as far as its headers go. */
export interface ZipEntry {
	readonly name: string;
	readonly method: "stored" | "deflated";
	readonly crc: number;
	/** Bytes of the entry in the file. */
	readonly compressedSize: number;
	/** Bytes of the entry itself, as declared. */
	readonly size: number;
	/** Position of the entry's first byte in the file. */
	readonly dataStart: number;
}

/** A problem has 13 arrays at most; a directory that is larger than this is not one. */
const MOST_ENTRIES = 64;
const LONGEST_DIRECTORY = 2 ** 16;
/** The end record is looked for behind this many bytes at most: its comment, or bytes that do not belong to the archive. */
const LONGEST_TAIL = 0xffff;

interface DirectoryPlace {
	readonly count: number;
	readonly size: number;
	/** Position of the directory in the file. */
	readonly offset: number;
	/** Bytes before the archive, by which all positions that it declares are off. */
	readonly shift: number;
}

/**
 * Lists the entries of a zip archive (zip64 included) from its central directory, and compares each with its own header.
 * As with NumPy, other bytes may stand before the archive, and up to 64 KiB behind it.
 * @throws UsageError for what is not a zip archive, is truncated or malformed, or has encrypted entries, entries of an
 * unknown compression or overlapping ones
 */
export function readZipDirectory(file: ReadableFile): ZipEntry[] {
	const place = findDirectory(file);
	if (place.count > MOST_ENTRIES)
		throw new UsageError(`${file.path}: ${place.count} entries; an archive of a problem has one for each array`);
	const bytes = file.read(place.offset, place.size);
	const view = new DataView(bytes.buffer);
	const headers: CentralHeader[] = [];
	let at = 0;
	while (headers.length < place.count) {
		const header = readCentralHeader(view, at, place.shift, file.path);
		headers.push(header);
		at += header.length;
	}
	if (at !== place.size) throw malformed(file.path, "the central directory does not have the length that it declares");
	const entries = headers.map((header) => locateData(file, header, place.offset));
	checkDisjoint(headers, entries, file.path);
	return entries;
}

function findDirectory(file: ReadableFile): DirectoryPlace {
	const from = Math.max(0, file.size - fixedLength.end - LONGEST_TAIL);
	const view = new DataView(file.read(from, file.size - from).buffer);
	const at = endRecord(view);
	if (at === undefined) throw notAnArchive(file);
	const place = zip64Directory(file, from + at) ?? plainDirectory(view, at, from + at);
	if (place.count === SEE_ZIP64_16 || place.offset - place.shift === SEE_ZIP64_32)
		throw malformed(file.path, "the zip64 directory is missing");
	if (place.size > LONGEST_DIRECTORY) throw malformed(file.path, `a central directory of ${place.size} bytes`);
	if (place.shift < 0 || place.offset + place.size > from + at)
		throw malformed(file.path, "the central directory is out of place");
	return place;
}

/** Position of the end record: the last whose comment ends with the file, or else the last of all. */
function endRecord(view: DataView): number | undefined {
	let last: number | undefined;
	for (let at = view.byteLength - fixedLength.end; at >= 0; at--) {
		if (view.getUint32(at, true) !== signature.end) continue;
		if (at + fixedLength.end + view.getUint16(at + 20, true) === view.byteLength) return at;
		last ??= at;
	}
	return last;
}

function notAnArchive(file: ReadableFile): UsageError {
	const start = file.read(0, Math.min(file.size, KIND_BYTES));
	if (start.length >= 4 && new DataView(start.buffer).getUint32(0, true) === signature.localHeader)
		return new UsageError(
			file.size > fixedLength.end + LONGEST_TAIL
				? `${file.path}: zip archive without an end: it is truncated, or more than ${LONGEST_TAIL} bytes follow it; write or copy it again`
				: `${file.path}: truncated zip archive (its end is missing); write or copy it again`,
		);
	const kind = kindOfBytes(start);
	return new UsageError(
		`${file.path}: ${kind === undefined ? "not a zip archive" : `${kind}, not a zip archive`}; a problem is an .npz archive or a folder of .npy files`,
	);
}

/** The directory as the end record tells it. What the archive says of its place is compared with where it ends. */
function plainDirectory(view: DataView, at: number, end: number): DirectoryPlace {
	const [count, size, offset] = [
		view.getUint16(at + 10, true),
		view.getUint32(at + 12, true),
		view.getUint32(at + 16, true),
	];
	if (count === SEE_ZIP64_16 || offset === SEE_ZIP64_32) return { count, size, offset, shift: 0 };
	return { count, size, offset: end - size, shift: end - size - offset };
}

/** The directory as the zip64 records before the end record tell it; undefined where there are none. */
function zip64Directory(file: ReadableFile, end: number): DirectoryPlace | undefined {
	const locatorAt = end - fixedLength.zip64Locator;
	if (locatorAt < 0) return undefined;
	const locator = new DataView(file.read(locatorAt, fixedLength.zip64Locator).buffer);
	if (locator.getUint32(0, true) !== signature.zip64Locator) return undefined;
	const declared = number64(locator, 8, file.path);
	if (declared + fixedLength.zip64End > locatorAt) throw malformed(file.path, "the zip64 directory is out of place");
	for (const recordAt of [declared, locatorAt - fixedLength.zip64End]) {
		const record = new DataView(file.read(recordAt, fixedLength.zip64End).buffer);
		if (record.getUint32(0, true) !== signature.zip64End) continue;
		const shift = recordAt - declared;
		return {
			count: number64(record, 32, file.path),
			size: number64(record, 40, file.path),
			offset: number64(record, 48, file.path) + shift,
			shift,
		};
	}
	throw malformed(file.path, "the zip64 directory is damaged");
}

interface CentralHeader {
	readonly name: string;
	readonly method: number;
	readonly crc: number;
	readonly compressedSize: number;
	readonly size: number;
	/** Position of the entry's local header. */
	readonly offset: number;
	/** Bytes of this record. */
	readonly length: number;
}

function readCentralHeader(view: DataView, at: number, shift: number, path: string): CentralHeader {
	if (at + fixedLength.centralHeader > view.byteLength || view.getUint32(at, true) !== signature.centralHeader)
		throw malformed(path, "the central directory is damaged");
	const [nameLength, extraLength, commentLength] = [28, 30, 32].map((field) => view.getUint16(at + field, true));
	const nameAt = at + fixedLength.centralHeader;
	const length = fixedLength.centralHeader + nameLength + extraLength + commentLength;
	if (at + length > view.byteLength) throw malformed(path, "the central directory is damaged");
	const name = text(view, nameAt, nameLength);
	refuseEncrypted(view.getUint16(at + 8, true), name, path);
	const sizes = [24, 20, 42].map((field) => view.getUint32(at + field, true));
	const [size, compressedSize, offset] = widen(sizes, view, nameAt + nameLength, extraLength, name, path);
	return {
		name,
		method: view.getUint16(at + 10, true),
		crc: view.getUint32(at + 16, true),
		size,
		compressedSize,
		offset: offset + shift,
		length,
	};
}

/** Replaces the sizes and offset that say so by the 64-bit ones of the zip64 extra field, which has just those, in order. */
function widen(sizes: number[], view: DataView, at: number, length: number, name: string, path: string): number[] {
	if (!sizes.includes(SEE_ZIP64_32)) return sizes;
	for (let field = at; field + 4 <= at + length; field += 4 + view.getUint16(field + 2, true)) {
		if (view.getUint16(field, true) !== ZIP64_EXTRA) continue;
		const end = Math.min(field + 4 + view.getUint16(field + 2, true), at + length);
		let next = field + 4;
		return sizes.map((size) => {
			if (size !== SEE_ZIP64_32) return size;
			if (next + 8 > end) throw malformed(path, `${name}: the zip64 sizes are cut off`);
			next += 8;
			return number64(view, next - 8, path);
		});
	}
	throw malformed(path, `${name}: the zip64 sizes are missing`);
}

/** Names of compressions that other programs write. */
const compressions: Readonly<Record<number, string>> = {
	...{ 6: "implode", 9: "deflate64", 12: "bzip2", 14: "LZMA", 93: "Zstandard", 95: "xz" },
};

/** Finds the data of an entry behind its local header, which must agree with the central one. */
function locateData(file: ReadableFile, header: CentralHeader, directory: number): ZipEntry {
	const { name, crc, size, compressedSize, offset } = header;
	if (offset + fixedLength.localHeader > directory) throw malformed(file.path, `${name}: out of place`);
	const local = new DataView(file.read(offset, fixedLength.localHeader).buffer);
	const [nameLength, extraLength] = [local.getUint16(26, true), local.getUint16(28, true)];
	const dataStart = offset + fixedLength.localHeader + nameLength + extraLength;
	if (local.getUint32(0, true) !== signature.localHeader || dataStart + compressedSize > directory)
		throw malformed(file.path, `${name}: its header is damaged, or its data are cut off`);
	refuseEncrypted(local.getUint16(6, true), name, file.path);
	const localName = file.read(offset + fixedLength.localHeader, nameLength);
	if (text(new DataView(localName.buffer), 0, nameLength) !== name || local.getUint16(8, true) !== header.method)
		throw malformed(file.path, `${name}: its header does not agree with the central directory`);
	if (header.method !== method.stored && header.method !== method.deflated)
		throw new UsageError(
			`${file.path}: ${name} is compressed by ${compressions[header.method] ?? "an unknown method"} (method ${header.method}), which is not read; write it with np.savez or np.savez_compressed`,
		);
	if (header.method === method.stored && size !== compressedSize)
		throw malformed(file.path, `${name}: stored, with two different sizes: ${size} and ${compressedSize} bytes`);
	return {
		name,
		method: header.method === method.stored ? "stored" : "deflated",
		crc,
		compressedSize,
		size,
		dataStart,
	};
}

/** Entries that share bytes are how an archive pretends to hold more than it has. */
function checkDisjoint(headers: readonly CentralHeader[], entries: readonly ZipEntry[], path: string): void {
	const spans = entries
		.map(({ name, dataStart, compressedSize }, i) => ({
			name,
			from: headers[i].offset,
			to: dataStart + compressedSize,
		}))
		.sort((a, b) => a.from - b.from);
	for (const [i, { name, from }] of spans.entries())
		if (i > 0 && from < spans[i - 1].to) throw malformed(path, `${name} and ${spans[i - 1].name} overlap`);
}

/** Bits 0, 6 and 13 of the flags: encrypted, strongly encrypted, masked. */
function refuseEncrypted(flags: number, name: string, path: string): void {
	if ((flags & 0x2041) !== 0) throw new UsageError(`${path}: ${name} is encrypted; write it without a password`);
}

function number64(view: DataView, at: number, path: string): number {
	const value = Number(view.getBigUint64(at, true));
	if (!Number.isSafeInteger(value)) throw malformed(path, `a size or offset of ${value} bytes`);
	return value;
}

const text = (view: DataView, at: number, length: number): string =>
	new TextDecoder().decode(new Uint8Array(view.buffer, view.byteOffset + at, length));

const malformed = (path: string, what: string): UsageError => new UsageError(`${path}: malformed zip archive: ${what}`);
