import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Matrix, UsageError } from "@attgrad/matrix-core";
import { arbitraryMatrix } from "@attgrad/matrix-core/testing";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { decodeArray, decodeNpy, encodeArray, encodeNpy, writeNpy } from "../index.ts";

const fixtures = fileURLToPath(new URL("../../fixtures/numpy/", import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), "attgrad-npy-"));
afterAll(() => rmSync(scratch, { recursive: true }));

/** The array that make.py wrote into the fixture of a name. */
function expected(name: string): Matrix {
	const unsigned = /u\d/.test(name);
	return Matrix.build(5, 3, (i, j) => (name === "b1.npy" ? (3 * i + j) % 2 : 3 * i + j - (unsigned ? 0 : 4)));
}

describe("an array that NumPy wrote", () => {
	test.each(readdirSync(`${fixtures}good`))("as %s is read", (name) => {
		const matrix = decodeNpy(readFileSync(`${fixtures}good/${name}`), name);
		expect(matrix.dtype).toBe(/f4|version-3/.test(name) ? "f32" : "f64");
		expect(matrix.as("f64")).toEqual(expected(name));
	});

	test.each([
		["complex", "dtype '<c16' (complex numbers) cannot be read"],
		["object", "dtype '|O' (Python objects) cannot be read"],
		["string", "dtype '<U1' (strings) cannot be read"],
		["bytes", "dtype '|S1' (strings) cannot be read"],
		["longdouble", "dtype '<f16' (floating-point numbers of that width) cannot be read"],
		["date", "dtype '<M8[D]' (dates) cannot be read"],
		["records", "malformed .npy header: a dtype of records"],
	])("of type %s is refused, with what to do", (name, complaint) => {
		const read = () => decodeNpy(readFileSync(`${fixtures}bad/${name}.npy`), `${name}.npy`);
		expect(read).toThrow(UsageError);
		expect(read).toThrow(`${name}.npy: ${complaint}`);
	});
});

describe("NumPy's spellings of a type:", () => {
	/** An array of shape (3,) x 1 whose header says `descr` and `shape`, with its bytes. */
	const spelled = (descr: string, shape: string, data: Uint8Array): Uint8Array => {
		const dict = `{'descr': '${descr}', 'fortran_order': False, 'shape': ${shape}, }`.padEnd(117);
		const header = Buffer.from(`\u0093NUMPY\u0001\u0000v\u0000${dict}\n`, "latin1");
		return Buffer.concat([header, data]);
	};
	const little = new Uint8Array([0, 0, 0, 0, 0, 0, 248, 191]); // -1.5 as a little-endian double
	test.each([
		["=f8", little, -1.5],
		["|f8", little, -1.5],
		["f8", little, -1.5],
		["d", little, -1.5],
		["float64", little, -1.5],
		[">d", little.toReversed(), -1.5],
		["?", [7], 1],
		["|?", [0], 0],
		["bool", [1], 1],
		["b", [255], -1],
		["B", [255], 255],
		[">H", [1, 2], 258],
		["int16", [2, 1], 258],
		["q", [255, 255, 255, 255, 255, 255, 255, 255], -1],
		["e", [0, 60], 1],
		["|f2", [0, 192], -2],
		["half", [1, 0], 2 ** -24],
		[">f2", [0x7b, 0xff], 65504],
		["f", [0, 0, 128, 191], -1],
	] as const)("%s is read", (descr, data, value) => {
		expect(decodeNpy(spelled(descr, "(1L, 1L)", Uint8Array.from(data))).at(0, 0)).toBe(value);
	});

	test.each([
		["<float64", "dtype '<float64' cannot be read"],
		["f16", "dtype 'f16' (floating-point numbers of that width) cannot be read"],
		["F", "dtype 'F' (complex numbers) cannot be read"],
		["toString", "dtype 'toString' cannot be read"],
		["f8,f8", "cannot be read; save it as float64, float32, float16, integers or bool"],
	])("%s is refused", (descr, complaint) => {
		expect(() => decodeNpy(spelled(descr, "(1, 1)", new Uint8Array(8)))).toThrow(complaint);
	});

	test("the infinity and NaN of float16 are refused as such", () => {
		expect(() => decodeNpy(spelled("<f2", "(1, 1)", Uint8Array.of(0, 0xfc)))).toThrow("[0, 0] is -Infinity");
		expect(() => decodeNpy(spelled("<f2", "(1, 1)", Uint8Array.of(1, 0x7c)))).toThrow("[0, 0] is NaN");
	});

	test("float16 agrees with the engine's own conversion, for every finite number", () => {
		const bits = Uint16Array.from({ length: 2 ** 16 }, (_, i) => i).filter((i) => (i & 0x7c00) !== 0x7c00);
		const view = new DataView(bits.buffer) as DataView & { getFloat16?: (at: number, little: boolean) => number };
		const bytes = spelled("<f2", `(${bits.length}, 1)`, new Uint8Array(bits.buffer));
		const { data } = decodeNpy(bytes);
		// Node from 24 on has it; an older one checks the neighbours of each number instead.
		for (let i = 0; i < bits.length; i++)
			if (view.getFloat16) expect(data[i]).toBe(view.getFloat16(2 * i, true));
			else if (i % 0x7c00 > 0) expect(Math.abs(data[i])).toBeGreaterThan(Math.abs(data[i - 1]));
	});
});

