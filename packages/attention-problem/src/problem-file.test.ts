import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Matrix, UsageError } from "@attgrad/matrix-core";
import { type Zippable, zipSync } from "fflate";
import { afterAll, describe, expect, test } from "vitest";
import {
	type AttentionProblem,
	createProblem,
	encodeNpy,
	generateProblem,
	generateRows,
	inMemory,
	type MatrixName,
	matrixNames,
	openProblem,
	readProblem,
	writeProblem,
} from "./index.ts";
import { makeNpyHeader } from "./numpy/npy-header.ts";
import { referenceCases, referencePath } from "./testing.ts";

const scratch = mkdtempSync(join(tmpdir(), "attgrad-problem-"));
afterAll(() => rmSync(scratch, { recursive: true }));
let count = 0;
const fresh = (ending = ".npz") => join(scratch, `${count++}${ending}`);
const fixtures = fileURLToPath(new URL("../fixtures/numpy/", import.meta.url));

const numpy = spawnSync("python3", ["-c", "import numpy"]).status === 0;

/** The problem of fixtures/numpy/make.py. */
const fixture = (scale?: number): AttentionProblem => {
	const matrix = (rows: number, k: number) => Matrix.build(rows, 3, (i, j) => (3 * i + j) / 8 + k);
	const [A1, A2, A3, E] = [0, 1, 2, 3].map((k) => matrix(5, k)) as [Matrix, Matrix, Matrix, Matrix];
	return createProblem({ A1, A2, A3, E, X: matrix(3, 4), Y: matrix(3, 5) }, scale);
};

const problem = generateProblem({ distribution: "uniform", n: 6, d: 3, B: 1, seed: 1 });

/** Archive bytes of arrays, those of `problem` unless told otherwise; undefined leaves one out. */
function archive(changes: Record<string, Uint8Array | undefined> = {}, level: 0 | 6 = 0): Uint8Array {
	const arrays: Record<string, Uint8Array | undefined> = {
		...Object.fromEntries(matrixNames.map((name) => [`${name}.npy`, encodeNpy(problem[name])])),
		...changes,
	};
	const given = Object.entries(arrays).filter((entry): entry is [string, Uint8Array] => entry[1] !== undefined);
	return zipSync(Object.fromEntries(given) as Zippable, { level });
}

function saved(bytes: Uint8Array): string {
	const path = fresh();
	writeFileSync(path, bytes);
	return path;
}

/** Both ways to read a problem, all of it. */
const readers = {
	readProblem: async (path: string) => (await readProblem(path)).problem,
	openProblem: async (path: string) => {
		const opened = await openProblem(path);
		try {
			return inMemory(opened.problem);
		} finally {
			opened.close();
		}
	},
};

