import type { Dtype } from "@attgrad/matrix-core";
import { UsageError } from "@attgrad/matrix-core";
import { longBytes } from "#platform";

/** How the elements of an array lie in a file. */
export interface ElementType {
	/** NumPy's word for it: `float64`, `int32`, `bool`. */
	readonly name: string;
	/** Bytes an element. */
	readonly size: number;
	/** Number type in memory: f32 for float32, f64 for all others. */
	readonly dtype: Dtype;
	/** True where the bytes are those of a Float64Array or Float32Array of this machine. */
	readonly native: boolean;
	/** Element at a byte offset. @throws UsageError for an integer that no double is: proofs are about the numbers that are given */
	get(view: DataView, offset: number): number;
}

/** Whether this machine puts the lowest byte first. */
const LITTLE = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

type Getter = (view: DataView, offset: number, little: boolean) => number;

const readable: Readonly<Record<string, [name: string, get: Getter]>> = {
	f8: ["float64", (view, offset, little) => view.getFloat64(offset, little)],
	f4: ["float32", (view, offset, little) => view.getFloat32(offset, little)],
	f2: ["float16", (view, offset, little) => float16(view.getUint16(offset, little))],
	i8: ["int64", (view, offset, little) => exactly(view.getBigInt64(offset, little))],
	i4: ["int32", (view, offset, little) => view.getInt32(offset, little)],
	i2: ["int16", (view, offset, little) => view.getInt16(offset, little)],
	i1: ["int8", (view, offset) => view.getInt8(offset)],
	u8: ["uint64", (view, offset, little) => exactly(view.getBigUint64(offset, little))],
	u4: ["uint32", (view, offset, little) => view.getUint32(offset, little)],
	u2: ["uint16", (view, offset, little) => view.getUint16(offset, little)],
	u1: ["uint8", (view, offset) => view.getUint8(offset)],
	b1: ["bool", (view, offset) => (view.getUint8(offset) === 0 ? 0 : 1)],
};

/** The double that an integer is. */
function exactly(integer: bigint): number {
	const number = Number(integer);
	if (BigInt(number) === integer) return number;
	throw new UsageError(`the integer ${integer} is no double; save the array as float64 to have it rounded`);
}

/** C's long, as NumPy takes it on this machine. */
const LONG = longBytes();

/** NumPy's other spellings of the types that are read: one letter of C, or a name. */
const aliases: Readonly<Record<string, string>> = {
	...{ d: "f8", f: "f4", e: "f2", "?": "b1" },
	...{ b: "i1", h: "i2", i: "i4", l: `i${LONG}`, q: "i8", p: "i8", n: "i8" },
	...{ B: "u1", H: "u2", I: "u4", L: `u${LONG}`, Q: "u8", P: "u8", N: "u8" },
	...{ double: "f8", float: "f8", single: "f4", half: "f2", int: "i8", uint: "u8" },
	...Object.fromEntries(Object.entries(readable).map(([code, [name]]) => [name, code])),
};

/** Names of the kinds of NumPy's type codes that are not read. */
const unreadable: Readonly<Record<string, string>> = {
	c: "complex numbers",
	F: "complex numbers",
	D: "complex numbers",
	G: "complex numbers",
	f: "floating-point numbers of that width",
	g: "floating-point numbers of that width",
	O: "Python objects",
	S: "strings",
	a: "strings",
	U: "strings",
	T: "strings",
	M: "dates",
	m: "time differences",
	V: "records",
};

/**
 * The element type of a NumPy type code: `<f8`, `=f4`, `|i2`, `?`, `float16`. Without `<` or `>` the bytes are in this
 * machine's order, as NumPy takes them.
 * @param where names file and array in the error
 * @throws UsageError for complex, object, string and other types that are not real numbers
 */
export function elementType(descr: string, where: string): ElementType {
	const [, order = "", word = ""] = /^([<>|=]?)(.*)$/.exec(descr) ?? [];
	const code = Object.hasOwn(aliases, word) && (order === "" || word.length === 1) ? aliases[word] : word;
	if (!Object.hasOwn(readable, code)) {
		const kind = /^.(\d|$|\[)/.test(word) ? unreadable[word[0]] : undefined;
		throw new UsageError(
			`${where}: dtype '${descr}' ${kind ? `(${kind}) ` : ""}cannot be read; save it as float64, float32, float16, integers or bool`,
		);
	}
	const [name, get] = readable[code];
	const size = Number(code.slice(1));
	const little = order === "<" || (order !== ">" && LITTLE);
	return {
		name,
		size,
		dtype: name === "float32" ? "f32" : "f64",
		native: (name === "float64" || name === "float32") && little === LITTLE,
		get: (view, offset) => get(view, offset, little),
	};
}

/** The number of 16 bits of IEEE 754: 1 of sign, 5 of exponent, 10 of fraction. */
function float16(bits: number): number {
	const [exponent, fraction] = [(bits >> 10) & 31, bits & 1023];
	const sign = bits >> 15 === 0 ? 1 : -1;
	if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
	return sign * (exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25));
}

/** NumPy's type code for numbers as they lie in this machine's memory. */
export function nativeDescr(dtype: Dtype): string {
	return `${LITTLE ? "<" : ">"}${dtype === "f64" ? "f8" : "f4"}`;
}