const matrices = fc
	.record({
		rows: fc.integer({ min: 0, max: 40 }),
		cols: fc.integer({ min: 1, max: 9 }),
		dtype: fc.constantFrom("f64" as const, "f32" as const),
	})
	.chain(({ rows, cols, dtype }) => arbitraryMatrix(rows, cols, dtype));

test("what is written is read again, to the bit", () => {
	fc.assert(
		fc.property(matrices, (A) => {
			expect(decodeNpy(encodeNpy(A))).toEqual(A);
		}),
	);
});

test("the bytes are those that NumPy writes", () => {
	const bytes = readFileSync(`${fixtures}good/little-f8.npy`);
	expect(Buffer.from(encodeNpy(decodeNpy(bytes)))).toEqual(bytes);
});

test("bytes that are not as many as the header asks for are refused", () => {
	const bytes = encodeNpy(Matrix.identity(2));
	expect(() => decodeNpy(bytes.subarray(0, -1), "g.npy")).toThrow(
		"g.npy: shape (2, 2) of float64 needs 160 bytes, got 159",
	);
	expect(() => decodeNpy(Buffer.concat([bytes, Buffer.from([0])]))).toThrow("needs 160 bytes, got 161");
	expect(() => decodeNpy(bytes.subarray(0, 70), "g.npy")).toThrow("g.npy: the .npy header is cut off");
	expect(() => decodeNpy(new Uint8Array(0), "g.npy")).toThrow("g.npy: not a .npy array");
	expect(() => decodeNpy(Uint8Array.of(0x1f, 0x8b, 8, 0), "g.npy")).toThrow("g.npy: a gzip file, not a .npy array");
});

test("an unknown version, a header beyond all measure, and one axis are refused", () => {
	const bytes = encodeNpy(Matrix.identity(2));
	const changed = (at: number, ...values: number[]) => {
		const copy = bytes.slice();
		copy.set(values, at);
		return () => decodeNpy(copy, "g.npy");
	};
	expect(changed(6, 4)).toThrow("unknown .npy version: 4.0 (known: 1.0, 2.0, 3.0)");
	expect(changed(8, 0xff, 0xff)).toThrow("malformed .npy header: 65535 bytes (at most 10000)");
	const flat = Buffer.from(Buffer.from(bytes).toString("latin1").replace("(2, 2)", "(4,)  "), "latin1");
	expect(() => decodeNpy(flat, "g.npy")).toThrow("g.npy: must have two axes, got shape (4)");
});