describe.each(Object.entries(readers))("%s", (_, read) => {
	test.each([
		["stored", fixture()],
		["deflated", fixture(0.25)],
		["fortran", fixture()],
		["big-endian", fixture()],
		["mixed", fixture(2)],
	])("reads what NumPy wrote: %s", async (name, expected) => {
		expect(await read(`${fixtures}problem-${name}.npz`)).toEqual(expected);
	});

	test("keeps single precision where all matrices have it", async () => {
		const { A1, X, scale } = await read(`${fixtures}problem-float32.npz`);
		expect([A1, X, scale]).toEqual([fixture().A1.as("f32"), fixture().X.as("f32"), 1 / 3]);
	});

	test("reads a folder of .npy files, and leaves other files alone", async () => {
		const folder = fresh("");
		mkdirSync(folder);
		for (const name of matrixNames) writeFileSync(join(folder, `${name}.npy`), encodeNpy(problem[name]));
		writeFileSync(join(folder, "README.md"), "six arrays");
		expect(await read(folder)).toEqual(problem);
		copyFileSync(join(folder, "E.npy"), join(folder, "F.npy"));
		await expect(read(folder)).rejects.toThrow(`${folder}: unknown array: F; a problem holds A1, A2, A3, E, X, Y`);
		rmSync(join(folder, "F.npy"));
		rmSync(join(folder, "E.npy"));
		await expect(read(folder)).rejects.toThrow(`${folder}: missing array: E; a problem holds`);
	});

	const refused = async (bytes: Uint8Array, complaint: string) => {
		const path = saved(bytes);
		const error: unknown = await read(path).catch((thrown: unknown) => thrown);
		expect(error).toBeInstanceOf(UsageError);
		expect((error as Error).message).toContain(path);
		expect((error as Error).message).toContain(complaint);
		expect((error as Error).message).not.toContain("\n");
	};

	test("names what is missing and what is unknown", async () => {
		await refused(archive({ "A2.npy": undefined, "Y.npy": undefined }), "missing array: A2, Y; a problem holds A1, A2");
		await refused(archive({ "B.npy": encodeNpy(problem.X) }), "unknown array: B; a problem holds A1, A2, A3, E, X, Y");
		await refused(archive({ "notes.txt": new Uint8Array(3) }), "notes.txt is not a .npy array; remove it");
	});

	test.each<[string, [number, number], string]>([
		["A1", [0, 3], "A1 must be n x d with n >= 1 and d >= 1, got shape (0, 3)"],
		["A1", [6, 0], "A1 must be n x d with n >= 1 and d >= 1, got shape (6, 0)"],
		["A2", [7, 3], "A2 must be 6 x 3 (A1 is 6 x 3), got shape (7, 3)"],
		["E", [6, 2], "E must be 6 x 3 (A1 is 6 x 3), got shape (6, 2)"],
		["X", [6, 3], "X must be 3 x 3 (A1 is 6 x 3), got shape (6, 3)"],
		["gradX", [2, 3], "gradX must be 3 x 3 (A1 is 6 x 3), got shape (2, 3)"],
		["f", [6, 3], "f must be 6 x 6 (A1 is 6 x 3), got shape (6, 3)"],
		["scale", [1, 1], "scale must be a single number, shape (), got shape (1, 1)"],
	])("names %s when its shape is %j", async (name, [rows, cols], complaint) => {
		await refused(archive({ [`${name}.npy`]: encodeNpy(Matrix.zeros(rows, cols)) }), `: ${complaint}`);
	});

	test("refuses one axis and three", async () => {
		for (const shape of [[18], [6, 3, 1]]) {
			const bytes = Buffer.concat([makeNpyHeader("f64", shape), Buffer.alloc(18 * 8)]);
			await refused(archive({ "A3.npy": bytes }), `A3 must be 6 x 3 (A1 is 6 x 3), got shape (${shape.join(", ")})`);
			await refused(archive({ "A1.npy": bytes }), "A1 must be n x d");
		}
	});

	test.each([0, 6] as const)("names an entry that is not finite (compression %i)", async (level) => {
		for (const bad of [Number.NaN, Number.POSITIVE_INFINITY])
			for (const name of ["A2", "X"] as const) {
				const bytes = encodeNpy(Matrix.build(problem[name].rows, 3, (i, j) => (i === 2 && j === 1 ? bad : 1)));
				await refused(
					archive({ [`${name}.npy`]: bytes }, level),
					`${name}[2, 1] is ${bad}; every entry must be finite`,
				);
			}
	});

	test.each([0, -1, Number.NaN])("refuses the scale %d", async (scale) => {
		const bytes = Buffer.concat([makeNpyHeader("f64", []), new Uint8Array(Float64Array.of(scale).buffer)]);
		await refused(archive({ "scale.npy": bytes }), ": scale ");
	});

	test.each(["complex", "object", "string", "records"])("refuses an array of type %s", async (name) => {
		await refused(archive({ "A1.npy": readFileSync(`${fixtures}bad/${name}.npy`) }), ": A1: ");
	});

	test("refuses an entry that is longer or shorter than its header says", async () => {
		const A1 = encodeNpy(problem.A1);
		await refused(archive({ "A1.npy": A1.subarray(0, -8) }), "A1: shape (6, 3) of float64 needs 272 bytes, got 264");
		await refused(
			archive({ "A1.npy": Buffer.concat([A1, A1]) }, 6),
			"A1: shape (6, 3) of float64 needs 272 bytes, got 544",
		);
		await refused(archive({ "A1.npy": Buffer.from("text") }), "A1: not a .npy array");
	});

	test("refuses data that do not match their CRC", async () => {
		for (const level of [0, 6] as const) {
			const bytes = Buffer.from(archive({}, level));
			const E = bytes.indexOf(Buffer.from("E.npy"));
			const data = level === 0 ? E + 5 + 128 + 3 : bytes.indexOf(Buffer.from([0x50, 0x4b, 1, 2])) + 16;
			bytes[data]! ^= 1;
			await refused(bytes, "damaged: its CRC-32 does not match its bytes");
		}
	});

	test("does not inflate what a header declares beyond all measure", async () => {
		// Six arrays of 2^40 rows: 180 bytes each, that declare 8 TiB.
		const shape = (name: MatrixName) => (name === "X" || name === "Y" ? [1, 1] : [2 ** 40, 1]);
		const arrays = Object.fromEntries(matrixNames.map((name) => [`${name}.npy`, makeNpyHeader("f64", shape(name))]));
		await refused(archive(arrays, 6), "needs 8796093022336 bytes, got 128");
		const bytes = Buffer.from(archive(arrays, 6));
		for (const name of ["A1", "A2", "A3"] as const) {
			const central = bytes.lastIndexOf(Buffer.from(`${name}.npy`)) - 46;
			bytes.writeUInt32LE(0xffffffff, central + 24);
		}
		await refused(bytes, "malformed zip archive: A1.npy: the zip64 sizes are missing");
	});

	test("says what a single array, a text and a missing file are", async () => {
		await refused(encodeNpy(problem.A1), "a single .npy array; a problem is an .npz archive or a folder of .npy files");
		await refused(Buffer.from("PK? no"), "not a zip archive");
		await expect(read(join(scratch, "none.npz"))).rejects.toThrow(
			`cannot read ${scratch}/none.npz: no such file or folder`,
		);
	});
});

