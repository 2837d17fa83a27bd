import type { AttentionLayer } from "@attgrad/attention-problem";
import {
	bytesPerNumber,
	ColumnShift,
	type Dtype,
	type Kernels,
	type KernelTask,
	type Matrix,
	type RowSource,
	scale as scaled,
	transpose,
} from "@attgrad/matrix-core";
import type { streamingKernels } from "./streaming-kernels.ts";

/** The kernels of this package at work. */
type StreamingKernels = Kernels<typeof streamingKernels>;

/** A layer's keys, values and weights, packed in kernel memory for `kernels/streaming.ts`. */
export interface KernelJob {
	/** Address of the `Job` that the kernels read. */
	readonly address: number;
	readonly dtype: Dtype;
	/** Rows of a block. */
	readonly blockRows: number;
	/** Bytes of scratch of a thread. */
	readonly scratch: number;
	/** Shape of each of the two gradients that a block gives: d, padded. */
	readonly gradientRows: number;
	readonly gradientColumns: number;
}

/** Columns that the kernels take at a time. */
const COLUMNS = 4;

/** Least normal double: squares below it are lost from a length, and are counted as this. */
const LEAST_NORMAL = 2 ** -1022;

/** Rows of A2 and A3 that are in memory beside their packed form. */
const STAGING_NUMBERS = 2 ** 19;

/**
 * Packs a problem, or a layer: A2 less its shift (`ColumnShift`), and A3, each twice (see `kernels/job.ts`).
 */
export async function packJob(
	problem: AttentionLayer<RowSource>,
	blockRows: number | undefined,
	kernels: StreamingKernels,
): Promise<KernelJob> {
	const { n, d, A1, X, Y, scale } = problem;
	const { dtype } = A1;
	const size = bytesPerNumber(dtype);
	const panelRows = (await kernels.run("panelRows", [{}], { dtype }))[0];
	const gradientRows = Math.ceil(d / COLUMNS) * COLUMNS;
	const gradientColumns = Math.ceil(gradientRows / panelRows) * panelRows;
	const rows = Math.ceil(Math.min(n, blockRows ?? defaultBlockRows(n, d, size)) / panelRows) * panelRows;

	const square = async (matrix: Matrix) => {
		const from = kernels.allocate(dtype, d * d);
		kernels.readRows(matrix, 0, d, dtype, from);
		const packed = kernels.allocate(dtype, d * gradientRows);
		await kernels.run("packSquare", [{ matrix: from, d, packed }], { dtype });
		return packed;
	};
	const byRow = () => kernels.allocate(dtype, n * d);
	const byColumn = () => kernels.allocate(dtype, n * gradientRows);
	const longestKey = kernels.allocate("f64", 1);
	const address = kernels.allocateStruct("Job", {
		n,
		d,
		chunk: d <= 16 ? 252 : 126,
		blockRows: rows,
		keysByRow: byRow(),
		keysByColumn: byColumn(),
		valuesByRow: byRow(),
		valuesByColumn: byColumn(),
		X: await square(scaled(X.as("f64"), scale)),
		Y: await square(Y),
		transposedY: await square(transpose(Y)),
		step: panelRows * size,
		longestKey,
	});

	const longest = await kernels.scope(() => packKeys(problem, address, kernels, dtype));
	kernels.view("f64", longestKey, 1)[0] = Math.sqrt(longest + d * LEAST_NORMAL);
	const scratch = (await kernels.run("scratchBytes", [{ job: address }], { dtype }))[0];
	return { address, dtype, blockRows: rows, scratch, gradientRows, gradientColumns };
}

/** Packs keys and value inputs, block by block; gives the largest squared length of a shifted key. */
async function packKeys(
	{ n, d, A2, A3 }: AttentionLayer<RowSource>,
	job: number,
	kernels: StreamingKernels,
	dtype: Dtype,
): Promise<number> {
	const size = bytesPerNumber(dtype);
	const most = Math.min(n, Math.max(1, Math.floor(STAGING_NUMBERS / d)));
	const keys = kernels.allocate(dtype, most * d);
	const values = kernels.allocate(dtype, most * d);
	const centre = kernels.allocate(dtype, d);
	const shift = new ColumnShift(d);
	const read = (source: RowSource, from: number, address: number) =>
		kernels.readRows(source, from, Math.min(n, from + most), dtype, address);
	for (let from = 0; from < n; from += most) {
		read(A2, from, keys);
		shift.add(kernels.view(dtype, keys, Math.min(most, n - from) * d));
	}
	kernels.view(dtype, centre, d).set(shift.shifts());

	let longest = 0;
	for (let from = 0; from < n; from += most) {
		if (n > most) read(A2, from, keys);
		read(A3, from, values);
		const count = Math.min(most, n - from);
		const part = Math.ceil(count / 16);
		const tasks: KernelTask<typeof streamingKernels, "packRows">[] = [];
		for (let row = 0; row < count; row += part)
			tasks.push({
				job,
				A2: keys + row * d * size,
				A3: values + row * d * size,
				centre,
				from: from + row,
				to: from + Math.min(count, row + part),
			});
		const lengths = await kernels.run("packRows", tasks, { dtype });
		for (const length of lengths) longest = Math.max(longest, length);
	}
	return longest;
}

/**
 * Bytes of weights of a block that stay in the second cache level, and of packed keys and values in the third; and the most
 * weights that a thread may hold.
 */
const CACHE = { weights: 2 ** 20, packed: 2 ** 24, most: 2 ** 28 };

/**
 * Rows of a block. A block reads all keys and values once a pass and keeps its weights: at small d the weights are what
 * moves, and few rows keep them in the second cache level; at large d it is keys and values, and many rows share a reading.
 * Measured at n = 4096 to 16384 (docs/performance.md): between 16 and 64 the choice matters little at n = 4096; at
 * n = 12288, d = 64 128 rows take 0.9 of the time of 64 and 0.6 of 16, at n = 16384, d = 8 16 rows 0.9 of 64.
 */
function defaultBlockRows(n: number, d: number, size: number): number {
	if (d > 16)
		return Math.max(1, Math.min(4 * n * d * size > CACHE.packed ? 128 : 64, Math.floor(CACHE.most / (n * size))));
	return Math.max(16, Math.min(64, Math.floor(CACHE.weights / (n * size))));
}
