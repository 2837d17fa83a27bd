import type { Dtype } from "@attgrad/matrix-core";

/** Bytes of features and cotangents that a block may take: they stay in L2. */
const BLOCK_BYTES = 2 ** 20;

/** Rows of a block that holds `numbersPerRow` numbers a row: a multiple of 8 from 8 to 128. */
export function rowsOfBlock(numbersPerRow: number, dtype: Dtype): number {
	const fitting = Math.floor(BLOCK_BYTES / (numbersPerRow * (dtype === "f64" ? 8 : 4)));
	return Math.min(128, Math.max(8, 8 * Math.floor(fitting / 8)));
}
