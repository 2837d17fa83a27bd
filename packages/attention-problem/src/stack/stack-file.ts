import { Matrix, UsageError } from "@attgrad/matrix-core";
import { type ArrayFile, loadArray, openArrays } from "../numpy/array-file.ts";
import { type ScaleSetting, scaleOf } from "../operator/operands-file.ts";
import type { Visibility } from "../operator/visibility.ts";
import { type AttentionStack, createStack, type StackWeights } from "./stack.ts";

/** A stack that was read, and the shapes of its weights in the file. */
export interface StackFile {
	readonly stack: AttentionStack;
	/** Of Q, K and V, and of W_O where there is one. */
	readonly shapes: { readonly weights: readonly number[]; readonly W_O?: readonly number[] };
}

/** Settings of a stack that its file does not hold, or that a caller sets. */
export interface StackFileSettings {
	/** @default the file's scale, 1/width where it has none */
	readonly scale?: ScaleSetting | undefined;
	readonly visibility: Visibility;
	readonly residual: boolean;
}

const usage =
	"a stack holds E (n x d), weights Q, K, V (layers x d x d, or layers x heads x d x width with W_O, layers x heads x width x d) and dO (n x d), and may hold scale";

/**
 * Reads an `.npz` archive or a folder of `.npy` files with an input E, stacked weights Q, K and V, W_O where there are heads, and dO.
 * @throws UsageError naming file and array: one that is missing, unknown, damaged, of a wrong type or shape, or with an entry that is not finite
 */
export function readStack(path: string, { scale, visibility, residual }: StackFileSettings): StackFile {
	const files = openArrays(path);
	try {
		const named = checkNames(path, files.arrays);
		const [E, dO] = [named("E"), named("dO")].map((array) => matrixOf(array, `${array.where} must be n x d`));
		const [Q, K, V] = [named("Q"), named("K"), named("V")].map(stackOf);
		const W_O = files.arrays.some(({ name }) => name === "W_O") ? stackOf(named("W_O")) : undefined;
		const { layers, heads } = Q;
		for (const [name, other] of Object.entries({ K, V, ...(W_O && { W_O }) }))
			if (other.layers !== layers || other.heads !== heads)
				throw new UsageError(
					`${path}: Q (${Q.shape.join(", ")}) and ${name} (${other.shape.join(", ")}) do not go together`,
				);
		const weights = Array.from({ length: layers }, (_, at): StackWeights => {
			const wide = { Q: Q.beside(at), K: K.beside(at), V: V.beside(at) };
			return W_O ? { ...wide, W_O: W_O.below(at) } : wide;
		});
		const own = files.arrays.find(({ name }) => name === "scale");
		const factor = scale === undefined ? own && readScale(own) : scaleOf(scale, Q.width);
		const settings = { heads, visibility, residual, ...(factor !== undefined && { scale: factor }) };
		try {
			const stack = createStack({ E, layers: weights, dO }, settings);
			return { stack, shapes: { weights: Q.shape, ...(W_O && { W_O: W_O.shape }) } };
		} catch (error) {
			throw error instanceof UsageError ? new UsageError(`${path}: ${error.message}`) : error;
		}
	} finally {
		files.close();
	}
}

function checkNames(path: string, arrays: readonly ArrayFile[]): (name: string) => ArrayFile {
	const known = ["E", "Q", "K", "V", "W_O", "dO", "scale"];
	const unknown = arrays.map(({ name }) => name).filter((name) => !known.includes(name));
	if (unknown.length > 0) throw new UsageError(`${path}: unknown array: ${unknown.join(", ")}; ${usage}`);
	const named = new Map(arrays.map((array) => [array.name, array]));
	const missing = ["E", "Q", "K", "V", "dO"].filter((name) => !named.has(name));
	if (missing.length > 0) throw new UsageError(`${path}: missing array: ${missing.join(", ")}; ${usage}`);
	return (name) => {
		const array = named.get(name);
		if (!array) throw new UsageError(`${path}: missing array: ${name}; ${usage}`);
		return array;
	};
}

/** An array of two axes. */
function matrixOf(array: ArrayFile, because: string): Matrix {
	const { shape } = array.header;
	if (shape.length !== 2) throw new UsageError(`${because}, got shape (${shape.join(", ")})`);
	return loadArray(array, "f64").as("f64");
}

/** Stacked weights, and those of a layer: its heads side by side, or one below the other. */
interface Stacked {
	readonly shape: readonly number[];
	readonly layers: number;
	readonly heads: number;
	/** Columns of a head. */
	readonly width: number;
	beside(layer: number): Matrix;
	below(layer: number): Matrix;
}

function stackOf(array: ArrayFile): Stacked {
	const { where, header } = array;
	const { shape } = header;
	if (shape.length < 2 || shape.length > 4 || shape.some((axis) => axis === 0))
		throw new UsageError(
			`${where} must be layers x d x d, or layers x heads x rows x columns, got shape (${shape.join(", ")})`,
		);
	if (header.fortranOrder && shape.length > 2)
		throw new UsageError(`${where}: stacked weights in Fortran order; save them with np.ascontiguousarray`);
	const [rows, width] = shape.slice(-2);
	const heads = shape.length === 4 ? shape[1] : 1;
	const layers = shape.length > 2 ? shape[0] : 1;
	const flat = { ...array, header: { ...header, shape: [layers * heads * rows, width] } };
	const all = loadArray(flat, "f64").as("f64");
	const head = (layer: number, head: number): Matrix => {
		const from = (layer * heads + head) * rows;
		return all.slice(from, from + rows);
	};
	return {
		...{ shape, layers, heads, width },
		below: (layer) => all.slice(layer * heads * rows, (layer + 1) * heads * rows),
		beside: (layer) => besideEachOther(Array.from({ length: heads }, (_, at) => head(layer, at))),
	};
}

function besideEachOther(parts: readonly Matrix[]): Matrix {
	const [{ rows, cols }] = parts;
	return Matrix.build(rows, parts.length * cols, (i, j) => parts[Math.floor(j / cols)].at(i, j % cols));
}

function readScale(array: ArrayFile): number {
	const { header, where } = array;
	if (header.shape.length > 0)
		throw new UsageError(`${where} must be a single number, shape (), got shape (${header.shape.join(", ")})`);
	const scale = loadArray(array, "f64").at(0, 0);
	if (!(scale > 0)) throw new UsageError(`${where} must be a finite number > 0, got ${scale}`);
	return scale;
}
