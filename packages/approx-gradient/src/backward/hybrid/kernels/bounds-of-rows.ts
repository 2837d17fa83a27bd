import { Matrix } from "@attgrad/matrix-core";
import type { KnownForms, RowRests } from "../../../feature-maps/direct-rows.ts";
import { type HybridKernels, putMatrix } from "./placed-features.ts";

/** Rows of a task. */
const TASK_ROWS = 1024;

/** Addresses of the results of rows. */
export interface PlacedRows {
	readonly cotangents: number;
	/** Forms of the cotangents. */
	readonly quadratic: number;
	readonly means: number;
	readonly gradients: number;
	readonly keyMeans: number;
}

/** `boundRow` of all rows by the kernel `boundQueries`, for dO as it was given or the output less a target: rows x 4. O(d + d_v) a row. */
export function boundsOfRows(
	kernels: HybridKernels,
	placed: PlacedRows,
	known: KnownForms,
	rests: RowRests,
	given: "gradient" | "target",
): Promise<Float64Array> {
	const { spans, scale, values, valueSums, keySquares, keySums } = known;
	const [d, dv, count] = [spans.keyHalf.length, spans.valueHalf.length, rests.D.length];
	return kernels.scope(async () => {
		const put = (numbers: Float64Array) => putMatrix(kernels, new Matrix(1, numbers.length, numbers));
		const numbers = [scale.factor, scale.added, scale.lost, known.ones, known.keyGrowth];
		const made = kernels.view("f64", kernels.allocate("f64", 4 * count), 4 * count);
		const rows = kernels.allocateStruct("HybridBounds", {
			...{ d, dv, forms: 2 * d + 1, residual: given === "target" ? 1 : 0, rests: put(inRows(rests)) },
			...{ ...placed, bounds: made.byteOffset },
			known: put(
				Float64Array.from([
					...[...numbers, ...spans.valueHalf, ...values, ...valueSums],
					...[...spans.keyHalf, ...keySquares, ...keySums],
				]),
			),
		});
		const tasks = [];
		for (let from = 0; from < count; from += TASK_ROWS)
			tasks.push({ rows, from, to: Math.min(count, from + TASK_ROWS) });
		await kernels.run("boundQueries", tasks, {});
		return made.slice();
	});
}

/** Three numbers of each row. */
function inRows({ alpha, ones, D }: RowRests): Float64Array {
	const made = new Float64Array(3 * D.length);
	for (let j = 0, at = 0; j < D.length; j++) {
		made[at++] = alpha[j];
		made[at++] = ones[j];
		made[at++] = D[j];
	}
	return made;
}
