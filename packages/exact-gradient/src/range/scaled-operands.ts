import type { AttentionOperands } from "@attgrad/attention-problem";
import { ComputationError, Matrix, type RowSource } from "@attgrad/matrix-core";
import { withoutOffsets } from "./offsets.ts";
import { columnsScaled, entriesScaled, inDoubles, timesPowerOfTwo } from "./powers.ts";
import { isOfSafeSizes, LEAST_ROOT, SAFE_EXPONENT, typicalExponents } from "./sizes.ts";

/** Operands, with or without an upstream gradient. */
type Operands = AttentionOperands<RowSource> & { readonly dO?: RowSource };

/** Results of the operator. */
interface Results {
	readonly output?: Matrix | undefined;
	readonly lse?: Float64Array | undefined;
	readonly dQ?: Matrix;
	readonly dK?: Matrix;
	readonly dV?: Matrix;
}

/**
 * The same operands scaled by powers of two, and the way back for the results; undefined where sizes are ordinary. Offsets that the rows of a column of keys, or of
 * values, have in common are taken off first (`withoutOffsets`). Then Q' = Q S⁻¹ and K' = K S with a power of two for each column, half of what lies between their
 * typical entries, so that both are as large, and V' = V T⁻¹ 2^-t and dO' = dO T 2^(t - w) in the same way, where 2^w is about the largest product of typical entries. A scale that is
 * far from 1 goes into Q with the power 2^k: scale' = scale 2^k, S⁻¹ 2^-k in place of S⁻¹ below. The scores are the same but for a number of each row, and
 *
 *     O = O' T 2^t,   dV = 2^(w - t) dV' T⁻¹,   dQ = 2^w dQ' S⁻¹,   dK = 2^w dK' S.
 *
 * Exact, as `scaledProblem` is. Single precision where products of some columns are far below those of others becomes double, which holds them all. A few passes over the
 * rows, one where nothing is scaled.
 * @throws ComputationError where products of two columns of V and dO are so far apart that the smaller leave the range
 */
export function scaledOperands<Given extends Operands>(
	given: Given,
): { operands: Given; back: <Made extends Results>(made: Made) => Made } | undefined {
	const { Q, dO } = given;
	const { dtype } = Q;
	const safe = SAFE_EXPONENT[dtype];
	const own = Math.round(Math.log2(given.scale));
	const moved = Math.abs(own) <= safe ? 0 : own;
	if (moved === 0 && [Q, given.K, given.V, ...(dO ? [dO] : [])].every(isOfSafeSizes)) return;
	const [K, V] = [withoutOffsets(given.K, given.n_k), withoutOffsets(given.V, given.n_k)];
	const ofQ = typicalExponents(Q).map((q) => (q === undefined ? q : q + moved));
	const ofK = typicalExponents(K.rows);
	const scores = pairsOf(ofQ, ofK, 0, safe);
	const values = dO ? productsOf(typicalExponents(V.rows), typicalExponents(dO), safe) : valuesOf(V.rows, safe);
	const least = Math.min(values.least, dO ? scores.least : 0);
	if (least < LEAST_ROOT[dtype]) {
		if (dtype === "f32") return scaledInDoubles(given);
		if (values.least < LEAST_ROOT.f64)
			throw new ComputationError(
				"failed",
				`products of columns of values and of upstream gradients are between about 2^${values.power + 2 * values.least} and 2^${values.power + 2 * safe}, which leaves the range of f64`,
			);
	}
	const S = scores.first;
	const operands = {
		...given,
		Q: columnsScaled(
			Q,
			S.map((s, b) => (ofQ[b] === undefined ? 0 : moved - s)),
		),
		K: columnsScaled(
			K.rows,
			S.map((s, b) => (ofK[b] === undefined ? 0 : s)),
		),
		V: columnsScaled(
			V.rows,
			values.first.map((k) => -k),
		),
		scale: timesPowerOfTwo(given.scale, -moved),
		...(dO && {
			dO: columnsScaled(
				dO,
				values.first.map((k) => k - values.power),
			),
		}),
	};
	const { first: v, power: w } = values;
	const back = <Made extends Results>(made: Made): Made => ({
		...made,
		...(made.output && { output: outputsBack(given, made.output, v, V.offsets, made.lse) }),
		...(made.lse && { lse: lseBack(given, made.lse, K.offsets) }),
		...(made.dQ && { dQ: entriesScaled(made.dQ, (_, b) => w + moved - S[b]) }),
		...(made.dK && { dK: entriesScaled(made.dK, (_, b) => w + S[b]) }),
		...(made.dV && { dV: entriesScaled(made.dV, (_, i) => w - v[i]) }),
	});
	return { operands, back };
}