test("the answers beside a problem are read with it", async () => {
	const [one] = referenceCases();
	const { reference } = await readProblem(referencePath(one!.name));
	expect(Object.keys(reference!).sort()).toEqual(["c", "f", "gradX", "gradY", "loss", "p", "q"]);
	expect(await readProblem(saved(archive()))).toEqual({ problem });
});

test("there are thirteen reference cases, from one token to 2048", () => {
	const cases = referenceCases();
	expect(cases.map(({ problem }) => problem.n)).toEqual([1, 2, 5, 7, 9, 16, 16, 63, 111, 257, 512, 1000, 2048]);
	expect(cases.filter(({ f }) => f).every(({ f, c, problem }) => f!.rows === problem.n && c!.cols === problem.d)).toBe(
		true,
	);
});

describe("openProblem", () => {
	test("reads any rows of a stored archive where they are", async () => {
		const options = { distribution: "clustered", n: 9000, d: 5, B: 1, seed: 8 };
		const path = fresh();
		await writeProblem(path, generateRows(options));
		const whole = generateProblem(options);
		const opened = await openProblem(path);
		expect(opened.problem.A1).not.toBeInstanceOf(Matrix);
		for (const [from, to] of [
			[8999, 9000],
			[0, 1],
			[4000, 8500],
			[0, 9000],
			[17, 17],
		] as const)
			for (const storage of [Float64Array, Float32Array]) {
				const target = new storage((to - from) * 5 + 1).subarray(1);
				opened.problem.E.readRows(from, to, target);
				expect(target).toEqual(new storage(whole.E.slice(from, to).data));
			}
		opened.close();
		opened.close();
	});

	test("reads into memory that threads share", async () => {
		const opened = await openProblem(`${fixtures}problem-stored.npz`);
		const target = new Float64Array(new SharedArrayBuffer(15 * 8));
		opened.problem.A1.readRows(0, 5, target);
		expect([...target]).toEqual([...fixture().A1.data]);
		opened.close();
	});

	test("takes into memory what is deflated or in Fortran order", async () => {
		for (const name of ["deflated", "fortran"]) {
			const opened = await openProblem(`${fixtures}problem-${name}.npz`);
			expect(opened.problem.A1).toBeInstanceOf(Matrix);
			opened.close();
		}
	});

	test("finds a damaged file out when the rows have been read to the end", async () => {
		const bytes = Buffer.from(archive());
		bytes[bytes.indexOf(Buffer.from("A3.npy")) + 6 + 128 + 1]! ^= 1;
		const opened = await openProblem(saved(bytes));
		const { A3 } = opened.problem;
		const target = new Float64Array(9);
		A3.readRows(3, 6, target);
		A3.readRows(0, 3, target);
		expect(() => A3.readRows(3, 6, target)).toThrow("A3: damaged");
		opened.close();
	});
});

