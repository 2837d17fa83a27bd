import { type Dtype, type Matrix, materialise, type RowSource, UsageError } from "@attgrad/matrix-core";
import { crc32, isFolder, namesInFolder, openFile } from "#platform";
import { fileError } from "../files/file-error.ts";
import { BytesFile, type FileSource, type ReadableFile } from "../files/readable-file.ts";
import { readZipDirectory, type ZipEntry } from "../zip/directory.ts";
import { inflateEntry } from "../zip/inflate.ts";
import { checkLength, decodeData, entryName, fromFortranOrder, matrixShape } from "./npy.ts";
import { headerReadLength, isNpy, type NpyHeader, readNpyHeader } from "./npy-header.ts";
import { StoredColumns } from "./stored-columns.ts";
import { StoredRows } from "./stored-rows.ts";

/** An array in an archive or a folder; only its header has been read. */
export interface ArrayFile {
	readonly name: string;
	/** Names file and array in errors. */
	readonly where: string;
	readonly header: NpyHeader;
	readonly file: ReadableFile;
	/** Where the array is: deflated in an archive, or from `position` on as it is. */
	readonly place:
		| { readonly kind: "deflated"; readonly entry: ZipEntry }
		| { readonly kind: "stored"; readonly position: number; readonly crc?: { before: number; all: number } };
}

/** Arrays that share files; `close` when the last has been read. */
export interface ArrayFiles {
	readonly arrays: readonly ArrayFile[];
	close(): void;
}

/**
 * Lists the arrays of an `.npz` archive, on the disk or in memory, or of a folder of `.npy` files, and reads their headers.
 * @throws UsageError for a file that is neither, is damaged, or has an array whose bytes do not match its header
 */
export function openArrays(source: FileSource): ArrayFiles {
	if (typeof source === "string" && reading(source, isFolder)) return openFolder(source);
	return openArchive(source);
}

/** Returns the result of `read` for a path; an error of the system becomes a UsageError. */
function reading<Result>(path: string, read: (path: string) => Result): Result {
	try {
		return read(path);
	} catch (error) {
		throw fileError("read", path, error);
	}
}

/** Opens files, and closes them again when one is not as it should be. */
function opening(read: (open: (source: FileSource) => ReadableFile) => ArrayFile[]): ArrayFiles {
	const files: ReadableFile[] = [];
	const close = () => {
		for (const file of files) file.close();
	};
	try {
		const arrays = read((source) => {
			const file = typeof source === "string" ? openFile(source) : new BytesFile(source);
			files.push(file);
			return file;
		});
		return { arrays, close };
	} catch (error) {
		close();
		throw error;
	}
}

function openFolder(folder: string): ArrayFiles {
	return opening((open) =>
		namesIn(folder).map((fileName): ArrayFile => {
			const where = `${folder.replace(/\/+$/, "")}/${fileName}`;
			const file = open(where);
			const header = readNpyHeader(file.read(0, Math.min(headerReadLength, file.size)), where);
			checkLength(header, file.size, where);
			const place = { kind: "stored", position: header.headerLength } as const;
			return { name: fileName.slice(0, -".npy".length), where, header, file, place };
		}),
	);
}

function namesIn(folder: string): string[] {
	return reading(folder, namesInFolder)
		.filter((name) => name.endsWith(".npy") && !isBesideArrays(name))
		.sort();
}

/** Files that desktops leave in folders and archives. */
const DESKTOP_FILES = [".DS_Store", "Thumbs.db", "desktop.ini"];

/** Whether a name is no array but what systems add unasked: a folder, attributes of macOS (AppleDouble), a desktop's notes. */
function isBesideArrays(name: string): boolean {
	const base = name.slice(name.lastIndexOf("/") + 1);
	return base === "" || base.startsWith("._") || name.startsWith("__MACOSX/") || DESKTOP_FILES.includes(base);
}

function openArchive(source: FileSource): ArrayFiles {
	return opening((open) => {
		const file = open(source);
		const { path } = file;
		if (isNpy(file.read(0, Math.min(6, file.size))))
			throw new UsageError(`${path}: a single .npy array; a problem is an .npz archive or a folder of .npy files`);
		const entries = readZipDirectory(file).filter(({ name }) => !isBesideArrays(name));
		const names = entries.map(({ name }) => name);
		const twice = names.find((name, i) => names.indexOf(name) !== i);
		if (twice !== undefined) throw new UsageError(`${path}: two entries of one name: ${twice}`);
		return entries.map((entry) => openEntry(file, entry));
	});
}

