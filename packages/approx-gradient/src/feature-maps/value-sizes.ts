import type { AttentionProblem } from "@attgrad/attention-problem";
import { ComputationError, Matrix, type RowSource } from "@attgrad/matrix-core";

/** Exponent of the sizes of values and targets whose products of two have squares in the normal range: bounds take norms of such products. */
const MOST_EXPONENT = 120;

/** Rows that are read at a time. */
const BLOCK_ROWS = 1024;

/**
 * Requires sizes of values A3 Y and targets E at which norms of their products keep their digits. Reads A3 and E once.
 * @throws ComputationError naming what is too small or too large
 */
export function requireOrdinaryValues(name: string, { A3, Y, E }: AttentionProblem<RowSource>): void {
	const sizes = { "A3 Y": largestOf(A3) * largestOf(Y), E: largestOf(E) };
	for (const [what, size] of Object.entries(sizes)) {
		if (size === 0 || Math.abs(Math.log2(size)) <= MOST_EXPONENT) continue;
		throw new ComputationError(
			"failed",
			`${name}: sizes are beyond what its bounds count: ${what} is about ${size.toPrecision(1)}; bring entries nearer to 1, or use the exact method`,
		);
	}
}

/** The largest magnitude of an entry. */
function largestOf(source: RowSource): number {
	const { rows, cols } = source;
	const block = Matrix.zeros(Math.min(BLOCK_ROWS, rows), cols);
	let most = 0;
	for (let from = 0; from < rows; from += BLOCK_ROWS) {
		const to = Math.min(rows, from + BLOCK_ROWS);
		source.readRows(from, to, block.data);
		for (let at = 0; at < (to - from) * cols; at++) most = Math.max(most, Math.abs(block.data[at]));
	}
	return most;
}
