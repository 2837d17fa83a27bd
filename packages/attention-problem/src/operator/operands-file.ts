import { type Dtype, type RowSource, UsageError } from "@attgrad/matrix-core";
import { type FileSource, sourceName } from "../files/readable-file.ts";
import { type ArrayFile, arrayRows, loadArray, openArrays } from "../numpy/array-file.ts";
import { convertedRows } from "../problem/converted-rows.ts";
import { type HeadArray, shapeText } from "./head-array.ts";
import { type AttentionOperands, type BackwardProblem, createBackwardProblem, createOperands } from "./operands.ts";
import type { MaskName } from "./visibility.ts";

/** Factors of the scores that have a name. */
export const namedScales = ["1/d", "1/sqrt(d)"] as const;

/** A factor of the scores: a number, or a name of one. */
export type ScaleSetting = number | (typeof namedScales)[number];

/** The parts of an operator that a file of operands does not hold, or that a caller sets. */
export interface OperandsSettings {
	/** Number type to read as. @default single precision when all arrays are float32, double otherwise */
	readonly dtype?: Dtype | undefined;
	/** @default the file's scale, 1/d where it has none */
	readonly scale?: ScaleSetting | undefined;
	/** @default none */
	readonly mask?: MaskName | undefined;
	/** @default every key that the mask shows */
	readonly window?: number | undefined;
}

/** Operands whose rows are read when they are asked for, until `close`. */
export interface OpenOperands<Operands = AttentionOperands<RowSource>> {
	readonly operands: Operands;
	/** Closes the files; rows that are not in memory cannot be read after. */
	close(): void;
}

const operandNames = ["Q", "K", "V", "dO", "scale", "lengths"] as const;
const usage =
	"a layer file holds Q (n_q x d), K (n_k x d), V (n_k x d_v) and, for a backward pass, dO (n_q x d_v), with axes for heads or (batch, heads) before, and may hold scale and lengths";

/**
 * Opens an `.npz` archive, on the disk or its bytes, or a folder of `.npy` files with Q, K and V, of shape (n, d), (heads, n, d) or (batch, heads, n, d), and if
 * wanted scale (a number) and lengths (of packed sequences). A dO that is there is not read. Rows stay in the file as those of
 * `openProblem` do.
 * @throws UsageError naming file and array: one that is missing, unknown, damaged or of a wrong type; as `createOperands`; for
 * entries that are not finite, while rows are read
 */
export async function openOperands(source: FileSource, settings: OperandsSettings = {}): Promise<OpenOperands> {
	return opened(source, settings, ({ Q, K, V }, settings) => createOperands({ Q, K, V }, settings));
}

/** Whether a file holds operands (Q, K and V), not an input E with weights. @throws UsageError for a file that cannot be read */
export function holdsOperands(source: FileSource): boolean {
	return !arrayNames(source).includes("E");
}

/** Names of the arrays in an archive or a folder. @throws UsageError for a file that cannot be read */
export function arrayNames(source: FileSource): string[] {
	const files = openArrays(source);
	files.close();
	return files.arrays.map(({ name }) => name);
}

/** `openOperands` with the upstream gradient dO, shaped like the output. @throws UsageError as `openOperands`, and for a dO that is missing */
export async function openBackwardProblem(
	source: FileSource,
	settings: OperandsSettings = {},
): Promise<OpenOperands<BackwardProblem<RowSource>>> {
	return opened(source, settings, ({ Q, K, V, dO }, settings) => {
		if (dO) return createBackwardProblem({ Q, K, V, dO }, settings);
		const { heads, n_q, d_v } = createOperands({ Q, K, V }, settings);
		const shape = [...Q.shape.slice(0, -3), ...(Q.shape.length > 2 ? [heads] : []), n_q, d_v];
		throw new UsageError(
			`missing array: dO, the upstream gradient, shaped like the output: ${shapeText(shape)}; attgrad forward needs none`,
		);
	});
}

