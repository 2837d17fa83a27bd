import { type Dtype, type Matrix, type RowSource, UsageError } from "@attgrad/matrix-core";
import { type ArrayFile, arrayRows, loadArray, openArrays } from "../numpy/array-file.ts";
import { convertedRows } from "../problem/converted-rows.ts";
import { checkFinite } from "../problem/problem.ts";
import type { LayerWeights } from "./layer.ts";

/** The content of a layer file: projections of one layer, or the input and the weights of layers in a row. */
export type LayerInputs =
	| { readonly kind: "projections"; readonly Q: RowSource; readonly K: RowSource; readonly V: RowSource }
	| { readonly kind: "tokens"; readonly E: RowSource; readonly layers: readonly LayerWeights[] };

/** Layers whose rows are read when they are asked for, until `close`. */
export interface OpenLayers {
	readonly inputs: LayerInputs;
	readonly n: number;
	readonly d: number;
	readonly dtype: Dtype;
	/** The number type that the arrays were rounded from; absent where they are as in the file. */
	readonly roundedFrom?: Dtype;
	/** Factor of the scores, where the file has one. */
	readonly scale?: number;
	/** Closes the files; rows that are not in memory cannot be read after. */
	close(): void;
}

const usage =
	"a layer file holds Q, K, V (n x d), or E (n x d) with Q, K, V (d x d, or layers x d x d), and may hold scale";

/**
 * Opens an `.npz` archive or a folder of `.npy` files with Q, K and V, n x d each (Definition E.1), or with an input E, n x d,
 * and weights Q, K, V, d x d or stacked as layers x d x d (Definition 1.1); scale is a number. Rows stay in the file
 * as those of `openProblem` do.
 * @param dtype number type to read them as; default: single precision when all are float32, double otherwise
 * @throws UsageError naming file and array as `openProblem` does
 */
export async function openLayers(path: string, dtype?: Dtype): Promise<OpenLayers> {
	const files = openArrays(path);
	try {
		return { ...assemble(path, files.arrays, dtype), close: files.close };
	} catch (error) {
		files.close();
		throw error;
	}
}

function assemble(path: string, arrays: readonly ArrayFile[], wanted?: Dtype): Omit<OpenLayers, "close"> {
	// The upstream gradient of a layer's backward pass is not looked at.
	const names = ["E", "Q", "K", "V", "dO", "scale"];
	const unknown = arrays.filter(({ name }) => !names.includes(name)).map(({ name }) => name);
	if (unknown.length > 0) throw new UsageError(`${path}: unknown array: ${unknown.join(", ")}; ${usage}`);
	const named = new Map(arrays.map((array) => [array.name, array]));
	const missing = ["Q", "K", "V"].filter((name) => !named.has(name));
	if (missing.length > 0) throw new UsageError(`${path}: missing array: ${missing.join(", ")}; ${usage}`);
	const [E, Q, K, V] = ["E", "Q", "K", "V"].map((name) => named.get(name)) as [
		ArrayFile | undefined,
		ArrayFile,
		ArrayFile,
		ArrayFile,
	];
	const isSingle = [E, Q, K, V].every((array) => array === undefined || array.header.element.dtype === "f32");
	const dtype = wanted ?? (isSingle ? "f32" : "f64");
	const rows = (array: ArrayFile) => convertedRows(arrayRows(array), dtype);
	const [n, d] = rowShape(E ?? Q);
	const scaleArray = named.get("scale");
	const scale = scaleArray && readScale(scaleArray);
	const roundedFrom = dtype === "f32" && !isSingle ? { roundedFrom: "f64" as const } : {};
	const common = { n, d, dtype, ...roundedFrom, ...(scale !== undefined && { scale }) } as const;
	if (!E) {
		for (const array of [K, V]) requireShape(array, [n, d], `Q is ${n} x ${d}`);
		return { ...common, inputs: { kind: "projections", Q: rows(Q), K: rows(K), V: rows(V) } };
	}
	const [stacked] = Q.header.shape.length === 3 ? Q.header.shape : [undefined];
	const shape = stacked === undefined ? [d, d] : [stacked, d, d];
	for (const array of [Q, K, V]) requireShape(array, shape, `E is ${n} x ${d}`);
	if (stacked === 0) throw new UsageError(`${Q.where} must hold at least one layer, got shape (${shape.join(", ")})`);
	const weights = [Q, K, V].map((array) => loadStack(array, d, dtype));
	const layers = Array.from({ length: stacked ?? 1 }, (_, layer): LayerWeights => {
		const [q, k, v] = weights.map((all) => all.slice(layer * d, (layer + 1) * d));
		return { Q: q, K: k, V: v };
	});
	return { ...common, inputs: { kind: "tokens", E: rows(E), layers } };
}

function rowShape({ where, header }: ArrayFile): [n: number, d: number] {
	const [n = 0, d = 0, ...more] = header.shape;
	if (n === 0 || d === 0 || more.length > 0)
		throw new UsageError(`${where} must be n x d with n >= 1 and d >= 1, got shape (${header.shape.join(", ")})`);
	return [n, d];
}

function requireShape({ where, header }: ArrayFile, shape: readonly number[], because: string): void {
	if (shape.length === header.shape.length && shape.every((axis, i) => axis === header.shape[i])) return;
	throw new UsageError(`${where} must be ${shape.join(" x ")} (${because}), got shape (${header.shape.join(", ")})`);
}

/** d x d weights, or stacked ones one below the other. @throws UsageError for stacked weights in Fortran order */
function loadStack(array: ArrayFile, d: number, dtype: Dtype): Matrix {
	const { header, where, name } = array;
	const [first, ...rest] = header.shape;
	if (rest.length > 1 && header.fortranOrder)
		throw new UsageError(`${where}: stacked weights in Fortran order; save them with np.ascontiguousarray`);
	const flat = rest.length > 1 ? { ...array, header: { ...header, shape: [first * d, d] } } : array;
	const weights = loadArray(flat).as(dtype);
	checkFinite(name, weights, ` as ${dtype}`, "layer");
	return weights;
}

function readScale(array: ArrayFile): number {
	if (array.header.shape.length > 0)
		throw new UsageError(
			`${array.where} must be a single number, shape (), got shape (${array.header.shape.join(", ")})`,
		);
	const scale = loadArray(array, "f64").at(0, 0);
	if (!(scale > 0)) throw new UsageError(`${array.where} must be a finite number > 0, got ${scale}`);
	return scale;
}