/**
 * The operands without the offsets that rows of a column of keys, or of values, have in common, whatever their size, and the way back for the results; undefined
 * where there are none. For passes in plain TypeScript, whose differences would cancel; kernels centre keys and values themselves.
 */
export function operandsWithoutOffsets<Given extends Operands>(
	given: Given,
): { operands: Given; back: <Made extends Results>(made: Made) => Made } | undefined {
	const [K, V] = [given.K, given.V].map((rows) => withoutOffsets(rows, given.n_k, -1));
	if (K.rows === given.K && V.rows === given.V) return;
	const unscaled = new Int32Array(given.d_v);
	const back = <Made extends Results>(made: Made): Made => ({
		...made,
		...(made.output && { output: outputsBack(given, made.output, unscaled, V.offsets, made.lse) }),
		...(made.lse && { lse: lseBack(given, made.lse, K.offsets) }),
	});
	return { operands: { ...given, K: K.rows, V: V.rows }, back };
}

/** The operands in double precision, which holds all products of numbers in single precision. */
function scaledInDoubles<Given extends Operands>(given: Given): ReturnType<typeof scaledOperands<Given>> {
	const { Q, K, V, dO } = given;
	const wide = { ...given, Q: inDoubles(Q), K: inDoubles(K), V: inDoubles(V), ...(dO && { dO: inDoubles(dO) }) };
	return scaledOperands(wide) ?? { operands: wide, back: (made) => made };
}

/** Powers of columns of two matrices that are multiplied: the first is divided by 2^first, the second by 2^(power - first). */
interface ColumnPowers {
	readonly first: Int32Array;
	readonly power: number;
	/** Exponent of the typical entries of the column where both are least. */
	readonly least: number;
}

/** Exponents of columns; undefined for those of zeros. */
type Exponents = readonly (number | undefined)[];

/** Both matrices as large as each other in every column, where their products are divided by 2^power; ordinary columns are left as they are. */
function pairsOf(first: Exponents, second: Exponents, power: number, safe: number): ColumnPowers {
	let least = 0;
	const powers = Int32Array.from(first, (k, b) => {
		// Beside a column of zeros the other is brought near 1.
		const [one, other] = [k ?? power - (second[b] ?? power), second[b] ?? power - (k ?? 0)];
		least = Math.min(least, (one + other - power) / 2);
		return Math.abs(one) <= safe && Math.abs(other - power) <= safe ? 0 : Math.round((one - other + power) / 2);
	});
	return { first: powers, power, least };
}

/** Powers of values and upstream gradients, whose largest product becomes ordinary: the square of the largest ordinary number where others are far below it. */
function productsOf(values: Exponents, upstream: Exponents, safe: number): ColumnPowers {
	const products = values.flatMap((k, i) => (k === undefined || upstream[i] === undefined ? [] : [k + upstream[i]]));
	const isOrdinary = [...values, ...upstream].every((k) => Math.abs(k ?? 0) <= safe);
	if (isOrdinary || products.length === 0) return pairsOf(values, upstream, 0, safe);
	const [least, most] = [Math.min(...products), Math.max(...products)];
	return pairsOf(values, upstream, most - least > 2 * safe ? most - 2 * safe : most, safe);
}

/** Powers of values alone, which become ordinary in every column. */
const valuesOf = (values: RowSource, safe: number): ColumnPowers => ({
	first: Int32Array.from(typicalExponents(values), (k = 0) => (Math.abs(k) <= safe ? 0 : k)),
	power: 0,
	least: 0,
});

/** The head of keys that query `row` of all heads attends. */
const keysOf = ({ n_q, heads, keyHeads }: Operands, row: number): number =>
	Math.floor(Math.floor(row / n_q) / (heads / keyHeads));

/** Outputs of scaled values, with their offsets: 0 for a query that sees no key. */
function outputsBack(
	given: Operands,
	output: Matrix,
	powers: Int32Array,
	offsets: Matrix,
	lse: Float64Array | undefined,
): Matrix {
	return Matrix.build(
		output.rows,
		output.cols,
		(j, i) =>
			timesPowerOfTwo(output.at(j, i), powers[i]) +
			(lse?.[j] === Number.NEGATIVE_INFINITY ? 0 : offsets.at(keysOf(given, j), i)),
		output.dtype,
	);
}

/** ln Σ e^score with the offsets of keys: those of scores are <query, offset>. */
function lseBack(given: Operands, lse: Float64Array, offsets: Matrix): Float64Array {
	if (offsets.data.every((x) => x === 0)) return lse;
	const query = new Float64Array(given.d);
	return lse.map((at, j) => {
		if (at === Number.NEGATIVE_INFINITY) return at;
		given.Q.readRows(j, j + 1, query);
		const offset = offsets.row(keysOf(given, j));
		let score = 0;
		for (let b = 0; b < query.length; b++) score += given.scale * query[b] * offset[b];
		return at + score;
	});
}
