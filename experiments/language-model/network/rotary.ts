import type { Matrix } from "@attgrad/matrix-core";

/** Base of the frequencies of rotary positions. */
const BASE = 10_000;

/**
 * Rotary positions: the pair (2i, 2i + 1) of the row at position t turns by t · 10000^(−2i/d). Rows lie in sequences of
 * `length`, one behind the other. The last column of an odd width does not turn. With `direction` −1 rows turn back, which is
 * also how gradients pass through.
 */
export function rotate(x: Matrix, length: number, direction: 1 | -1 = 1): Matrix {
	const { rows, cols } = x;
	const turned = x.copy();
	for (let i = 0; i + 1 < cols; i += 2) {
		const frequency = direction * BASE ** (-i / cols);
		for (let t = 0; t < length; t++) {
			const [cos, sin] = [Math.cos(t * frequency), Math.sin(t * frequency)];
			for (let at = t * cols + i; at < rows * cols; at += length * cols) {
				const [a, b] = [x.data[at], x.data[at + 1]];
				turned.data[at] = cos * a - sin * b;
				turned.data[at + 1] = sin * a + cos * b;
			}
		}
	}
	return turned;
}
