import { firstNotFinite, type Numbers, UsageError } from "@attgrad/matrix-core";
import type { ElementType } from "./element-type.ts";

/** Names the element at a running index, in the order of the file: `p.npz: A1[3, 0]`. */
export type ElementName = (index: number) => string;

/**
 * Converts `count` elements from the front of `bytes` to numbers, into target[at..].
 * @param first running index of the first element, for the error
 * @throws UsageError naming the first element that is NaN, infinite or an integer without a double, or too large for float32 where the target is that
 */
export function convertElements(
	bytes: Uint8Array,
	element: ElementType,
	count: number,
	target: Numbers,
	at: number,
	name: ElementName,
	first: number,
): void {
	const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	if (element.native) target.set(nativeNumbers(bytes, element, count), at);
	else {
		let i = 0;
		try {
			for (; i < count; i++) target[at + i] = element.get(view, i * element.size);
		} catch (error) {
			throw error instanceof UsageError ? new UsageError(`${name(first + i)}: ${error.message}`) : error;
		}
	}
	const bad = firstNotFinite(target, at, at + count);
	if (bad >= 0) notFinite(element.get(view, (bad - at) * element.size), name(first + bad - at));
}

/** Numbers from the front of the bytes of native elements: the bytes themselves where they are aligned, a copy elsewhere. */
export function nativeNumbers(bytes: Uint8Array, { size }: ElementType, count: number): Numbers {
	const front = bytes.subarray(0, count * size);
	const { buffer, byteOffset } = front.byteOffset % size === 0 ? front : new Uint8Array(front);
	return size === 8 ? new Float64Array(buffer, byteOffset, count) : new Float32Array(buffer, byteOffset, count);
}

/** Throws the UsageError for an element that is no finite number of the type it is read as. */
export function notFinite(value: number, name: string): never {
	if (Number.isFinite(value)) throw new UsageError(`${name} is ${value}, too large for float32; use float64`);
	throw new UsageError(`${name} is ${value}; every entry must be finite`);
}
