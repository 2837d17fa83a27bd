import { allocateNumbers, type Dtype, type Numbers, type RowSource, UsageError } from "@attgrad/matrix-core";

/** The rows of a source as `dtype`: as they are where that is wider, rounded as they are read where it is narrower. */
export function convertedRows(source: RowSource, dtype: Dtype): RowSource {
	if (source.dtype === dtype) return source;
	const { rows, cols } = source;
	const readRows = dtype === "f64" ? source.readRows.bind(source) : roundedRows(source);
	return { rows, cols, dtype, readRows };
}

/** Reads rows in double precision, and rounds them to single, whatever the type of the target. */
function roundedRows(source: RowSource): RowSource["readRows"] {
	let doubles = allocateNumbers("f64", 0);
	return (from: number, to: number, target: Numbers): void => {
		const count = (to - from) * source.cols;
		if (doubles.length < count) doubles = allocateNumbers("f64", count);
		source.readRows(from, to, doubles);
		for (let at = 0; at < count; at++) {
			const rounded = Math.fround(doubles[at]);
			if (rounded - rounded !== 0) {
				const where = `row ${from + Math.floor(at / source.cols)}, column ${at % source.cols}`;
				throw new UsageError(`the entry in ${where} of a matrix is ${doubles[at]}, too large for float32; use float64`);
			}
			target[at] = rounded;
		}
	};
}
