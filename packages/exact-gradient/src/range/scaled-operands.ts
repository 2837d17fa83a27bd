import type { AttentionOperands } from "@attgrad/attention-problem";
import type { Matrix, RowSource } from "@attgrad/matrix-core";
import { columnsScaled, entriesScaled, timesPowerOfTwo } from "./powers.ts";
import { isOfSafeSizes, SAFE_EXPONENT, typicalExponents } from "./sizes.ts";

/** Operands, with or without an upstream gradient. */
type Operands = AttentionOperands<RowSource> & { readonly dO?: RowSource };

/** Results of the operator. */
interface Results {
	readonly output?: Matrix | undefined;
	readonly dQ?: Matrix;
	readonly dK?: Matrix;
	readonly dV?: Matrix;
}

/**
 * The same operands scaled by powers of two, and the exponents that restore the results; undefined where sizes are ordinary. Q' = Q S⁻¹ and
 * K' = K S with a power of two for each column, half of what lies between their typical entries, so that both are as large; V' = V 2^-v and
 * dO' = dO 2^-o for their typical entries. A scale that is far from 1 goes into Q with the power 2^k: scale' = scale 2^k, S⁻¹ 2^-k in place of S⁻¹ below.
 * The scores are the same, and
 *
 *     O = 2^v O',   dV = 2^o dV',   dQ = 2^(v + o) dQ' S⁻¹,   dK = 2^(v + o) dK' S.
 *
 * Exact, as `scaledProblem` is. One pass over the rows, a second where it scales.
 */
export function scaledOperands<Given extends Operands>(
	given: Given,
): { operands: Given; back: <Made extends Results>(made: Made) => Made } | undefined {
	const { Q, K, V, dO } = given;
	const safe = SAFE_EXPONENT[Q.dtype];
	const own = Math.round(Math.log2(given.scale));
	const moved = Math.abs(own) <= safe ? 0 : own;
	if (moved === 0 && [Q, K, V, ...(dO ? [dO] : [])].every(isOfSafeSizes)) return;
	const [ofQ, ofK] = [typicalExponents(Q).map((q) => (q === undefined ? q : q + moved)), typicalExponents(K)];
	const S = Int32Array.from(ofQ, (q, b) => {
		// Beside a column of zeros the other is brought near 1.
		const [query, key] = [q ?? -(ofK[b] ?? 0), ofK[b] ?? -(q ?? 0)];
		return Math.abs(query) <= safe && Math.abs(key) <= safe ? 0 : Math.round((query - key) / 2);
	});
	const common = (source: RowSource | undefined): number => {
		const typical = source === undefined ? 0 : mostTypical(source);
		return Math.abs(typical) <= safe ? 0 : typical;
	};
	const [v, o] = [common(V), common(dO)];
	const operands = {
		...given,
		Q: columnsScaled(
			Q,
			S.map((s, b) => (ofQ[b] === undefined ? 0 : moved - s)),
		),
		K: columnsScaled(
			K,
			S.map((s, b) => (ofK[b] === undefined ? 0 : s)),
		),
		V: columnsScaled(V, new Int32Array(V.cols).fill(-v)),
		scale: timesPowerOfTwo(given.scale, -moved),
		...(dO && { dO: columnsScaled(dO, new Int32Array(dO.cols).fill(-o)) }),
	};
	const back = <Made extends Results>(made: Made): Made => ({
		...made,
		...(made.output && { output: entriesScaled(made.output, () => v) }),
		...(made.dQ && { dQ: entriesScaled(made.dQ, (_, b) => v + o + moved - S[b]) }),
		...(made.dK && { dK: entriesScaled(made.dK, (_, b) => v + o + S[b]) }),
		...(made.dV && { dV: entriesScaled(made.dV, () => o) }),
	});
	return { operands, back };
}

/** The exponent of the typical entry of the column that is largest by it. */
function mostTypical(source: RowSource): number {
	const columns = typicalExponents(source).filter((k) => k !== undefined);
	return columns.length === 0 ? 0 : Math.max(...columns);
}
