import type { AttentionOperands, DecodedArray, HeadArray } from "@attgrad/attention-problem";
import { type Dtype, type RowSource, UsageError } from "@attgrad/matrix-core";

/**
 * Arrays as operands of a number type. Entries that are NaN or infinite in the request are left to whatever makes a layer of the operands.
 * @throws UsageError for an array of fewer than two axes, or an entry that is too large for float32
 */
export function takeOperands<Name extends string>(
	arrays: Readonly<Record<Name, DecodedArray>>,
	dtype: Dtype,
): Record<Name, HeadArray> {
	const entries = Object.entries(arrays) as [Name, DecodedArray][];
	const taken = entries.map(([name, { shape, rows }]) => {
		if (shape.length < 2 || shape.length > 4)
			throw new UsageError(
				`${name} must have shape (n, d), (heads, n, d) or (batch, heads, n, d), got (${shape.join(", ")})`,
			);
		const array: HeadArray = { shape, rows: rows.as(dtype) };
		const { data } = array.rows;
		const at = data === rows.data ? -1 : data.findIndex((x, i) => !Number.isFinite(x) && Number.isFinite(rows.data[i]));
		if (at >= 0) throw new UsageError(`${name} has the entry ${rows.data[at]}, too large for float32; use float64`);
		return [name, array];
	});
	return Object.fromEntries(taken) as Record<Name, HeadArray>;
}

/** Sizes, scale and visible keys of an operator for JSON. */
export function describeOperator({ visibility, Q, ...operands }: AttentionOperands<RowSource>) {
	const { batch, heads, keyHeads, n_q, n_k, d, d_v, scale } = operands;
	return {
		...{ batch, heads, keyHeads, n_q, n_k, d, d_v, scale, dtype: Q.dtype },
		mask: visibility.mask,
		window: visibility.window ?? null,
		lengths: visibility.lengths ?? null,
	};
}
