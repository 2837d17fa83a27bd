import { endianness } from "node:os";
import type { Dtype } from "@attgrad/matrix-core";
import { UsageError } from "@attgrad/matrix-core";

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
	/** Element at a byte offset; integers beyond 2^53 are rounded. */
	get(view: DataView, offset: number): number;
}

const LITTLE = endianness() === "LE";

type Getter = (view: DataView, offset: number, little: boolean) => number;

const readable: Readonly<Record<string, [name: string, get: Getter]>> = {
	f8: ["float64", (view, offset, little) => view.getFloat64(offset, little)],
	f4: ["float32", (view, offset, little) => view.getFloat32(offset, little)],
	i8: ["int64", (view, offset, little) => Number(view.getBigInt64(offset, little))],
	i4: ["int32", (view, offset, little) => view.getInt32(offset, little)],
	i2: ["int16", (view, offset, little) => view.getInt16(offset, little)],
	i1: ["int8", (view, offset) => view.getInt8(offset)],
	u8: ["uint64", (view, offset, little) => Number(view.getBigUint64(offset, little))],
	u4: ["uint32", (view, offset, little) => view.getUint32(offset, little)],
	u2: ["uint16", (view, offset, little) => view.getUint16(offset, little)],
	u1: ["uint8", (view, offset) => view.getUint8(offset)],
	b1: ["bool", (view, offset) => (view.getUint8(offset) === 0 ? 0 : 1)],
};

/** What to call the kinds of NumPy's type codes that are not read. */
const unreadable: Readonly<Record<string, string>> = {
	c: "complex numbers",
	f: "floating-point numbers of that width",
	O: "Python objects",
	S: "strings",
	a: "strings",
	U: "strings",
	M: "dates",
	m: "time differences",
	V: "records",
};

/**
 * The element type of a NumPy type code such as `<f8`.
 * @param where names file and array in the error
 * @throws UsageError for complex, object, string and other types that are not real numbers
 */
export function elementType(descr: string, where: string): ElementType {
	const [, order, code] = /^([<>|])([a-zA-Z]\d+)$/.exec(descr) ?? [];
	const known = readable[code ?? ""];
	const size = Number(code?.slice(1));
	if (!known || (order === "|" && size > 1)) {
		const kind = unreadable[descr.replace(/^[<>|=]/, "")[0] ?? ""];
		throw new UsageError(
			`${where}: dtype '${descr}' ${kind ? `(${kind}) ` : ""}cannot be read; save it as float64, float32, integers or bool`,
		);
	}
	const [name, get] = known;
	const little = order !== ">";
	return {
		name,
		size,
		dtype: name === "float32" ? "f32" : "f64",
		native: name.startsWith("float") && little === LITTLE,
		get: (view, offset) => get(view, offset, little),
	};
}

/** NumPy's type code for numbers as they lie in this machine's memory. */
export function nativeDescr(dtype: Dtype): string {
	return `${LITTLE ? "<" : ">"}${dtype === "f64" ? "f8" : "f4"}`;
}
