import { Buffer } from "node:buffer";

/** Numbers of a matrix. */
type Numbers = Float64Array | Float32Array;

/** Numbers from which the two views of bytes are worth making. */
const LEAST = 256;

/**
 * Copies all numbers of `source` to the beginning of `target`, as `target.set(source)` does. V8 copies into and out of memory that
 * threads share word by word, at a third of the speed of other copies; `Buffer.fill` copies at full speed. It takes over where exactly
 * one of the two is shared, so that they cannot overlap. No thread may write to either during the copy.
 * @throws RangeError where `target` is shorter
 */
export function copyNumbers(source: Numbers, target: Numbers): void {
	const { length } = source;
	const sameType = source.BYTES_PER_ELEMENT === target.BYTES_PER_ELEMENT;
	if (length < LEAST || length > target.length || !sameType || !isShared(source) === !isShared(target)) {
		target.set(source);
		return;
	}
	bytesOf(target, length).fill(bytesOf(source, length));
}

const isShared = ({ buffer }: Numbers): boolean => buffer instanceof SharedArrayBuffer;

const bytesOf = ({ buffer, byteOffset, BYTES_PER_ELEMENT }: Numbers, length: number): Buffer =>
	Buffer.from(buffer as ArrayBuffer, byteOffset, length * BYTES_PER_ELEMENT);
