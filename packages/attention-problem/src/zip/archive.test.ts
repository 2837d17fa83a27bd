import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, statSync, writeFileSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deflateRawSync, gzipSync } from "node:zlib";
import { UsageError } from "@attgrad/matrix-core";
import { strToU8, type Zippable, zipSync } from "fflate";
import { afterAll, describe, expect, test, vi } from "vitest";
import { RandomAccessFile } from "../files/random-access.ts";
import { readZipDirectory } from "./directory.ts";
import { inflateEntry } from "./inflate.ts";
import { signature } from "./records.ts";
import { ZipWriter } from "./writer.ts";

const scratch = mkdtempSync(join(tmpdir(), "attgrad-zip-"));
afterAll(() => rmSync(scratch, { recursive: true }));

let count = 0;
const fresh = () => join(scratch, `${count++}.zip`);

function saved(bytes: Uint8Array): string {
	const path = fresh();
	writeFileSync(path, bytes);
	return path;
}

/** Names and bytes of the entries of an archive. */
function contents(path: string): Record<string, string> {
	const file = new RandomAccessFile(path);
	try {
		return Object.fromEntries(
			readZipDirectory(file).map((entry) => {
				const pieces =
					entry.method === "stored" ? [file.read(entry.dataStart, entry.size)] : [...inflateEntry(file, entry)];
				return [entry.name, Buffer.concat(pieces).toString()];
			}),
		);
	} finally {
		file.close();
	}
}

async function written(entries: Record<string, string>, zip64From?: number): Promise<string> {
	const path = fresh();
	const file = openSync(path, "w");
	const writer = new ZipWriter(file, zip64From);
	for (const [name, text] of Object.entries(entries)) {
		const bytes = Buffer.from(text);
		await writer.add(name, bytes.length, [bytes.subarray(0, 1), bytes.subarray(1)]);
	}
	writer.finish();
	closeSync(file);
	return path;
}

/** Position of the central record of an entry. */
function centralOf(bytes: Buffer, name: string): number {
	for (let at = 0; ; at++) {
		at = bytes.indexOf(Buffer.from([0x50, 0x4b, 1, 2]), at);
		if (bytes.subarray(at + 46, at + 46 + bytes.readUInt16LE(at + 28)).toString() === name) return at;
	}
}

const entries = { "a.npy": "first", "b.npy": "the second entry".repeat(100), "empty.npy": "" };
const deflated = (files: Zippable = Object.fromEntries(Object.entries(entries).map(([k, v]) => [k, strToU8(v)]))) =>
	Buffer.from(zipSync(files));

describe("an archive", () => {
	test("is read as it was written, in its plain form and as zip64", async () => {
		const { "empty.npy": _, ...full } = entries;
		expect(contents(await written(full))).toEqual(full);
		expect(contents(await written(full, 0))).toEqual(full);
	});

	test("of deflated entries is read", () => {
		expect(contents(saved(deflated()))).toEqual(entries);
	});

	test("may carry a comment, and end records within it", () => {
		const bytes = deflated();
		const comment = Buffer.concat([Buffer.from("PK\u0005\u0006"), Buffer.alloc(30)]);
		bytes.writeUInt16LE(comment.length, bytes.length - 2);
		expect(contents(saved(Buffer.concat([bytes, comment])))).toEqual(entries);
	});

	test.each(["plain", "zip64"])("is read behind other bytes, and with other bytes behind it (%s)", async (form) => {
		const { "empty.npy": _, ...full } = entries;
		const bytes = readFileSync(await written(full, form === "zip64" ? 0 : undefined));
		for (const length of [1, 21, 22, 300, 65_535]) {
			const other = Buffer.alloc(length, "PK\u0005 other bytes ");
			expect(contents(saved(Buffer.concat([bytes, other])))).toEqual(full);
			expect(contents(saved(Buffer.concat([other, bytes])))).toEqual(full);
			expect(contents(saved(Buffer.concat([other, bytes, other])))).toEqual(full);
		}
	});

	test("may have names in any language", () => {
		const named = { "Schlüssel.npy": "1", "数.npy": "2" };
		expect(contents(saved(deflated({ "Schlüssel.npy": strToU8("1"), "数.npy": strToU8("2") })))).toEqual(named);
	});

	test("may be larger than 4 GiB", async () => {
		const { "empty.npy": _, ...full } = entries;
		const small = readFileSync(await written(full, 0));
		const shift = 2n ** 32n + 12_345n;
		// The same archive behind a hole of 4 GiB: every offset moves.
		const moved = Buffer.from(small);
		for (const name of Object.keys(full)) {
			const offsetAt = centralOf(small, name) + 46 + name.length + 4 + 16;
			moved.writeBigUInt64LE(small.readBigUInt64LE(offsetAt) + shift, offsetAt);
		}
		const end64 = small.indexOf(Buffer.from([0x50, 0x4b, 6, 6]));
		const locator = small.indexOf(Buffer.from([0x50, 0x4b, 6, 7]));
		for (const at of [end64 + 48, locator + 8]) moved.writeBigUInt64LE(small.readBigUInt64LE(at) + shift, at);
		const path = fresh();
		const file = openSync(path, "w");
		writeSync(file, moved, 0, moved.length, Number(shift));
		closeSync(file);
		expect(statSync(path).size).toBeGreaterThan(2 ** 32);
		expect(contents(path)).toEqual(full);
	});
});

