import { UsageError } from "@attgrad/matrix-core";
import type { RandomAccessFile } from "../files/random-access.ts";
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
const LONGEST_COMMENT = 0xffff;

interface DirectoryPlace {
	readonly count: number;
	readonly size: number;
	readonly offset: number;
}

/**
 * Lists the entries of a zip archive (zip64 included) from its central directory, and compares each with its own header.
 * @throws UsageError for what is not a zip archive, is truncated or malformed, or has encrypted entries, entries of an
 * unknown compression, overlapping entries or two of one name
 */
export function readZipDirectory(file: RandomAccessFile): ZipEntry[] {
	const place = findDirectory(file);
	if (place.count > MOST_ENTRIES)
		throw new UsageError(`${file.path}: ${place.count} entries; an archive of a problem has one for each array`);
	const bytes = file.read(place.offset, place.size);
	const view = new DataView(bytes.buffer);
	const headers: CentralHeader[] = [];
	let at = 0;
	while (headers.length < place.count) {
		const header = readCentralHeader(view, at, file.path);
		headers.push(header);
		at += header.length;
	}
	if (at !== place.size) throw malformed(file.path, "the central directory does not have the length that it declares");
	const entries = headers.map((header) => locateData(file, header, place.offset));
	checkDisjoint(headers, entries, file.path);
	return entries;
}

function findDirectory(file: RandomAccessFile): DirectoryPlace {
	const from = Math.max(0, file.size - fixedLength.end - LONGEST_COMMENT);
	const tail = file.read(from, file.size - from);
	const view = new DataView(tail.buffer);
	for (let at = tail.length - fixedLength.end; at >= 0; at--) {
		if (view.getUint32(at, true) !== signature.end) continue;
		if (at + fixedLength.end + view.getUint16(at + 20, true) !== tail.length) continue;
		const place = zip64Directory(file, from + at) ?? {
			count: view.getUint16(at + 10, true),
			size: view.getUint32(at + 12, true),
			offset: view.getUint32(at + 16, true),
		};
		if (place.count === SEE_ZIP64_16 || place.offset === SEE_ZIP64_32)
			throw malformed(file.path, "the zip64 directory is missing");
		if (place.size > LONGEST_DIRECTORY) throw malformed(file.path, `a central directory of ${place.size} bytes`);
		if (place.offset + place.size > from + at) throw malformed(file.path, "the central directory is out of place");
		return place;
	}
	if (file.size >= 4 && new DataView(file.read(0, 4).buffer).getUint32(0, true) === signature.localHeader)
		throw new UsageError(`${file.path}: truncated zip archive (its end is missing); write or copy it again`);
	throw new UsageError(`${file.path}: not a zip archive; a problem is an .npz archive or a folder of .npy files`);
}

/** The directory as the zip64 records before the end record tell it; undefined where there are none. */
function zip64Directory(file: RandomAccessFile, end: number): DirectoryPlace | undefined {
	const locatorAt = end - fixedLength.zip64Locator;
	if (locatorAt < 0) return undefined;
	const locator = new DataView(file.read(locatorAt, fixedLength.zip64Locator).buffer);
	if (locator.getUint32(0, true) !== signature.zip64Locator) return undefined;
	const recordAt = number64(locator, 8, file.path);
	if (recordAt + fixedLength.zip64End > locatorAt) throw malformed(file.path, "the zip64 directory is out of place");
	const record = new DataView(file.read(recordAt, fixedLength.zip64End).buffer);
	if (record.getUint32(0, true) !== signature.zip64End) throw malformed(file.path, "the zip64 directory is damaged");
	return {
		count: number64(record, 32, file.path),
		size: number64(record, 40, file.path),
		offset: number64(record, 48, file.path),
	};
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

function readCentralHeader(view: DataView, at: number, path: string): CentralHeader {
	if (at + fixedLength.centralHeader > view.byteLength || view.getUint32(at, true) !== signature.centralHeader)
		throw malformed(path, "the central directory is damaged");
	const [nameLength, extraLength, commentLength] = [28, 30, 32].map((field) => view.getUint16(at + field, true)) as [
		number,
		number,
		number,
	];
	const nameAt = at + fixedLength.centralHeader;
	const length = fixedLength.centralHeader + nameLength + extraLength + commentLength;
	if (at + length > view.byteLength) throw malformed(path, "the central directory is damaged");
	const name = text(view, nameAt, nameLength);
	if (/[^ -~]/.test(name)) throw malformed(path, `an entry named ${name.replace(/[^ -~]/g, "?")}`);
	refuseEncrypted(view.getUint16(at + 8, true), name, path);
	const sizes = [24, 20, 42].map((field) => view.getUint32(at + field, true));
	const [size, compressedSize, offset] = widen(sizes, view, nameAt + nameLength, extraLength, name, path);
	return {
		name,
		method: view.getUint16(at + 10, true),
		crc: view.getUint32(at + 16, true),
		size: size,
		compressedSize: compressedSize,
		offset: offset,
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

/** Finds the data of an entry behind its local header, which must agree with the central one. */
function locateData(file: RandomAccessFile, header: CentralHeader, directory: number): ZipEntry {
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
			`${file.path}: ${name}: unknown compression method: ${header.method} (known: stored, deflated)`,
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
