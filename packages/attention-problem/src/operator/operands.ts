import { type Dtype, firstNotFinite, Matrix, type RowSource, UsageError } from "@attgrad/matrix-core";
import { type HeadArray, headSizes, rowsBetween, shapeText } from "./head-array.ts";
import { checkVisibility, everyKey, type Visibility } from "./visibility.ts";

/**
 * Operands of the attention operator O = softmax(scale · Q Kᵀ, over visible keys) V, for every head of a batch.
 * Head h attends the keys and values of head floor(h · keyHeads / heads): grouped-query attention where keyHeads < heads.
 * `Rows` is `Matrix` for operands in memory, `RowSource` for those whose rows may come from a file.
 */
export interface AttentionOperands<Rows extends RowSource = Matrix> {
	/** Queries, (batch · heads · n_q) x d: those of head h of batch b begin at row (b · heads + h) · n_q. */
	readonly Q: Rows;
	/** Keys, (batch · keyHeads · n_k) x d. */
	readonly K: Rows;
	/** Values, (batch · keyHeads · n_k) x d_v. */
	readonly V: Rows;
	readonly batch: number;
	/** Heads of the queries. */
	readonly heads: number;
	/** Heads of keys and values: a divisor of `heads`. */
	readonly keyHeads: number;
	/** Queries of a head. */
	readonly n_q: number;
	/** Keys of a head. */
	readonly n_k: number;
	/** Width of queries and keys. */
	readonly d: number;
	/** Width of values and outputs. */
	readonly d_v: number;
	/** Axes of the arrays: 2 for (n, d), 3 for (heads, n, d), 4 for (batch, heads, n, d). */
	readonly axes: number;
	/** Factor of the scores, 1/d in the paper. */
	readonly scale: number;
	readonly visibility: Visibility;
	/** The wider number type that entries were rounded from when they were read. @default they are as they were given */
	readonly roundedFrom?: Dtype;
}

/** Operands with an upstream gradient: the input of the backward pass. */
export interface BackwardProblem<Rows extends RowSource = Matrix> extends AttentionOperands<Rows> {
	/** Gradient of the loss in the output, (batch · heads · n_q) x d_v. */
	readonly dO: Rows;
}

/** One head of a `BackwardProblem` (or of operands): its own rows, and where they are. */
export interface Head<Rows extends RowSource = Matrix> {
	/** b · heads + h: which n_q rows of Q, dO, dQ and of the output. */
	readonly index: number;
	/** b · keyHeads + head of the keys: which n_k rows of K, V, dK, dV. */
	readonly keyIndex: number;
	/** n_q x d. */
	readonly Q: Rows;
	/** n_k x d. */
	readonly K: Rows;
	/** n_k x d_v. */
	readonly V: Rows;
	/** n_q x d_v, where there is one. */
	readonly dO?: Rows;
}

/** Scale and visibility of an operator. */
export interface OperatorSettings {
	/** Factor of the scores. @default 1/d */
	readonly scale?: number;
	/** @default every key */
	readonly visibility?: Visibility;
	/** As in `AttentionOperands`. */
	readonly roundedFrom?: Dtype;
}

/** A matrix of one head, or an array of heads. */
export type HeadRows<Rows extends RowSource> = Rows | HeadArray<Rows>;

/**
 * Checks operands and makes one value of them; no copy.
 * @throws UsageError naming the two shapes that do not go together, heads of K that do not divide those of Q, an axis of
 * length 0, number types that differ, an entry in memory that is not finite, a scale that is not a finite number > 0, or a
 * visibility that does not fit
 */
export function createOperands<Rows extends RowSource = Matrix>(
	given: { readonly Q: HeadRows<Rows>; readonly K: HeadRows<Rows>; readonly V: HeadRows<Rows> },
	{ scale, visibility = everyKey, roundedFrom }: OperatorSettings = {},
): AttentionOperands<Rows> {
	const [Q, K, V] = [asArray(given.Q), asArray(given.K), asArray(given.V)];
	const [q, k, v] = [headSizes("Q", Q), headSizes("K", K), headSizes("V", V)];
	const disagree = (other: "K" | "V", what: string): UsageError => {
		const [first, shape] = other === "K" ? (["Q", Q.shape] as const) : (["K", K.shape] as const);
		const second = other === "K" ? K.shape : V.shape;
		return new UsageError(`${first} ${shapeText(shape)} and ${other} ${shapeText(second)} do not go together: ${what}`);
	};
	if (K.shape.length !== Q.shape.length) throw disagree("K", "they must have as many axes");
	if (V.shape.length !== K.shape.length) throw disagree("V", "they must have as many axes");
	if (k.batch !== q.batch) throw disagree("K", `a batch of ${q.batch} and one of ${k.batch}`);
	if (v.batch !== k.batch) throw disagree("V", `a batch of ${k.batch} and one of ${v.batch}`);
	if (k.d !== q.d) throw disagree("K", `queries of width ${q.d} and keys of width ${k.d}`);
	if (v.heads !== k.heads) throw disagree("V", `${k.heads} heads of keys and ${v.heads} of values`);
	if (v.n !== k.n) throw disagree("V", `${k.n} keys and ${v.n} values`);
	if (q.heads % k.heads !== 0)
		throw disagree("K", `${k.heads} heads of keys do not divide ${q.heads} heads of queries`);
	checkEntries({ Q, K, V }, Q.rows.dtype);
	const factor = scale ?? 1 / q.d;
	if (!(Number.isFinite(factor) && factor > 0))
		throw new UsageError(`scale must be a finite number > 0, got ${factor}`);
	checkVisibility(visibility, q.n, k.n);
	return {
		...{ Q: Q.rows, K: K.rows, V: V.rows },
		...{ batch: q.batch, heads: q.heads, keyHeads: k.heads, n_q: q.n, n_k: k.n, d: q.d, d_v: v.d },
		...{ axes: Q.shape.length, scale: factor, visibility },
		...(roundedFrom !== undefined && { roundedFrom }),
	};
}

