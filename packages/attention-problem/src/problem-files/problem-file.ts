import { type Dtype, type Matrix, type RowSource, UsageError } from "@attgrad/matrix-core";
import { type FileSource, sourceName } from "../files/readable-file.ts";
import { type ArrayFile, arrayRows, loadArray, openArrays } from "../numpy/array-file.ts";
import { type AttentionProblem, createProblem, type MatrixName, matrixNames } from "../problem/problem.ts";

/** Answers that a file may hold beside the problem: what the objects of the paper are for it, worked out before. */
export interface ReferenceAnswers {
	readonly loss?: number;
	/** dL/dX, d x d. */
	readonly gradX?: Matrix;
	/** dL/dY, d x d. */
	readonly gradY?: Matrix;
	/** Softmax weights (Definition 3.4), n x n. */
	readonly f?: Matrix;
	/** Residual (Definition 3.6), n x d. */
	readonly c?: Matrix;
	/** c hᵀ (Definition C.3), n x n. */
	readonly q?: Matrix;
	/** Rows (diag(f_j) − f_j f_jᵀ) q_j (Definition C.5), n x n. */
	readonly p?: Matrix;
}

/** A problem as it was read from a file, with the answers that the file holds for it, where it does. */
export interface ProblemFile<Rows extends RowSource = Matrix> {
	readonly problem: AttentionProblem<Rows>;
	readonly reference?: ReferenceAnswers;
}

/** A problem whose rows are read when they are asked for, until `close`. */
export interface OpenProblem extends ProblemFile<RowSource> {
	/** Closes the files; rows that are not in memory cannot be read after. */
	close(): void;
}

const answerNames = ["loss", "gradX", "gradY", "f", "c", "q", "p"] as const;

/**
 * Reads a problem from an `.npz` archive, on the disk or its bytes, or from a folder of `.npy` files, into memory. It holds A1, A2, A3, E (n x d),
 * X and Y (d x d), if need be scale (a number, 1/d where it is missing), and may hold answers: loss, gradX, gradY,
 * f, c, q, p. The problem is in single precision when all six matrices are float32, in double otherwise; integers and
 * bool are numbers.
 * @throws UsageError naming file and array: not an archive, damaged or truncated, encrypted; an array that is missing,
 * unknown, of a wrong shape or type, that is not as long as its header says, or has an entry that is NaN or infinite
 */
export async function readProblem(source: FileSource): Promise<ProblemFile> {
	return readProblemSync(source);
}

/** `readProblem`, at once. */
export function readProblemSync(source: FileSource): ProblemFile {
	const files = openArrays(source);
	try {
		return assemble(sourceName(source), files.arrays, loadArray);
	} finally {
		files.close();
	}
}

/**
 * Opens a problem as `readProblem` reads it, but leaves the rows of A1, A2, A3 and E in the file and reads them there
 * when they are asked for: n is limited by the disk. Arrays that are deflated or in Fortran order are taken into
 * memory, up to a gibibyte each.
 * @throws UsageError as `readProblem`; for entries that are not finite, and bytes that do not match the archive's CRC
 * (checked when rows have been read in order to the last), while rows are read
 */
export async function openProblem(source: FileSource): Promise<OpenProblem> {
	const files = openArrays(source);
	try {
		return { ...assemble(sourceName(source), files.arrays, arrayRows), close: files.close };
	} catch (error) {
		files.close();
		throw error;
	}
}

function assemble<Rows extends RowSource>(
	path: string,
	arrays: readonly ArrayFile[],
	rowsOf: (array: ArrayFile, dtype: Dtype) => Rows,
): ProblemFile<Rows> {
	const named = checkNames(path, arrays);
	checkShapes(named);
	const matrix = (name: MatrixName) => arrayOf(named, name);
	const dtype = matrixNames.every((name) => matrix(name).header.element.dtype === "f32") ? "f32" : "f64";
	const scale = named.has("scale") ? loadScale(arrayOf(named, "scale")) : undefined;
	const rows = (name: MatrixName) => rowsOf(matrix(name), dtype);
	const problem = createProblem<Rows>(
		{
			A1: rows("A1"),
			A2: rows("A2"),
			A3: rows("A3"),
			E: rows("E"),
			X: loadArray(matrix("X"), dtype),
			Y: loadArray(matrix("Y"), dtype),
		},
		scale,
	);
	const answers = answerNames.filter((name) => named.has(name));
	if (answers.length === 0) return { problem };
	const answer = (name: string) => {
		const loaded = loadArray(arrayOf(named, name), "f64");
		return [name, name === "loss" ? loaded.at(0, 0) : loaded];
	};
	return { problem, reference: Object.fromEntries(answers.map(answer)) };
}

function arrayOf(named: ReadonlyMap<string, ArrayFile>, name: string): ArrayFile {
	const array = named.get(name);
	if (!array) throw new Error(`no array ${name}`);
	return array;
}

function loadScale(array: ArrayFile): number {
	const scale = loadArray(array, "f64").at(0, 0);
	if (!(scale > 0)) throw new UsageError(`${array.where} must be a finite number > 0, got ${scale}`);
	return scale;
}

function checkNames(path: string, arrays: readonly ArrayFile[]): Map<string, ArrayFile> {
	const allowed: readonly string[] = [...matrixNames, "scale", ...answerNames];
	const unknown = arrays.filter(({ name }) => !allowed.includes(name));
	if (unknown.length > 0)
		throw new UsageError(
			`${path}: unknown array: ${unknown.map(({ name }) => name).join(", ")}; ` +
				`a problem holds ${matrixNames.join(", ")}, and may hold scale, ${answerNames.join(", ")}`,
		);
	const named = new Map(arrays.map((array) => [array.name, array]));
	const missing = matrixNames.filter((name) => !named.has(name));
	if (missing.length > 0)
		throw new UsageError(`${path}: missing array: ${missing.join(", ")}; a problem holds ${matrixNames.join(", ")}`);
	return named;
}

/** Checks the declared shapes, so that nothing is read or inflated that could not be a part of the problem. */
function checkShapes(named: ReadonlyMap<string, ArrayFile>): void {
	const A1 = arrayOf(named, "A1");
	const [n = 0, d = 0, ...more] = A1.header.shape;
	if (n === 0 || d === 0 || more.length > 0)
		throw new UsageError(`${A1.where} must be n x d with n >= 1 and d >= 1, got shape (${A1.header.shape.join(", ")})`);
	const rows = [n, d];
	const square = [d, d];
	const expected: Record<string, readonly number[]> = {
		...{ A1: rows, A2: rows, A3: rows, E: rows, X: square, Y: square, scale: [], loss: [] },
		...{ gradX: square, gradY: square, f: [n, n], c: rows, q: [n, n], p: [n, n] },
	};
	for (const [name, { where, header }] of named) {
		const shape = expected[name];
		if (shape.length === header.shape.length && shape.every((axis, i) => axis === header.shape[i])) continue;
		const wanted = shape.length === 0 ? "a single number, shape ()" : `${shape.join(" x ")} (A1 is ${n} x ${d})`;
		throw new UsageError(`${where} must be ${wanted}, got shape (${header.shape.join(", ")})`);
	}
}
