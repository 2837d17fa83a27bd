import type { Numbers } from "@attgrad/matrix-core";
import type { FramedKeys } from "../../routes/framed-blocks.ts";
import type { ErrorConstants } from "../bounds/error-constants.ts";

/** Columns of key moments: ω h (d), ω, then ω ‖h‖² and the key squares where the form has them. */
export const momentColumns = ({ d, form }: Pick<ErrorConstants, "d" | "form">): number =>
	({ l1: d + 1, v2: d + 3, vd: 2 * d + 2 })[form];

/** Adds to the moments of squares what covers their underflow, as if it were added to each square. */
export function addToSquares(moments: Float64Array, constants: ErrorConstants): void {
	const { d, addedSquares } = constants;
	const columns = momentColumns(constants);
	for (let at = 0; at < moments.length; at += columns)
		for (let column = d + 1; column < columns; column++)
			moments[at + column] += moments[at + d] * (column === d + 1 ? addedSquares.values : addedSquares.keys);
}

/** Writes the columns that the key moments of a block are taken against. */
export function fillKeyColumns(
	{ count, weights, values, points }: FramedKeys,
	{ d, form }: ErrorConstants,
	columns: Numbers,
): void {
	const h = values.data;
	for (let l = 0; l < count; l++) {
		let [square, keySquare] = [0, 0];
		for (let i = 0; i < d; i++) {
			const value = h[l * d + i];
			const key = points[i * count + l];
			square += value * value;
			keySquare += key * key;
			columns[i * count + l] = weights[l] * value;
			if (form === "vd") columns[(d + 2 + i) * count + l] = weights[l] * key * key;
		}
		columns[d * count + l] = weights[l];
		if (form !== "l1") columns[(d + 1) * count + l] = weights[l] * square;
		if (form === "v2") columns[(d + 2) * count + l] = weights[l] * keySquare;
	}
}
