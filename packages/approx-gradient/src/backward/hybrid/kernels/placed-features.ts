import { type Kernels, Matrix } from "@attgrad/matrix-core";
import type { HybridMap } from "../../../feature-maps/hybrid/hybrid-map.ts";
import type { HybridSide } from "../../../feature-maps/hybrid/hybrid-side.ts";
import type { hybridKernels } from "./hybrid-kernels.ts";

/** The kernels of hybrid at work. */
export type HybridKernels = Kernels<typeof hybridKernels>;

/** Rows of a task, a multiple of 6. */
const TASK_ROWS = 192;

/** Features of one side in the kernels' memory. */
export interface PlacedFeatures {
	readonly side: HybridSide;
	/** Factors of the exponents, views of the memory. */
	readonly left: Matrix;
	readonly right: Matrix;
	/** Address of the weights. */
	readonly sizes: number;
	/** Features, `step` numbers a row. */
	readonly features: Float64Array;
	readonly step: number;
	/** ‖features‖² of each row. */
	readonly squares: Float64Array;
}

/** Makes the features of one side. O(n m (d + K)). */
export async function placedFeatures(
	kernels: HybridKernels,
	map: HybridMap,
	which: "queries" | "keys",
	given: Matrix,
): Promise<PlacedFeatures> {
	const { rows } = given;
	const room = (length: number) => kernels.view("f64", kernels.allocate("f64", length), length);
	const side = map.sideOf(which, given, room);
	const { left, right } = side;
	const sizes = filled(room(rows), side.sizes).byteOffset;
	const made = await rowFeatures(kernels, { ...map, left: left.data.byteOffset, sizes, rows });
	return { side, left, right, sizes, ...made };
}

/** Rows in the kernels' memory, and what features are made of. */
export interface FeaturesOfRows extends Pick<HybridMap, "points" | "inverse"> {
	/** Addresses of the factors of the exponents and of the weights. */
	readonly left: number;
	readonly sizes: number;
	readonly rows: number;
}

/** Features w_j Σ_s e^(−‖z_j − p_s‖²/2) Bᵀ_s of rows. O(m (d + K)) a row. */
export async function rowFeatures(
	kernels: HybridKernels,
	{ points, inverse, left, sizes, rows }: FeaturesOfRows,
): Promise<Pick<PlacedFeatures, "features" | "step" | "squares">> {
	const [pivots, rank] = [inverse.rows, inverse.cols];
	const step = await paddedColumns(kernels, rank);
	const room = (length: number) => kernels.view("f64", kernels.allocate("f64", length), length);
	const features = room((rows + 5) * step);
	const squares = room(rows);
	return kernels.scope(async () => {
		const struct = kernels.allocateStruct("HybridFeatures", {
			...{ d: points.cols - 2, pivots, rank, rows },
			...{ points: await putPanels(kernels, points, true), inverse: await putPanels(kernels, inverse) },
			...{ left, sizes, features: features.byteOffset, squares: squares.byteOffset },
		});
		const [scratch] = await kernels.run("featureScratch", [{ map: struct }], {});
		const tasks = [];
		for (let from = 0; from < rows; from += TASK_ROWS)
			tasks.push({ map: struct, from, to: Math.min(rows, from + TASK_ROWS) });
		await kernels.run("rowFeatures", tasks, { scratch });
		return { features, step, squares: squares.slice() };
	});
}

function filled(view: Float64Array, numbers: ArrayLike<number>): Float64Array {
	view.set(numbers);
	return view;
}

/** Puts a matrix into the memory, row-major; its address. */
export function putMatrix(kernels: HybridKernels, M: Matrix): number {
	return filled(kernels.view("f64", kernels.allocate("f64", M.data.length), M.data.length), M.data).byteOffset;
}

/** Numbers of a row of `cols` columns in whole panels. */
export async function paddedColumns(kernels: HybridKernels, cols: number): Promise<number> {
	const [width] = await kernels.run("panelColumns", [{}], {});
	return Math.ceil(cols / width) * width;
}

/** Puts a matrix, or its transpose, into the memory as the panels of a right factor; their address. */
export async function putPanels(kernels: HybridKernels, M: Matrix, transposed = false): Promise<number> {
	const [depth, cols] = transposed ? [M.cols, M.rows] : [M.rows, M.cols];
	const panels = kernels.allocate("f64", depth * (await paddedColumns(kernels, cols)));
	await kernels.scope(async () => {
		const b = putMatrix(kernels, M);
		const steps = transposed ? [8, 8 * M.cols] : [8 * M.cols, 8];
		await kernels.run("packMatrix", [{ b, rowStep: steps[0], columnStep: steps[1], depth, cols, panels }], {});
	});
	return panels;
}

/** Features of some rows, ascending, in place of all: the others are lost. */
export function featuresOf(placed: PlacedFeatures, chosen: readonly number[], kernels: HybridKernels): PlacedFeatures {
	const { side, left, right, features, step } = placed;
	const sizes = kernels.view("f64", placed.sizes, side.sizes.length);
	const squares = new Float64Array(chosen.length);
	for (let to = 0; to < chosen.length; to++) {
		const from = chosen[to];
		for (const { data, cols } of [left, right]) data.copyWithin(to * cols, from * cols, (from + 1) * cols);
		features.copyWithin(to * step, from * step, (from + 1) * step);
		sizes[to] = sizes[from];
		squares[to] = placed.squares[from];
	}
	const first = ({ cols, data }: Matrix) => new Matrix(chosen.length, cols, data.subarray(0, chosen.length * cols));
	const [ownLeft, ownRight] = [first(left), first(right)];
	const own = { left: ownLeft, right: ownRight, sizes: sizes.slice(0, chosen.length) };
	return { ...placed, side: own, left: ownLeft, right: ownRight, squares };
}