function openEntry(file: ReadableFile, entry: ZipEntry): ArrayFile {
	const first = firstBytes(file, entry);
	// As NumPy does: an array is told by its first bytes, and its name may lack the ending.
	const isNamed = entry.name.endsWith(".npy");
	if (!isNamed && !isNpy(first.subarray(0, 6)))
		throw new UsageError(`${file.path}: ${entry.name} is not a .npy array; remove it`);
	const name = isNamed ? entry.name.slice(0, -".npy".length) : entry.name;
	const where = `${file.path}: ${name}`;
	const header = readNpyHeader(first, where);
	checkLength(header, entry.size, where);
	if (entry.method === "deflated") return { name, where, header, file, place: { kind: "deflated", entry } };
	const crc = { before: crc32(first.subarray(0, header.headerLength)), all: entry.crc };
	const place = { kind: "stored", position: entry.dataStart + header.headerLength, crc } as const;
	return { name, where, header, file, place };
}

/** The bytes of an entry that its header can take; no more is inflated than that takes. */
function firstBytes(file: ReadableFile, entry: ZipEntry): Uint8Array {
	const length = Math.min(headerReadLength, entry.size);
	if (entry.method === "stored") return file.read(entry.dataStart, length);
	const bytes = new Uint8Array(length);
	let at = 0;
	for (const piece of inflateEntry(file, entry)) {
		bytes.set(piece.subarray(0, length - at), at);
		at = Math.min(length, at + piece.length);
		if (at === length) break;
	}
	return bytes;
}

/** All bytes of a deflated entry, checked against its CRC. */
function inflateWhole(file: ReadableFile, entry: ZipEntry, where: string): Uint8Array {
	const bytes = new Uint8Array(entry.size);
	let at = 0;
	for (const piece of inflateEntry(file, entry)) {
		bytes.set(piece, at);
		at += piece.length;
	}
	if (crc32(bytes) !== entry.crc) throw new UsageError(`${where}: damaged: its CRC-32 does not match its bytes`);
	return bytes;
}

/** Most bytes of data that are inflated into memory. */
const MOST_INFLATED = 2 ** 30;

/** Bytes of data up to which an array in Fortran order is taken into memory, where its CRC is checked. */
const SMALL_COLUMNS = 2 ** 24;

/**
 * The rows of an array as `dtype`: read in place where it is stored, in memory where it is deflated, or small and in Fortran
 * order. An array of no axes is 1 x 1, one of more than two has a row for each vector of its last axis.
 * @throws UsageError for an array that is deflated and has more than a gibibyte, or is damaged
 */
export function arrayRows(array: ArrayFile, dtype: Dtype = array.header.element.dtype): RowSource {
	const { header, place } = array;
	const inMemory = header.fortranOrder && (header.dataLength <= SMALL_COLUMNS || header.shape.length > 2);
	if (place.kind === "deflated" || inMemory) return loadArray(array, dtype);
	return header.fortranOrder ? new StoredColumns(stored(array, dtype)) : stored(array, dtype);
}

/**
 * An array in memory, as `dtype`; shaped as `arrayRows` says.
 * @throws UsageError for an array that is deflated and has more than a gibibyte, or is damaged
 */
export function loadArray(array: ArrayFile, dtype: Dtype = array.header.element.dtype): Matrix {
	const { header, where, place } = array;
	if (place.kind === "stored") {
		const rows = stored(array, dtype);
		if (!header.fortranOrder) return materialise(rows);
		return header.shape.length > 2
			? fromFortranOrder(materialise(rows), header.shape)
			: materialise(new StoredColumns(rows));
	}
	if (header.dataLength > MOST_INFLATED)
		throw new UsageError(
			`${where}: ${header.dataLength} bytes, deflated; above a gibibyte save it uncompressed: np.savez(file, A1=A1, ...)`,
		);
	const bytes = inflateWhole(array.file, place.entry, where);
	return decodeData(bytes.subarray(header.headerLength), header, where).as(dtype);
}

/** The array's elements as rows of its file: for Fortran order the columns of a matrix, and all numbers in one row of other arrays. */
function stored({ header, where, file, place }: ArrayFile, dtype: Dtype): StoredRows {
	if (place.kind !== "stored") throw new Error(`${where} is not stored`);
	const { element, shape, fortranOrder } = header;
	const [height, width] = matrixShape(shape);
	const turned = shape.length > 2 ? ([1, height * width] as const) : ([width, height] as const);
	const [rows, cols] = fortranOrder ? turned : [height, width];
	const { position, crc } = place;
	return new StoredRows(
		{ file, where, position, element, ...(crc && { crc }) },
		{ rows, cols, dtype },
		entryName(where, shape, fortranOrder),
	);
}
