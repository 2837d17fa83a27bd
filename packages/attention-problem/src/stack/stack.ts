import { firstNotFinite, type Matrix, UsageError } from "@attgrad/matrix-core";
import { checkVisibility, everyKey, type Visibility } from "../operator/visibility.ts";

/** Weights of one layer of a stack; the columns of its heads lie side by side. */
export interface StackWeights {
	/** d x (heads · width) each. */
	readonly Q: Matrix;
	readonly K: Matrix;
	readonly V: Matrix;
	/** (heads · width) x d; absent where the layer's output is that of its one head. */
	readonly W_O?: Matrix;
}

/**
 * Layers of self-attention in a row, and an upstream gradient: the input of a backward pass through all of them. Layer ℓ maps its input E_ℓ,
 * n x d, to Σ_h softmax(scale · Q_h K_hᵀ over visible keys) V_h W_O,h with Q = E_ℓ W_Q and so on, and to E_ℓ plus that with `residual`.
 * In double precision.
 */
export interface AttentionStack {
	readonly n: number;
	readonly d: number;
	readonly heads: number;
	/** Width of a head. */
	readonly width: number;
	/** Input of the first layer, n x d. */
	readonly E: Matrix;
	readonly layers: readonly StackWeights[];
	/** Gradient of the loss in the output of the last layer, n x d. */
	readonly dO: Matrix;
	/** Factor of the scores; default: 1/width. */
	readonly scale: number;
	readonly visibility: Visibility;
	readonly residual: boolean;
}

/** Settings of a stack. */
export interface StackSettings {
	/** @default 1 */
	readonly heads?: number;
	/** Factor of the scores. @default 1/width */
	readonly scale?: number;
	/** @default every key */
	readonly visibility?: Visibility;
	/** Whether a layer adds its input to its output. @default false */
	readonly residual?: boolean;
}

/**
 * Checks the parts of a stack and makes one value of them; single precision is widened, which changes no number.
 * @throws UsageError naming the matrix and the shape that it should have, an entry that is not finite, no layer, heads that do not divide the
 * columns, several heads without W_O, a scale that is not a finite number > 0, or a visibility that does not fit
 */
export function createStack(
	given: { readonly E: Matrix; readonly layers: readonly StackWeights[]; readonly dO: Matrix },
	{ heads = 1, scale, visibility = everyKey, residual = false }: StackSettings = {},
): AttentionStack {
	const { rows: n, cols: d } = given.E;
	if (n === 0 || d === 0) throw new UsageError(`stack: E must have a row and a column at least, got ${n} x ${d}`);
	const [first] = given.layers;
	if (!first) throw new UsageError("stack: there must be at least one layer, got none");
	if (!(Number.isInteger(heads) && heads >= 1))
		throw new UsageError(`stack: heads must be a whole number >= 1, got ${heads}`);
	const columns = first.Q.cols;
	if (columns === 0 || columns % heads !== 0)
		throw new UsageError(`stack: ${heads} heads do not divide the ${columns} columns of Q`);
	const checked = (name: string, matrix: Matrix, rows: number, cols: number): Matrix => {
		if (matrix.rows !== rows || matrix.cols !== cols)
			throw new UsageError(
				`stack: ${name} must be ${rows} x ${cols} (E is ${n} x ${d}), got ${matrix.rows} x ${matrix.cols}`,
			);
		const at = firstNotFinite(matrix.data, 0, matrix.data.length);
		if (at >= 0)
			throw new UsageError(
				`stack: ${name}[${Math.floor(at / cols)}, ${at % cols}] is ${matrix.data[at]}; every entry must be finite`,
			);
		return matrix.as("f64");
	};
	const layers = given.layers.map(({ Q, K, V, W_O }, at): StackWeights => {
		const name = (weights: string) => `${weights} of layer ${at + 1}`;
		if (!W_O && (heads > 1 || columns !== d))
			throw new UsageError(`stack: ${heads} heads of width ${columns / heads} need W_O, ${columns} x ${d}`);
		return {
			Q: checked(name("Q"), Q, d, columns),
			K: checked(name("K"), K, d, columns),
			V: checked(name("V"), V, d, columns),
			...(W_O && { W_O: checked(name("W_O"), W_O, columns, d) }),
		};
	});
	const factor = scale ?? heads / columns;
	if (!(Number.isFinite(factor) && factor > 0))
		throw new UsageError(`stack: scale must be a finite number > 0, got ${factor}`);
	checkVisibility(visibility, n, n);
	return {
		...{ n, d, heads, width: columns / heads, E: checked("E", given.E, n, d), layers },
		...{ dO: checked("dO", given.dO, n, d), scale: factor, visibility, residual },
	};
}
