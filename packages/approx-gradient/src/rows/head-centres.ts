import { ColumnShift, type Matrix } from "@attgrad/matrix-core";
import { type Centres, keyCentres, mayBeExtreme, TypicalSizes, valueCentres } from "./centres.ts";

/** Centres of the keys and of the values of a head whose rows are in memory: as `Spans` has them for a problem. O(n (d + d_v)). */
export function headCentres({
	Q,
	K,
	V,
	scale,
}: {
	readonly Q: Matrix;
	readonly K: Matrix;
	readonly V: Matrix;
	/** The factor of queries in scores. */
	readonly scale: number;
}): { readonly keys: Centres; readonly values: Centres } {
	const [keys, values] = [new ColumnShift(K.cols), new ColumnShift(V.cols)];
	keys.add(K.data);
	values.add(V.data);
	const queries = new Float64Array(Q.cols);
	for (let at = 0; at < Q.data.length; )
		for (let b = 0; b < Q.cols; b++) queries[b] = Math.max(queries[b], Math.abs(scale * Q.data[at++]));
	const typical = new TypicalSizes(V.cols);
	if (mayBeExtreme(values)) typical.add(V.data);
	return { keys: keyCentres(keys, queries), values: valueCentres(values, typical.sizes()) };
}
