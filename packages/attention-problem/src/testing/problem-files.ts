import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Matrix } from "@attgrad/matrix-core";
import { type Zippable, zipSync } from "fflate";
import { afterAll } from "vitest";
import {
	type AttentionProblem,
	createProblem,
	encodeNpy,
	type FileSource,
	generateProblem,
	inMemory,
	matrixNames,
	openProblem,
	readProblem,
} from "../index.ts";

/** A folder for the files of a test file, removed at the end. */
export const scratch = mkdtempSync(join(tmpdir(), "attgrad-problem-"));
afterAll(() => rmSync(scratch, { recursive: true }));
let count = 0;

/** The path of a file that is not there yet. */
export const fresh = (ending = ".npz"): string => join(scratch, `${count++}${ending}`);

/** Files that NumPy wrote, by fixtures/numpy/make.py. */
export const fixtures = fileURLToPath(new URL("../../fixtures/numpy/", import.meta.url));

/** The problem of fixtures/numpy/make.py. */
export const fixture = (scale?: number): AttentionProblem => {
	const matrix = (rows: number, k: number) => Matrix.build(rows, 3, (i, j) => (3 * i + j) / 8 + k);
	const [A1, A2, A3, E] = [0, 1, 2, 3].map((k) => matrix(5, k)) as [Matrix, Matrix, Matrix, Matrix];
	return createProblem({ A1, A2, A3, E, X: matrix(3, 4), Y: matrix(3, 5) }, scale);
};

/** A small problem. */
export const problem = generateProblem({ distribution: "uniform", n: 6, d: 3, B: 1, seed: 1 });

/** Archive bytes of arrays, those of `problem` unless told otherwise; undefined leaves one out. */
export function archive(changes: Record<string, Uint8Array | undefined> = {}, level: 0 | 6 = 0): Uint8Array {
	const arrays: Record<string, Uint8Array | undefined> = {
		...Object.fromEntries(matrixNames.map((name) => [`${name}.npy`, encodeNpy(problem[name])])),
		...changes,
	};
	const given = Object.entries(arrays).filter((entry): entry is [string, Uint8Array] => entry[1] !== undefined);
	return zipSync(Object.fromEntries(given) as Zippable, { level });
}

/** The path of a file of these bytes. */
export function saved(bytes: Uint8Array): string {
	const path = fresh();
	writeFileSync(path, bytes);
	return path;
}

/** All ways to read a problem, all of it. */
export const readers = {
	readProblem: async (path: string) => (await readProblem(path)).problem,
	openProblem: opened,
	"openProblem of bytes": async (path: string) =>
		opened(
			statSync(path, { throwIfNoEntry: false })?.isFile()
				? { name: path, bytes: new Uint8Array(readFileSync(path)) }
				: path,
		),
};

async function opened(source: FileSource): Promise<AttentionProblem> {
	const { problem, close } = await openProblem(source);
	try {
		return inMemory(problem);
	} finally {
		close();
	}
}
