/** Numbers in nested arrays of a shape; null where a number is not finite, since JSON has no infinity. */
export type Nested = number | null | Nested[];

/** The numbers of a row-major array as nested arrays. */
export function nestedNumbers(data: Float64Array | Float32Array, shape: readonly number[], from = 0): Nested[] {
	const [length = 0, ...rest] = shape;
	const step = rest.reduce((product, axis) => product * axis, 1);
	return Array.from({ length }, (_, i) => {
		if (rest.length > 0) return nestedNumbers(data, rest, from + i * step);
		return Number.isFinite(data[from + i]) ? data[from + i] : null;
	});
}