describe("refused with one line:", () => {
	const refused = (bytes: Uint8Array, complaint: string) => {
		const path = saved(bytes);
		let error: unknown;
		try {
			contents(path);
		} catch (thrown) {
			error = thrown;
		}
		expect(error).toBeInstanceOf(UsageError);
		expect((error as Error).message).toContain(complaint);
		expect((error as Error).message).not.toContain("\n");
	};

	test("what is not a zip archive", () => {
		refused(Buffer.from("hello"), "not a zip archive; a problem is an .npz archive or a folder of .npy files");
		refused(new Uint8Array(0), "not a zip archive");
		refused(new Uint8Array(100_000), "not a zip archive");
		refused(gzipSync("hello"), "a gzip file, not a zip archive");
		refused(Buffer.from("\u0089HDF\r\n", "latin1"), "an HDF5 file, not a zip archive");
		refused(Buffer.concat([Buffer.alloc(257), Buffer.from("ustar")]), "a tar archive, not a zip archive");
		refused(Buffer.from([0x80, 4, 0x95]), "a Python pickle, not a zip archive");
	});

	test("an archive that is cut off anywhere", () => {
		const bytes = deflated();
		for (let length = 4; length < bytes.length; length++) refused(bytes.subarray(0, length), "truncated zip archive");
	});

	test("an archive that more bytes follow than its end is looked for behind", () => {
		const bytes = Buffer.concat([deflated(), Buffer.alloc(65_536)]);
		refused(bytes, "zip archive without an end: it is truncated, or more than 65535 bytes follow it");
	});

	test("an encrypted entry, by either header", () => {
		const bytes = deflated();
		const central = Buffer.from(bytes);
		central[centralOf(bytes, "b.npy") + 8] |= 1;
		refused(central, "b.npy is encrypted; write it without a password");
		const local = Buffer.from(bytes);
		local[6] |= 1;
		refused(local, "a.npy is encrypted");
	});

	test("an unknown compression", () => {
		const bytes = deflated();
		bytes.writeUInt16LE(14, centralOf(bytes, "a.npy") + 10);
		bytes.writeUInt16LE(14, 8);
		refused(bytes, "a.npy is compressed by LZMA (method 14), which is not read; write it with np.savez");
	});

	test("headers that do not agree", () => {
		const bytes = deflated();
		bytes[30] = "x".charCodeAt(0);
		refused(bytes, "a.npy: its header does not agree with the central directory");
	});

	test("entries that overlap", () => {
		const bytes = deflated();
		const [a, b] = [centralOf(bytes, "a.npy"), centralOf(bytes, "b.npy")];
		const reached = bytes.readUInt32LE(b + 42) + 10 - (30 + 5);
		bytes.writeUInt32LE(reached, a + 20);
		refused(bytes, "b.npy and a.npy overlap");
	});

	test("too many entries", () => {
		refused(
			deflated(Object.fromEntries(Array.from({ length: 70 }, (_, i) => [`${i}.npy`, strToU8("x")]))),
			"70 entries",
		);
	});

	test("data that are more, or fewer, than declared", () => {
		for (const [size, complaint] of [
			[100, "b.npy: inflates to more than the 100 bytes it declares"],
			[1601, "b.npy: inflates to 1600 bytes, declares 1601"],
		] as const) {
			const bytes = deflated();
			bytes.writeUInt32LE(size, centralOf(bytes, "b.npy") + 24);
			refused(bytes, complaint);
		}
	});

	test("data that are not deflated", () => {
		const bytes = deflated();
		const local = bytes.readUInt32LE(centralOf(bytes, "b.npy") + 42);
		bytes.fill(0xff, local + 35, local + 45);
		refused(bytes, "b.npy: damaged compressed data");
	});

	test("a zip64 directory that is not there", async () => {
		const bytes = readFileSync(await written({ "a.npy": "first" }, 0));
		const locator = bytes.indexOf(Buffer.from([0x50, 0x4b, 6, 7]));
		expect(bytes.readUInt32LE(locator)).toBe(signature.zip64Locator);
		const without = Buffer.from(bytes);
		without.writeUInt32LE(0, locator);
		refused(without, "the zip64 directory is missing");
		const beyond = Buffer.from(bytes);
		beyond.writeBigUInt64LE(2n ** 55n, locator + 8);
		refused(beyond, "a size or offset of 36028797018963");
	});
});

test("a bomb is not inflated: it ends after one step", () => {
	const bomb = deflateRawSync(new Uint8Array(2 ** 27), { level: 1 });
	const bytes = Buffer.from(zipSync({ "a.npy": [bomb, { level: 0 }] }));
	const central = centralOf(bytes, "a.npy");
	for (const at of [8, central + 10]) bytes.writeUInt16LE(8, at);
	bytes.writeUInt32LE(1000, central + 24);
	const file = new RandomAccessFile(saved(bytes));
	const [entry] = readZipDirectory(file);
	const read = vi.spyOn(file, "read");
	expect(() => [...inflateEntry(file, entry)]).toThrow("inflates to more than the 1000 bytes it declares");
	expect(read).toHaveBeenCalledOnce();
	expect(read.mock.calls[0][1]).toBeLessThan(bomb.length / 4);
	file.close();
});

test("a file that is missing, a device, or a folder is refused", () => {
	expect(() => new RandomAccessFile(join(scratch, "none.npz"))).toThrow("none.npz: no such file or folder");
	expect(() => new RandomAccessFile(scratch)).toThrow("not a regular file");
	expect(() => new RandomAccessFile("/dev/zero")).toThrow("cannot read /dev/zero: not a regular file");
});
