import {
	type Dtype,
	frobeniusNorm,
	Matrix,
	mapEntries,
	multiply,
	type Numbers,
	type RowSource,
	UsageError,
} from "@attgrad/matrix-core";
import { type AttentionProblem, checkFinite } from "../problem/problem.ts";

/**
 * One attention layer, D⁻¹ exp(scale · A1 X A2ᵀ) A3 Y with D = diag(exp(scale · A1 X A2ᵀ) 1_n): a problem without its
 * target. Definition 1.1 is A1 = A2 = A3 = E_ℓ, X = Q Kᵀ, Y = V; Definition E.1 is A1 = Q, A2 = K, A3 = V, X = Y = I.
 * Every `AttentionProblem` is one: its output is f h.
 */
export interface AttentionLayer<Rows extends RowSource = Matrix> extends Omit<AttentionProblem<Rows>, "E"> {
	/** At least ‖X − Q Kᵀ‖_F where X is a product that was rounded. @default 0 */
	readonly weightError?: number;
}

/** Weights of a layer, d x d each (Definition 1.1). */
export interface LayerWeights {
	readonly Q: Matrix;
	readonly K: Matrix;
	readonly V: Matrix;
}

/**
 * The layer whose queries, keys and values are given (Definition E.1), n x d each; no copy.
 * @param scale factor of the scores; default: 1/d (Definition E.1 has 1)
 * @throws UsageError for shapes or number types that differ, n = 0, d = 0, an entry in memory that is not finite, or a
 * scale that is not a finite number > 0
 */
export function projectedLayer<Rows extends RowSource = Matrix>(
	{ Q, K, V }: { readonly Q: Rows; readonly K: Rows; readonly V: Rows },
	scale?: number,
): AttentionLayer<Rows> {
	const { rows: n, cols: d, dtype } = Q;
	checkRows("Q", Q, n, d);
	checkRows("K", K, n, d);
	checkRows("V", V, n, d);
	const odd = Object.entries({ K, V }).find(([, rows]) => rows.dtype !== dtype);
	if (odd) throw new UsageError(`layer: ${odd[0]} is ${odd[1].dtype}, Q is ${dtype}; all must be of one type`);
	const same = Matrix.identity(d, dtype);
	return { n, d, A1: Q, A2: K, A3: V, X: same, Y: same, scale: checkedScale(scale, d) };
}

/**
 * The layer E ↦ D⁻¹ exp(scale · E Q Kᵀ Eᵀ) E V (Definition 1.1) of an input n x d and weights d x d; no copy.
 * @param scale factor of the scores; default: 1/d
 * @param roundedFrom number type that input and weights were rounded from when they were read; default: they were not
 * @throws UsageError as `projectedLayer`
 */
export function selfAttentionLayer<Rows extends RowSource = Matrix>(
	input: Rows,
	{ Q, K, V }: LayerWeights,
	scale?: number,
	roundedFrom?: Dtype,
): AttentionLayer<Rows> {
	const { rows: n, cols: d } = input;
	checkRows("E", input, n, d);
	for (const [name, weights] of Object.entries({ Q, K, V })) checkRows(name, weights, d, d, `E is ${n} x ${d}`);
	const size = (M: Matrix) => mapEntries(M.as("f64"), Math.abs);
	return {
		...{ n, d, A1: input, A2: input, A3: input },
		X: multiply(Q.as("f64"), K.as("f64"), { transposeB: true }),
		Y: V,
		scale: checkedScale(scale, d),
		...(roundedFrom && { roundedFrom }),
		// d products and as many additions an entry; two factors that were rounded when they were read.
		weightError:
			((d + 1) * 2 ** -53 + (roundedFrom ? 2.1 * 2 ** -24 : 0)) *
			frobeniusNorm(multiply(size(Q), size(K), { transposeB: true })),
	};
}

/** A layer as a problem with the target E = 0, whose residual is the output; the zeros take no memory. */
export function withoutTarget(layer: AttentionLayer<RowSource>): AttentionProblem<RowSource> {
	const { n, d, A1, A2, A3, X, Y, scale, roundedFrom } = layer;
	const E: RowSource = {
		rows: n,
		cols: d,
		dtype: A1.dtype,
		readRows: (from: number, to: number, target: Numbers) => void target.fill(0, 0, (to - from) * d),
	};
	return { n, d, A1, A2, A3, E, X, Y, scale, roundedFrom };
}

function checkRows(name: string, source: RowSource, rows: number, cols: number, because?: string): void {
	if (rows === 0 || cols === 0)
		throw new UsageError(`layer: ${name} must have at least one row and column, got ${rows} x ${cols}`);
	if (source.rows !== rows || source.cols !== cols)
		throw new UsageError(
			`layer: ${name} must be ${rows} x ${cols} (${because ?? `Q is ${rows} x ${cols}`}), got ${source.rows} x ${source.cols}`,
		);
	checkFinite(name, source, "", "layer");
}

function checkedScale(scale: number | undefined, d: number): number {
	const factor = scale ?? 1 / d;
	if (!(Number.isFinite(factor) && factor > 0))
		throw new UsageError(`layer: scale must be a finite number > 0, got ${factor}`);
	return factor;
}