test("NaN and infinity are named by row and column, in either order of storage", () => {
	const bytes = encodeNpy(Matrix.build(3, 2, (i, j) => (i === 2 && j === 0 ? Number.NEGATIVE_INFINITY : 1)));
	expect(() => decodeNpy(bytes, "E.npy")).toThrow("E.npy[2, 0] is -Infinity; every entry must be finite");
	const transposed = Buffer.from(bytes).toString("latin1").replace("False", "True ").replace("(3, 2)", "(2, 3)");
	expect(() => decodeNpy(Buffer.from(transposed, "latin1"), "E.npy")).toThrow("E.npy[0, 2] is -Infinity");
});

test("any damage gives a matrix or a UsageError", () => {
	const bytes = encodeNpy(Matrix.build(4, 3, (i, j) => i - j));
	const damage = fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { minLength: 1, maxLength: 3 });
	fc.assert(
		fc.property(damage, fc.nat(bytes.length), fc.boolean(), (flips, length, cut) => {
			const copy = bytes.slice(0, cut ? length : bytes.length);
			for (const [at, value] of flips) if (at < copy.length) copy[at] = value;
			try {
				decodeNpy(copy);
			} catch (error) {
				expect(error).toBeInstanceOf(UsageError);
			}
		}),
		{ numRuns: 2000 },
	);
});

describe("writeNpy", () => {
	test("writes the bytes of encodeNpy, in blocks, and leaves nothing else", async () => {
		const A = Matrix.build(70_000, 3, (i, j) => i / (j + 1));
		await writeNpy(join(scratch, "A.npy"), A);
		expect(Buffer.compare(readFileSync(join(scratch, "A.npy")), encodeNpy(A))).toBe(0);
		expect(readdirSync(scratch)).toEqual(["A.npy"]);
	});

	test("names the file and why it cannot be written, and leaves nothing behind", async () => {
		const missing = join(scratch, "no", "g.npy");
		await expect(writeNpy(missing, Matrix.identity(2))).rejects.toThrow(
			`cannot write ${missing}: no such file or folder`,
		);
		writeFileSync(join(scratch, "file"), "");
		const under = join(scratch, "file", "g.npy");
		await expect(writeNpy(under, Matrix.identity(2))).rejects.toThrow("a part of the path is not a folder");
		await expect(writeNpy(scratch, Matrix.identity(2))).rejects.toThrow(UsageError);
		expect(readdirSync(join(scratch, "..")).filter((name) => name.startsWith(scratch.split("/").pop()!))).toHaveLength(
			1,
		);
	});

	test("leaves the old file as it was when the rows cannot be read", async () => {
		const path = join(scratch, "kept.npy");
		await writeNpy(path, Matrix.identity(2));
		const broken = {
			rows: 2,
			cols: 2,
			dtype: "f64" as const,
			readRows: () => {
				throw new UsageError("rows are gone");
			},
		};
		await expect(writeNpy(path, broken)).rejects.toThrow("rows are gone");
		expect(decodeNpy(readFileSync(path))).toEqual(Matrix.identity(2));
		expect(readdirSync(scratch).filter((name) => name.endsWith(".tmp"))).toEqual([]);
	});
});

describe("the bytes of an array", () => {
	const matrix = Matrix.build(5, 3, (i, j) => Math.sin(3 * i + j));
	const shape = [5, 3];

	test.each(["f64", "f32"] as const)("are its numbers where they lie right, and are copied elsewhere, %s", (dtype) => {
		const { data } = matrix.as(dtype);
		const bytes = Buffer.concat(encodeArray({ shape, data }));
		for (let offset = 0; offset < 16; offset++) {
			const memory = new Uint8Array(16 + bytes.length);
			const placed = memory.subarray(offset, offset + bytes.length);
			placed.set(bytes);
			const { rows } = decodeArray(placed, "Q");
			expect(rows).toEqual(new Matrix(5, 3, data));
			expect(rows.data.buffer === memory.buffer).toBe(offset % data.BYTES_PER_ELEMENT === 0);
		}
	});

	test("in another order of bytes or of axes are converted", () => {
		const good = (name: string) => decodeArray(readFileSync(`${fixtures}good/${name}`), name).rows.as("f64");
		for (const name of readdirSync(`${fixtures}good`)) expect(good(name), name).toEqual(expected(name));
	});
});
