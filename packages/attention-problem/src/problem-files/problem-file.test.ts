import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Matrix, UsageError } from "@attgrad/matrix-core";
import { describe, expect, test } from "vitest";
import { encodeNpy, type MatrixName, matrixNames, readProblem } from "../index.ts";
import { makeNpyHeader } from "../numpy/npy-header.ts";
import { archive, fixture, fixtures, fresh, problem, readers, saved, scratch } from "../testing/problem-files.ts";
import { referenceCases, referencePath } from "../testing.ts";

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

	test("leaves alone what systems add to folders and archives", async () => {
		const folder = fresh("");
		mkdirSync(folder);
		for (const name of matrixNames) writeFileSync(join(folder, `${name}.npy`), encodeNpy(problem[name]));
		for (const name of ["._A1.npy", ".DS_Store", "Thumbs.db"]) writeFileSync(join(folder, name), "beside");
		expect(await read(folder)).toEqual(problem);
		const text = new Uint8Array(104);
		const added = { "__MACOSX/._A1.npy": text, "__MACOSX/": new Uint8Array(0), "._X.npy": text, ".DS_Store": text };
		for (const level of [0, 6] as const) expect(await read(saved(archive(added, level)))).toEqual(problem);
	});

	test("reads float16 and Python 2's shapes", async () => {
		const respelled = (name: MatrixName, descr: string) => {
			const { rows, cols } = problem[name];
			const text = Buffer.from(encodeNpy(problem[name])).toString("latin1");
			return Buffer.from(
				text.replace("<f8", descr).replace(`(${rows}, ${cols}), }  `, `(${rows}L, ${cols}L), }`),
				"latin1",
			);
		};
		expect(await read(saved(archive({ "A1.npy": respelled("A1", "=f8"), "X.npy": respelled("X", "|f8") })))).toEqual(
			problem,
		);
		const ones = Buffer.from([0, 60].flatMap((byte) => [byte]))
			.toString("latin1")
			.repeat(9);
		const half = Buffer.from(
			Buffer.from(encodeNpy(Matrix.zeros(3, 3)))
				.toString("latin1")
				.slice(0, 128)
				.replace("<f8", "<f2") + ones,
			"latin1",
		);
		expect((await read(saved(archive({ "X.npy": half })))).X).toEqual(Matrix.build(3, 3, () => 1));
	});

	const refused = async (bytes: Uint8Array, complaint: string) => {
		const path = saved(bytes);
		const error: unknown = await read(path).catch((thrown: unknown) => thrown);
		expect(error).toBeInstanceOf(UsageError);
		expect((error as Error).message).toContain(path);
		expect((error as Error).message).toContain(complaint);
		expect((error as Error).message).not.toContain("\n");
	};

	test("reads an array whose name lacks its ending, as NumPy does", async () => {
		const { X } = await read(saved(archive({ "X.npy": undefined, X: encodeNpy(problem.X) })));
		expect(X).toEqual(problem.X);
	});

	test("reads integers up to 2^53, and beyond only those that are doubles", async () => {
		const integers = (first: bigint) => {
			const header = "{'descr': '<i8', 'fortran_order': False, 'shape': (3, 3), }";
			const length = Uint8Array.of(header.length, 0);
			const numbers = BigInt64Array.from({ length: 9 }, (_, i) => (i === 4 ? first : 1n));
			return Buffer.concat([
				Buffer.from([0x93, ...Buffer.from("NUMPY"), 1, 0]),
				length,
				Buffer.from(header),
				Buffer.from(numbers.buffer),
			]);
		};
		for (const held of [2n ** 53n, -(2n ** 62n), 2n ** 53n + 2n])
			expect((await read(saved(archive({ "X.npy": integers(held) })))).X.at(1, 1)).toBe(Number(held));
		for (const lost of [2n ** 53n + 1n, -(2n ** 60n) - 1n])
			await refused(archive({ "X.npy": integers(lost) }), `X[1, 1]: the integer ${lost} is no double; save the array`);
	});

	test("names what is missing and what is unknown", async () => {
		await refused(archive({ "A2.npy": undefined, "Y.npy": undefined }), "missing array: A2, Y; a problem holds A1, A2");
		await refused(archive({ "B.npy": encodeNpy(problem.X) }), "unknown array: B; a problem holds A1, A2, A3, E, X, Y");
		await refused(archive({ "Schlüssel.npy": encodeNpy(problem.X) }), "unknown array: Schlüssel; a problem holds A1");
		await refused(archive({ "p/A1.npy": encodeNpy(problem.X) }), "unknown array: p/A1; a problem holds A1");
		await refused(archive({ "x\ns y.npy": encodeNpy(problem.X) }), "unknown array: x\\ns y; a problem holds A1");
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
			bytes[data] ^= 1;
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
	const { reference } = await readProblem(referencePath(one.name));
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
