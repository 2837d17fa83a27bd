import type { AttentionOperands, Head } from "@attgrad/attention-problem";
import { bytesPerNumber, type Dtype, type Kernels, type KernelTask, type RowSource } from "@attgrad/matrix-core";
import type { backwardKernels } from "./backward-kernels.ts";
import type { StripePlan } from "./stripes.ts";

/** The kernels of kernels/backward.ts at work. */
export type BackwardKernels = Kernels<typeof backwardKernels>;

/** Numbers of K and V that are in memory beside their packed form. */
const STAGING_NUMBERS = 2 ** 20;

/** Columns that the kernels pad packings to. */
const COLUMNS = 4;

/** Memory that all heads share: the visible keys of each query. */
export interface SharedMemory {
	readonly lo: number;
	readonly hi: number;
	/** Rows of a panel. */
	readonly panelRows: number;
}

/** Bytes of a head's keys and values in kernel memory. */
export function packedBytes({ n_k, d, d_v }: AttentionOperands<RowSource>, size: number): number {
	const padded = (width: number) => Math.ceil(width / COLUMNS) * COLUMNS;
	return n_k * (d + d_v + padded(d) + padded(d_v)) * size;
}

/**
 * Packs a head's keys and values for the kernels of kernels/backward.ts; gives the address of its `BackwardJob`. Both are taken
 * about a centre, which changes no gradient (rows of dS sum to 0): in each column the entry that is nearest to 0, where all
 * have one sign, and 0 elsewhere. So no entry grows, and a centre never costs digits, however far some keys lie.
 */
export async function packHead(
	{ K, V }: Head<RowSource>,
	{ n_k, d, d_v, scale }: AttentionOperands<RowSource>,
	{ blockRows, chunk }: StripePlan,
	{ lo, hi, panelRows }: SharedMemory,
	kernels: BackwardKernels,
	residual: boolean,
): Promise<number> {
	const { dtype } = K;
	const size = bytesPerNumber(dtype);
	const padded = (width: number) => n_k * Math.ceil(width / COLUMNS) * COLUMNS;
	const numbers = kernels.allocate("f64", 2);
	const [keyCentre, valueCentre] = [kernels.allocate(dtype, d), kernels.allocate(dtype, d_v)];
	const fields = {
		...{ keys: n_k, d, dv: d_v, chunk, blockRows, residual: residual ? 1 : 0 },
		keysByRow: kernels.allocate(dtype, n_k * d),
		keysByColumn: kernels.allocate(dtype, padded(d)),
		valuesByRow: kernels.allocate(dtype, n_k * d_v),
		valuesByColumn: kernels.allocate(dtype, padded(d_v)),
		...{ keyCentre, valueCentre, lo, hi, step: panelRows * size, numbers },
	};
	const job = kernels.allocateStruct("BackwardJob", fields);

	const longest = await kernels.scope(async () => {
		const most = Math.min(n_k, Math.max(1, Math.floor(STAGING_NUMBERS / (d + d_v))));
		const [keys, vectors] = [kernels.allocate(dtype, most * d), kernels.allocate(dtype, most * d_v)];
		kernels.view(dtype, keyCentre, d).set(centreOf(K, most, dtype, keys, kernels));
		kernels.view(dtype, valueCentre, d_v).set(centreOf(V, most, dtype, vectors, kernels));
		let squares = 0;
		for (let from = 0; from < n_k; from += most) {
			const to = Math.min(n_k, from + most);
			kernels.readRows(K, from, to, dtype, keys);
			kernels.readRows(V, from, to, dtype, vectors);
			const part = Math.ceil((to - from) / 16);
			const tasks: KernelTask<typeof backwardKernels, "packHead">[] = [];
			for (let row = 0; row < to - from; row += part) {
				const rows = { K: keys + row * d * size, V: vectors + row * d_v * size };
				tasks.push({ job, ...rows, from: from + row, to: Math.min(to, from + row + part) });
			}
			for (const length of await kernels.run("packHead", tasks, { dtype })) squares = Math.max(squares, length);
		}
		return Math.sqrt(squares);
	});
	kernels.view("f64", numbers, 2).set([scale, longest]);
	return job;
}

/** In each column the entry that is nearest to 0, where all have one sign, and 0 elsewhere; reads the rows through `staging`. */
function centreOf(source: RowSource, most: number, dtype: Dtype, staging: number, kernels: Kernels): Float64Array {
	const { rows, cols } = source;
	const low = new Float64Array(cols).fill(Number.POSITIVE_INFINITY);
	const high = new Float64Array(cols).fill(Number.NEGATIVE_INFINITY);
	for (let from = 0; from < rows; from += most) {
		const to = Math.min(rows, from + most);
		kernels.readRows(source, from, to, dtype, staging);
		const block = kernels.view(dtype, staging, (to - from) * cols);
		for (let at = 0; at < block.length; )
			for (let b = 0; b < cols; b++) {
				const x = block[at++];
				if (x < low[b]) low[b] = x;
				if (x > high[b]) high[b] = x;
			}
	}
	return low.map((least, b) => (least > 0 ? least : Math.min(high[b], 0)));
}