describe("writeProblem", () => {
	test.each(["f64", "f32"] as const)(
		"writes what readProblem reads, in %s, and the same bytes every time",
		async (dtype) => {
			const given = {
				...generateProblem({ distribution: "gaussian", n: 100, d: 3, B: 1, seed: 3, dtype }),
				scale: 0.7,
			};
			const [first, second] = [fresh(), fresh()];
			await writeProblem(first, given);
			await writeProblem(second, given);
			expect((await readProblem(first)).problem).toEqual(given);
			expect(readFileSync(first).equals(readFileSync(second))).toBe(true);
		},
	);

	test("tells how far it is, row by row of all matrices", async () => {
		const seen: [number, number][] = [];
		const onProgress = (done: number, total: number) => seen.push([done, total]);
		await writeProblem(fresh(), generateRows({ distribution: "uniform", n: 70_000, d: 4, B: 1, seed: 0 }), {
			onProgress,
		});
		expect(seen[0]).toEqual([32_768, 280_008]);
		expect(seen.at(-1)).toEqual([280_008, 280_008]);
	});

	test("leaves nothing when it is given up", async () => {
		const controller = new AbortController();
		const path = fresh();
		const writing = writeProblem(path, problem, { signal: controller.signal, onProgress: () => controller.abort() });
		await expect(writing).rejects.toThrow(/abort/);
		expect(readdirSync(scratch).filter((name) => path === join(scratch, name) || name.endsWith(".tmp"))).toEqual([]);
	});

	test("refuses a name that is not .npz, and a folder that is not there", async () => {
		await expect(writeProblem(fresh(".csv"), problem)).rejects.toThrow("the name of a problem must end in .npz");
		const path = join(scratch, "none", "p.npz");
		await expect(writeProblem(path, problem)).rejects.toThrow(`cannot write ${path}: no such file or folder`);
	});
});

describe.skipIf(!numpy)("with python3 and its numpy (skipped where they are missing)", () => {
	const python = (program: string, ...args: string[]) => {
		const { status, stdout, stderr } = spawnSync("python3", ["-c", program, ...args], { encoding: "utf8" });
		expect(stderr).toBe("");
		expect(status).toBe(0);
		return stdout.trim();
	};

	test("an archive goes there and back, to the bit, in every form", async () => {
		const given = generateProblem({ distribution: "heavy-tailed", n: 111, d: 7, B: 2, seed: 3 });
		const [sent, stored, deflated, folder] = [fresh(), fresh(), fresh(), fresh("")];
		await writeProblem(sent, { ...given, scale: 0.3 });
		mkdirSync(folder);
		const program = `
import sys, zipfile, numpy as np
sent, stored, deflated, folder = sys.argv[1:]
assert zipfile.ZipFile(sent).testzip() is None
arrays = dict(np.load(sent))
np.savez(stored, **arrays)
np.savez_compressed(deflated, **{name: np.asfortranarray(a) if a.ndim else a for name, a in arrays.items()})
for name, a in arrays.items():
    np.save(f"{folder}/{name}.npy", a.astype(">f8"))
print(arrays["A1"].shape, float(arrays["scale"]))`;
		expect(python(program, sent, stored, deflated, folder)).toBe("(111, 7) 0.3");
		for (const path of [sent, stored, deflated, folder])
			for (const read of Object.values(readers)) expect(await read(path)).toEqual({ ...given, scale: 0.3 });
	});
});