/**
 * `createOperands` with an upstream gradient dO, shaped like the output.
 * @throws UsageError as `createOperands`, and where dO does not have the shape of the output
 */
export function createBackwardProblem<Rows extends RowSource = Matrix>(
	given: {
		readonly Q: HeadRows<Rows>;
		readonly K: HeadRows<Rows>;
		readonly V: HeadRows<Rows>;
		readonly dO: HeadRows<Rows>;
	},
	settings: OperatorSettings = {},
): BackwardProblem<Rows> {
	const operands = createOperands(given, settings);
	const dO = asArray(given.dO);
	headSizes("dO", dO);
	const expected = shapesOf(operands).dO;
	if (expected.length !== dO.shape.length || expected.some((axis, i) => axis !== dO.shape[i]))
		throw new UsageError(
			`dO must have the shape of the output, ${shapeText(expected)} (Q is ${shapeText(shapesOf(operands).dQ)}, V is ${shapeText(shapesOf(operands).dV)}), got ${shapeText(dO.shape)}`,
		);
	checkEntries({ dO }, asArray(given.Q).rows.dtype);
	return { ...operands, dO: dO.rows };
}

/** Shapes of the results, by their names: those of the arrays that the operands were made from. */
export function shapesOf({ axes, batch, heads, keyHeads, n_q, n_k, d, d_v }: AttentionOperands<RowSource>) {
	const shape = (count: number, n: number, width: number) => [batch, count, n, width].slice(4 - axes);
	return {
		dQ: shape(heads, n_q, d),
		dK: shape(keyHeads, n_k, d),
		dV: shape(keyHeads, n_k, d_v),
		dO: shape(heads, n_q, d_v),
		O: shape(heads, n_q, d_v),
		lse: shape(heads, n_q, 1).slice(0, -1),
	};
}

/** Every head of the queries, in the order of their rows; no copy. Heads of one group share K and V. */
export function headsOf<Rows extends RowSource>(
	operands: AttentionOperands<Rows> & { readonly dO?: Rows },
): Head<Rows>[] {
	const { Q, K, V, dO, batch, heads, keyHeads, n_q, n_k } = operands;
	return Array.from({ length: batch * heads }, (_, index): Head<Rows> => {
		const keyIndex = Math.floor(index / (heads / keyHeads));
		const [from, key] = [index * n_q, keyIndex * n_k];
		return {
			index,
			keyIndex,
			Q: rowsBetween(Q, from, from + n_q),
			K: rowsBetween(K, key, key + n_k),
			V: rowsBetween(V, key, key + n_k),
			...(dO && { dO: rowsBetween(dO, from, from + n_q) }),
		};
	});
}

function asArray<Rows extends RowSource>(given: HeadRows<Rows>): HeadArray<Rows> {
	if ("shape" in given) return given;
	return { shape: [given.rows, given.cols], rows: given };
}

/** @throws UsageError for number types that differ, and for an entry in memory that is not finite */
function checkEntries(arrays: Readonly<Record<string, HeadArray<RowSource>>>, dtype: Dtype): void {
	for (const [name, { shape, rows }] of Object.entries(arrays)) {
		if (rows.dtype !== dtype) throw new UsageError(`${name} is ${rows.dtype}, Q is ${dtype}; all must be of one type`);
		if (!(rows instanceof Matrix)) continue;
		const at = firstNotFinite(rows.data, 0, rows.data.length);
		if (at >= 0)
			throw new UsageError(`${name}[${indexIn(shape, at).join(", ")}] is ${rows.data[at]}; every entry must be finite`);
	}
}

/** Indices of the element at a running index of a row-major array. */
function indexIn(shape: readonly number[], at: number): number[] {
	return shape
		.toReversed()
		.map((axis) => {
			const index = at % axis;
			at = Math.floor(at / axis);
			return index;
		})
		.reverse();
}