/** The arrays of a file of operands. */
interface Arrays {
	readonly Q: HeadArray<RowSource>;
	readonly K: HeadArray<RowSource>;
	readonly V: HeadArray<RowSource>;
	readonly dO: HeadArray<RowSource> | undefined;
}

function opened<Operands>(
	source: FileSource,
	given: OperandsSettings,
	create: (arrays: Arrays, settings: Parameters<typeof createOperands>[1]) => Operands,
): OpenOperands<Operands> {
	const files = openArrays(source);
	const path = sourceName(source);
	try {
		const named = checkNames(path, files.arrays);
		return { operands: assemble(path, named, given, create), close: files.close };
	} catch (error) {
		files.close();
		throw error;
	}
}

function assemble<Operands>(
	path: string,
	named: ReadonlyMap<string, ArrayFile>,
	{ dtype: wanted, scale, mask = "none", window }: OperandsSettings,
	create: (arrays: Arrays, settings: Parameters<typeof createOperands>[1]) => Operands,
): Operands {
	const matrices = ["Q", "K", "V", "dO"].flatMap((name) => named.get(name) ?? []);
	const single = matrices.every(({ header }) => header.element.dtype === "f32");
	const dtype = wanted ?? (single ? "f32" : "f64");
	const rowsOf = (name: string): HeadArray<RowSource> | undefined => {
		const array = named.get(name);
		return array && { shape: array.header.shape, rows: convertedRows(arrayRows(array), dtype) };
	};
	const [Q, K, V, dO] = [rowsOf("Q"), rowsOf("K"), rowsOf("V"), rowsOf("dO")];
	if (!Q || !K || !V) throw new Error("checked before");
	const [scaleArray, lengths] = [named.get("scale"), named.get("lengths")];
	const factor = scale === undefined ? scaleArray && readScale(scaleArray) : scaleOf(scale, Q.rows.cols);
	const visibility = {
		mask,
		...(window !== undefined && { window }),
		...(lengths && { lengths: readLengths(lengths) }),
	};
	try {
		const rounded = dtype === "f32" && !single;
		return create(
			{ Q, K, V, dO },
			{ ...(factor !== undefined && { scale: factor }), visibility, ...(rounded && { roundedFrom: "f64" }) },
		);
	} catch (error) {
		throw error instanceof UsageError ? new UsageError(`${path}: ${error.message}`) : error;
	}
}

/** The value of a scale at width d. */
export function scaleOf(scale: ScaleSetting, d: number): number {
	if (typeof scale === "number") return scale;
	return scale === "1/d" ? 1 / d : 1 / Math.sqrt(d);
}

function checkNames(path: string, arrays: readonly ArrayFile[]): ReadonlyMap<string, ArrayFile> {
	const unknown = arrays.map(({ name }) => name).filter((name) => !operandNames.some((known) => known === name));
	if (unknown.length > 0) throw new UsageError(`${path}: unknown array: ${unknown.join(", ")}; ${usage}`);
	const named = new Map(arrays.map((array) => [array.name, array]));
	const missing = ["Q", "K", "V"].filter((name) => !named.has(name));
	if (missing.length > 0) throw new UsageError(`${path}: missing array: ${missing.join(", ")}; ${usage}`);
	return named;
}

function readScale(array: ArrayFile): number {
	const { header, where } = array;
	if (header.shape.length > 0)
		throw new UsageError(`${where} must be a single number, shape (), got shape ${shapeText(header.shape)}`);
	const scale = loadArray(array, "f64").at(0, 0);
	if (!(scale > 0)) throw new UsageError(`${where} must be a finite number > 0, got ${scale}`);
	return scale;
}

function readLengths(array: ArrayFile): number[] {
	const { header, where } = array;
	if (header.shape.length !== 1)
		throw new UsageError(
			`${where} must have one axis, a length for each sequence, got shape ${shapeText(header.shape)}`,
		);
	return Array.from(loadArray(array, "f64").data);
}
