import { type AttentionStack, createStack, type StackWeights } from "@attgrad/attention-problem";
import { Matrix, seededRandom } from "@attgrad/matrix-core";

/** Sizes of a random stack. */
export interface Shape {
	readonly n: number;
	readonly d: number;
	readonly depth: number;
	readonly heads?: number;
	readonly width?: number;
	readonly residual?: boolean;
	readonly causal?: boolean;
	/** Standard deviation of scores, about. */
	readonly spread?: number;
}

/** A stack of normal entries, the same for the same shape. */
export function randomStack({
	n,
	d,
	depth,
	heads,
	width,
	residual = false,
	causal = true,
	spread = 0.5,
}: Shape): AttentionStack {
	const random = seededRandom(7 * n + depth, "stack");
	const normal = (rows: number, cols: number, deviation: number) =>
		Matrix.build(rows, cols, () => deviation * random.normal());
	const columns = heads === undefined ? d : heads * (width ?? 2);
	const layers = Array.from({ length: depth }, (): StackWeights => {
		const [Q, K] = [0, 0].map(() => normal(d, columns, Math.sqrt(spread / Math.sqrt(columns / (heads ?? 1)) / d)));
		const V = normal(d, columns, 1 / Math.sqrt(d));
		return { Q, K, V, ...(heads !== undefined && { W_O: normal(columns, d, 1 / Math.sqrt(columns)) }) };
	});
	const settings = { residual, scale: 1, ...(heads !== undefined && { heads }) };
	const given = { E: normal(n, d, 1), layers, dO: normal(n, d, 1 / n) };
	return createStack(given, { ...settings, ...(causal && { visibility: { mask: "causal" as const } }) });
}
