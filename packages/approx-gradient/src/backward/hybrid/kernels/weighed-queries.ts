import { Matrix } from "@attgrad/matrix-core";
import type { HybridHead } from "../hybrid-head.ts";
import type { QueryWeights } from "../query-sums.ts";
import { type HybridKernels, putMatrix } from "./placed-features.ts";

/** Queries of a task, and parts that are summed apart, whatever the number of threads. */
const TASK_ROWS = 2048;

/** `weighedQueries` on kernels: the addresses of the columns, and the sums. */
export async function weighQueries(
	kernels: HybridKernels,
	{ queries, upstream }: HybridHead,
	{ weights }: QueryWeights,
): Promise<{ readonly factors: number; readonly extra: number; readonly numbers: Float64Array }> {
	const [n, d, d_v] = [queries.rows, queries.cols, upstream.cols];
	const factors = kernels.allocate("f64", n * (d + 1));
	const extra = kernels.allocate("f64", n * (d_v + d));
	const numbers = new Float64Array(3 * (d_v + d));
	await kernels.scope(async () => {
		const put = (data: Float64Array) => putMatrix(kernels, new Matrix(1, data.length, data));
		const rows = kernels.allocateStruct("HybridWeights", {
			...{ d, dv: d_v, queries: putMatrix(kernels, queries), given: putMatrix(kernels, upstream) },
			...{ weights: put(weights), factors, extra },
		});
		const parts = Math.ceil(n / TASK_ROWS);
		const sums = kernels.view("f64", kernels.allocateZeros("f64", parts * numbers.length), parts * numbers.length);
		const tasks = Array.from({ length: parts }, (_, part) => {
			const from = part * TASK_ROWS;
			return { rows, from, to: Math.min(n, from + TASK_ROWS), sums: sums.byteOffset + 8 * part * numbers.length };
		});
		await kernels.run("queryWeights", tasks, {});
		for (let at = 0; at < sums.length; at++) numbers[at % numbers.length] += sums[at];
	});
	return { factors, extra, numbers };
}
