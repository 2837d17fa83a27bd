import { type AttentionLayer, type AttentionOperands, createOperands } from "@attgrad/attention-problem";
import {
	ComputationError,
	type Matrix,
	materialise,
	multiply,
	type RowSource,
	unitRoundoff,
} from "@attgrad/matrix-core";
import { maxUp, numberTypes, plus, rootUp, times } from "../../error-bound/index.ts";
import { isIdentity, lengthUp, productErrors, type Rounded, radiusOf } from "../problem/moved-operands.ts";

/** A layer as operands of the attention operator, with what they are off by. */
export interface LayerOperands {
	/** Q = A1 X, K = A2, V = A3 Y, in double precision. */
	readonly operands: AttentionOperands;
	/** At least every score, about some constant of its row. */
	readonly radius: number;
	/** At least the length by which each row of the exact output at these operands is off that of the layer; absent where they are exact. */
	readonly moved?: Float64Array;
}

/** Lengths of the errors of operands: of each query, of every key and of every value. */
interface OperandErrors {
	readonly queries: Float64Array;
	readonly key: number;
	readonly value: number;
}

/**
 * A layer's operands. They are off by the rounding of A1 X and A3 Y, which is none where X and Y are identities, by that of X where it is
 * a product, and by that of numbers that were rounded when they were read. O(n d²), memory O(n d).
 * @throws ComputationError (invalid) where a product overflows
 */
export function layerOperands(layer: AttentionLayer<RowSource>): LayerOperands {
	const { A1, A2, A3, X, Y, scale } = layer;
	const [inputs, K, values] = [A1, A2, A3].map((source) => materialise(source).as("f64"));
	const Q = product("A1 X", inputs, X);
	const V = product("A3 Y", values, Y);
	const errors = operandErrors(layer, { inputs, keys: K, values });
	const operands = createOperands({ Q, K, V }, { scale });
	const keyRadius = radiusOf(K);
	let longest = 0;
	for (let j = 0; j < Q.rows; j++) longest = Math.max(longest, lengthUp(Q, j));
	const radius = times(scale, times(longest, keyRadius));
	return { operands, radius, ...(errors && { moved: movedOutputs(operands, keyRadius, errors) }) };
}

/**
 * Lengths by which rows of the exact output move with the operands (backward.md, Theorem A.2): scores move by at most
 * ε_j = s (e^Q_j ρ_K + (‖Q_j‖ + e^Q_j) e^K) up to a constant of the row, weights by 2 tanh(ε_j / 2) in sum, and the output by that times ρ_V, and by e^V.
 */
function movedOutputs(
	{ Q, V, scale }: AttentionOperands,
	keyRadius: number,
	{ queries, key, value }: OperandErrors,
): Float64Array {
	const valueRadius = radiusOf(V);
	return queries.map((error, j) => {
		const length = plus(lengthUp(Q, j), error);
		const shift = times(scale, plus(times(error, keyRadius), times(length, key)));
		return plus(times(Math.min(2, shift), valueRadius), value);
	});
}

/** The errors of a layer's operands; undefined where there are none. */
function operandErrors(
	{ A1, X, Y, weightError, roundedFrom }: AttentionLayer<RowSource>,
	{ inputs, keys, values }: Readonly<Record<"inputs" | "keys" | "values", Matrix>>,
): OperandErrors | undefined {
	const isRounded = roundedFrom !== undefined && unitRoundoff(roundedFrom) < unitRoundoff(A1.dtype);
	if (!isRounded && !weightError && isIdentity(X) && isIdentity(Y)) return undefined;
	const { unit, tiny } = isRounded ? numberTypes[A1.dtype] : { unit: 0, tiny: 0 };
	// |given - read| <= u |given| + tiny, and |given| is as near to |read|.
	const rounded = { unit: unit * (1 + 4 * unit), tiny };
	const weights = weightError ?? 0;
	return {
		queries: productErrors(inputs, X, rounded).map((error, j) =>
			weights === 0 ? error : plus(error, times(weights, plus(lengthUp(inputs, j), rowError(inputs, j, rounded)))),
		),
		key: isRounded ? maxUp(Float64Array.from({ length: keys.rows }, (_, l) => rowError(keys, l, rounded))) : 0,
		value: maxUp(productErrors(values, Y, rounded)),
	};
}

/** At least the length of the error of a row that was rounded. */
const rowError = (rows: Matrix, row: number, { unit, tiny }: Rounded): number =>
	plus(times(unit, lengthUp(rows, row)), times(rootUp(rows.cols), tiny));

function product(name: string, rows: Matrix, weights: Matrix): Matrix {
	const made = isIdentity(weights) ? rows : multiply(rows, weights.as("f64"));
	let sum = 0;
	// 0 times a finite number is 0
	for (let at = 0; at < made.data.length; at++) sum += 0 * made.data[at];
	if (sum === 0) return made;
	throw new ComputationError("invalid", `polynomial: ${name} is beyond the range of doubles; use streaming`);
}
