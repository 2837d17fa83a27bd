import { type Dtype, UsageError } from "@attgrad/matrix-core";
import { kindOfBytes } from "../files/file-kind.ts";
import { type ElementType, elementType, nativeDescr } from "./element-type.ts";
import { HeaderSyntaxError, parseHeaderDict } from "./header-dict.ts";

/** The content of the header of a `.npy` array. */
export interface NpyHeader {
	readonly element: ElementType;
	/** True where the first index runs fastest. */
	readonly fortranOrder: boolean;
	readonly shape: readonly number[];
	/** Bytes before the first element. */
	readonly headerLength: number;
	/** Bytes of all elements. */
	readonly dataLength: number;
}

const MAGIC = "\u0093NUMPY";
/** Bytes of magic, version and header length, at most. */
const PREAMBLE = 12;
/** Headers of real arrays have about 100 bytes; NumPy itself refuses those above 10,000. */
const LONGEST_HEADER = 10_000;

/** As many bytes of an array as its header can take. */
export const headerReadLength = PREAMBLE + LONGEST_HEADER;

/** Whether bytes begin like a `.npy` array. */
export function isNpy(bytes: Uint8Array): boolean {
	return latin1(bytes.subarray(0, MAGIC.length)) === MAGIC;
}

/**
 * Reads the header (format 1.0 to 3.0) from the first bytes of an array: `headerReadLength` of them, or all there are.
 * @param where names file and array in errors
 * @throws UsageError for a header that is malformed or an element type that is not a real number
 */
export function readNpyHeader(bytes: Uint8Array, where: string): NpyHeader {
	if (!isNpy(bytes)) {
		const kind = kindOfBytes(bytes);
		throw new UsageError(`${where}: ${kind ? `${kind}, ` : ""}not a .npy array (it must begin with \\x93NUMPY)`);
	}
	const [major, minor] = [bytes[6], bytes[7]];
	if (bytes.length < PREAMBLE) throw new UsageError(`${where}: the .npy header is cut off`);
	if (!(major === 1 || major === 2 || major === 3) || minor !== 0)
		throw new UsageError(`${where}: unknown .npy version: ${major}.${minor} (known: 1.0, 2.0, 3.0)`);
	const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	const [start, length] = major === 1 ? [10, view.getUint16(8, true)] : [12, view.getUint32(8, true)];
	if (length > LONGEST_HEADER)
		throw new UsageError(`${where}: malformed .npy header: ${length} bytes (at most ${LONGEST_HEADER})`);
	if (start + length > bytes.length) throw new UsageError(`${where}: the .npy header is cut off`);
	const { descr, fortranOrder, shape } = parse(latin1(bytes.subarray(start, start + length)), where);
	const element = elementType(descr, where);
	const dataLength = shape.reduce((product, axis) => product * axis, element.size);
	if (!Number.isSafeInteger(dataLength))
		throw new UsageError(`${where}: malformed .npy header: shape (${shape.join(", ")})`);
	return { element, fortranOrder, shape, headerLength: start + length, dataLength };
}

function parse(text: string, where: string) {
	try {
		return parseHeaderDict(text);
	} catch (error) {
		if (error instanceof HeaderSyntaxError) throw new UsageError(`${where}: malformed .npy header: ${error.message}`);
		throw error;
	}
}

const latin1 = (bytes: Uint8Array): string => String.fromCharCode(...bytes);

/** Header (format 1.0, padded so that the data begin at a multiple of 64) of an array in row-major order. */
export function makeNpyHeader(dtype: Dtype, shape: readonly number[]): Uint8Array {
	const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`;
	const dict = `{'descr': '${nativeDescr(dtype)}', 'fortran_order': False, 'shape': ${tuple}, }`;
	const length = Math.ceil((10 + dict.length + 1) / 64) * 64;
	const text = `${MAGIC}\u0001\u0000${String.fromCharCode((length - 10) & 255, (length - 10) >> 8)}${dict}`;
	return Uint8Array.from(`${text.padEnd(length - 1)}\n`, (character) => character.charCodeAt(0));
}
