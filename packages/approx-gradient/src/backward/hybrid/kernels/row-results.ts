import { Matrix, type Numbers } from "@attgrad/matrix-core";
import type { HybridMap } from "../../../feature-maps/hybrid/hybrid-map.ts";
import { type ColumnPass, type KeyBounds, roundedUp } from "../column-pass.ts";
import type { HybridHead } from "../hybrid-head.ts";
import type { RowPass } from "../row-pass.ts";
import type { PlacedRows } from "./bounds-of-rows.ts";
import { type HybridKernels, type PlacedFeatures, putMatrix, putPanels } from "./placed-features.ts";

/** Rows of a task. */
const TASK_ROWS = 192;

/** A head with the features of the side whose rows are made. */
export interface MappedRows {
	readonly head: HybridHead;
	readonly map: Pick<HybridMap, "rank">;
	readonly features: Pick<PlacedFeatures, "features">;
}

/** Sums over the other side, K x columns, and the moments that forms of the rows are made of. */
export interface ForRows {
	readonly sums: Matrix;
	readonly moments: Matrix;
}

/** Beside the sums of queries: the upstream gradient or a target, and whether products of values and keys are kept. */
interface QueryOptions {
	readonly given: "gradient" | "target";
	readonly withProducts?: boolean;
	/** Σ w (v', 1) and Σ w k' over keys that have no features, n_q x (d_v + 1 + d); gradients are without these keys. */
	readonly aside?: Matrix | undefined;
}

/** `RowSums` of all queries, and where they are. O(K d d_v) a row. */
export async function queryResults(
	kernels: HybridKernels,
	{ map, head, features }: MappedRows,
	{ sums, moments }: ForRows,
	{ given, withProducts = false, aside }: QueryOptions,
) {
	const { upstream, middleKeys, values } = head;
	const [n, d, width] = [upstream.rows, middleKeys.cols, values.cols];
	const room = (cols: number) => {
		const at = kernels.allocate("f64", n * cols);
		return { at, read: () => new Matrix(n, cols, kernels.view("f64", at, n * cols).slice()) };
	};
	const [means, cotangents, outputs] = [room(width), room(width), room(width - 1)];
	const [gradients, keyMeans, quadratic] = [room(d), room(d), room(moments.cols)];
	const products = withProducts ? kernels.allocate("f64", n * d * width) : 0;
	const rows = kernels.allocateStruct("HybridResults", {
		...{
			d,
			width,
			beside: 0,
			rank: map.rank,
			forms: moments.cols,
			residual: given === "target" ? 1 : 0,
			features: features.features.byteOffset,
		},
		...{ sums: await putPanels(kernels, sums), moments: await putPanels(kernels, moments) },
		aside: aside ? putMatrix(kernels, aside) : 0,
		...{ given: putMatrix(kernels, upstream), means: means.at, cotangents: cotangents.at, outputs: outputs.at },
		...{ gradients: gradients.at, keyMeans: keyMeans.at, valueGradients: 0, quadratic: quadratic.at },
		...{ reach: 0, known: 0, bounds: 0, products },
	});
	await run(kernels, "queryResults", rows, n);
	const N = means.read();
	const made = {
		...{ N, gradients: gradients.read(), outputs: outputs.read(), cotangents: cotangents.read() },
		...{ keyMeans: keyMeans.read(), normaliser: columnOf(N.data, width, width - 1) },
	};
	const placed: PlacedRows = {
		...{ cotangents: cotangents.at, quadratic: quadratic.at, means: means.at },
		...{ gradients: gradients.at, keyMeans: keyMeans.at },
	};
	const ofKeys = withProducts ? kernels.view("f64", products, n * d * width) : undefined;
	return { made, placed, products: ofKeys };
}

/**
 * dK and dV with the bounds of `boundedColumns`. O(K (d + d_v)) a row.
 * @param placedValues address of (v, 1)
 */
export async function keyResults(
	kernels: HybridKernels,
	{ map, head, features }: MappedRows,
	{ sums, moments }: ForRows,
	{ beta, lengths }: Pick<RowPass, "beta" | "lengths">,
	placedValues: number,
	known: KeyBounds,
): Promise<ColumnPass> {
	const { values, keys } = head;
	const [n, d, width] = [values.rows, keys.cols, values.cols];
	const room = (cols: number) => kernels.view("f64", kernels.allocate("f64", n * cols), n * cols);
	const [dK, dV, bounds, reach] = [room(d), room(width - 1), room(2), room(2)];
	interleave(beta, lengths, reach);
	const { factor, valueFirst, valueLost, keyAdded, keyRest, keyLost } = known;
	const numbers = [factor, ...valueFirst, ...valueLost, ...keyAdded, ...keyRest, ...keyLost];
	const rows = kernels.allocateStruct("HybridResults", {
		...{ d, width, beside: d + width - 1, rank: map.rank, forms: d, residual: 0 },
		features: features.features.byteOffset,
		...{ sums: await putPanels(kernels, sums), moments: await putPanels(kernels, moments), given: placedValues },
		...{
			aside: 0,
			means: 0,
			cotangents: 0,
			outputs: 0,
			gradients: dK.byteOffset,
			keyMeans: 0,
			quadratic: 0,
			products: 0,
		},
		...{ valueGradients: dV.byteOffset, bounds: bounds.byteOffset, reach: reach.byteOffset },
		known: putMatrix(kernels, new Matrix(1, numbers.length, Float64Array.from(numbers))),
	});
	await run(kernels, "keyResults", rows, n);
	const made = { key: columnOf(bounds, 2, 0), value: columnOf(bounds, 2, 1) };
	return {
		dK: new Matrix(n, d, dK.slice()),
		dV: new Matrix(n, width - 1, dV.slice()),
		...roundedUp(made, width - 1),
	};
}

async function run(
	kernels: HybridKernels,
	kernel: "queryResults" | "keyResults",
	rows: number,
	count: number,
): Promise<void> {
	const [scratch] = await kernels.run("resultScratch", [{ rows }], {});
	const tasks = [];
	for (let from = 0; from < count; from += TASK_ROWS) tasks.push({ rows, from, to: Math.min(count, from + TASK_ROWS) });
	await kernels.run(kernel, tasks, { scratch });
}

// Loops over rows are in functions of their own, as V8 does not compile those of async functions while they run.

/** A column of rows of `step` numbers. */
function columnOf(numbers: Numbers, step: number, column: number): Float64Array<ArrayBuffer> {
	const made = new Float64Array(numbers.length / step);
	for (let j = 0, at = column; j < made.length; j++, at += step) made[j] = numbers[at];
	return made;
}

/** Rows of two numbers. */
function interleave(first: Float64Array, second: Float64Array, rows: Float64Array): void {
	for (let j = 0; j < first.length; j++) {
		rows[2 * j] = first[j];
		rows[2 * j + 1] = second[j];
	}
}
