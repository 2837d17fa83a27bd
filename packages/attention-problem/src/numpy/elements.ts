import { type Numbers, UsageError } from "@attgrad/matrix-core";
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

/** Numbers that are looked at together. */
const GROUP = 1024;

/** Index of the first number of target[from..to-1] that is NaN or infinite, -1 where there is none. */
export function firstNotFinite(target: Numbers, from: number, to: number): number {
	for (let first = from; first < to; first += GROUP) {
		const end = Math.min(to, first + GROUP);
		// x − x is 0 for a finite number and NaN for any other. Four sums, so that none waits for the one before.
		let [a, b, c, d] = [0, 0, 0, 0];
		let i = first;
		for (; i + 3 < end; i += 4) {
			a += target[i] - target[i];
			b += target[i + 1] - target[i + 1];
			c += target[i + 2] - target[i + 2];
			d += target[i + 3] - target[i + 3];
		}
		for (; i < end; i++) a += target[i] - target[i];
		if (a + b + c + d === 0) continue;
		for (i = first; i < end; i++) if (target[i] - target[i] !== 0) return i;
	}
	return -1;
}

/** Throws the UsageError for an element that is no finite number of the type it is read as. */
export function notFinite(value: number, name: string): never {
	if (Number.isFinite(value)) throw new UsageError(`${name} is ${value}, too large for float32; use float64`);
	throw new UsageError(`${name} is ${value}; every entry must be finite`);
}
