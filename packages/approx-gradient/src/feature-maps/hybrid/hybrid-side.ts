import { Matrix, type PlacedMatrices, type PlacedMatrix } from "@attgrad/matrix-core";
import { squaredNorms } from "../kernel-scale.ts";
import { type BalancedCoordinates, coordinatesOf } from "./balanced-coordinates.ts";

/** Rows of one side in balanced coordinates, as features and residuals are made of them. */
export interface HybridSide {
	/** Factors of the exponents on either side, rows x (d + 2) each. */
	readonly left: Matrix;
	readonly right: Matrix;
	/** Weights w_l e^(‖y_l‖²/2 − shift) <= 1 of keys; those of queries are 1. */
	readonly sizes: Float64Array;
}

/** Room for some numbers, of any content. */
export type Room = (length: number) => Float64Array;

const ownRoom: Room = (length) => new Float64Array(length);

/**
 * Queries or keys in balanced coordinates. O(d²) a row.
 * @param room for the factors of the exponents
 */
export function hybridSide(
	{ coordinates, shift }: { readonly coordinates: BalancedCoordinates; readonly shift: number },
	side: "queries" | "keys",
	rows: Matrix,
	room: Room = ownRoom,
): HybridSide {
	const { queryCentre, keyCentre, ofQuery, ofKey } = coordinates;
	const isKey = side === "keys";
	const own = coordinatesOf(rows, isKey ? keyCentre : queryCentre, isKey ? ofKey : ofQuery);
	const squares = squaredNorms(own);
	const sizes = new Float64Array(rows.rows).fill(1);
	if (isKey)
		for (let l = 0, at = 0; l < rows.rows; l++) {
			let inner = 0;
			for (let b = 0; b < rows.cols; b++) inner += queryCentre[b] * (rows.data[at++] - keyCentre[b]);
			sizes[l] = Math.exp(Math.min(0, inner + squares[l] / 2 - shift));
		}
	const [left, right] = (["left", "right"] as const).map((of) => exponentFactor(own, squares, of, room));
	return { left, right, sizes };
}

/** Rows (x, −‖x‖²/2, 1) or (y, 1, −‖y‖²/2), whose products are the exponents −‖x − y‖²/2. */
export function exponentFactor(
	rows: Matrix,
	squares: Float64Array,
	side: "left" | "right",
	room: Room = ownRoom,
): Matrix {
	const d = rows.cols;
	const made = new Matrix(rows.rows, d + 2, room(rows.rows * (d + 2)));
	const [ofSquare, ofOne] = side === "left" ? [d, d + 1] : [d + 1, d];
	const [to, from] = [made.data, rows.data];
	for (let j = 0, own = 0, at = 0; j < rows.rows; j++, own += d + 2) {
		for (let b = own; b < own + d; b++) to[b] = from[at++];
		to[own + ofSquare] = -squares[j] / 2;
		to[own + ofOne] = 1;
	}
	return made;
}

/** Kernels e^(−‖p_s − p_t‖²/2) of all pairs of points. */
export async function kernelsOf(
	points: Matrix,
	squares: Float64Array,
	matrices: PlacedMatrices,
): Promise<PlacedMatrix> {
	const [left, right] = (["left", "right"] as const).map((side) =>
		matrices.place(exponentFactor(points, squares, side)),
	);
	const kernels = await matrices.product(left, right, { transposeB: true });
	await matrices.exponentiate(kernels);
	return kernels;
}
