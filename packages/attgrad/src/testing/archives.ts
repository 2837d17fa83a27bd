import { writeFileSync } from "node:fs";
import { crc32, deflateRawSync } from "node:zlib";

/** An array of an archive: what its header says, and its bytes. */
export interface ArrayBytes {
	/** NumPy's type: `<f8`, `|O`. */
	readonly descr: string;
	readonly shape: readonly number[];
	readonly data: Uint8Array;
}

/** An array of doubles. */
export function doubles(shape: readonly number[], value: (index: number) => number): ArrayBytes {
	const length = shape.reduce((product, axis) => product * axis, 1);
	return { descr: "<f8", shape, data: new Uint8Array(Float64Array.from({ length }, (_, i) => value(i)).buffer) };
}

/** The arrays of a small sound problem, n = 4, d = 2. */
export function soundArrays(): Record<string, ArrayBytes> {
	const wave = (phase: number) => (i: number) => Math.sin(1.7 * i + phase);
	return {
		A1: doubles([4, 2], wave(1)),
		A2: doubles([4, 2], wave(2)),
		A3: doubles([4, 2], wave(3)),
		E: doubles([4, 2], wave(4)),
		X: doubles([2, 2], wave(5)),
		Y: doubles([2, 2], wave(6)),
	};
}

/** Writes an `.npz` archive, deflated, byte by byte as the formats say, with no code of the project. */
export function writeArchive(path: string, arrays: Readonly<Record<string, ArrayBytes>>): string {
	writeFileSync(path, archiveBytes(arrays));
	return path;
}

/** The bytes of an `.npz` archive. */
export function archiveBytes(arrays: Readonly<Record<string, ArrayBytes>>): Buffer {
	const local: Buffer[] = [];
	const central: Buffer[] = [];
	let offset = 0;
	for (const [name, array] of Object.entries(arrays)) {
		const content = npyBytes(array);
		const packed = deflateRawSync(content, { level: 1 });
		const file = Buffer.from(`${name}.npy`);
		const fields = Buffer.alloc(26);
		fields.writeUInt16LE(20, 0);
		fields.writeUInt16LE(8, 4);
		fields.writeUInt32LE(crc32(content), 10);
		fields.writeUInt32LE(packed.length, 14);
		fields.writeUInt32LE(content.length, 18);
		fields.writeUInt16LE(file.length, 22);
		const place = Buffer.alloc(14);
		place.writeUInt32LE(offset, 10);
		const header = Buffer.concat([Buffer.from("PK\x03\x04"), fields, file]);
		local.push(header, packed);
		central.push(Buffer.from("PK\x01\x02\x14\x00", "latin1"), fields, place, file);
		offset += header.length + packed.length;
	}
	const directory = Buffer.concat(central);
	const end = Buffer.alloc(22);
	end.write("PK\x05\x06", "latin1");
	end.writeUInt16LE(Object.keys(arrays).length, 8);
	end.writeUInt16LE(Object.keys(arrays).length, 10);
	end.writeUInt32LE(directory.length, 12);
	end.writeUInt32LE(offset, 16);
	return Buffer.concat([...local, directory, end]);
}

/** A `.npy` array, format 1.0, row-major. */
export function npyBytes({ descr, shape, data }: ArrayBytes): Buffer {
	const tuple = `(${shape.join(", ")}${shape.length === 1 ? "," : ""})`;
	const header = `{'descr': '${descr}', 'fortran_order': False, 'shape': ${tuple}, }`.padEnd(117) + "\n";
	const start = Buffer.from("\x93NUMPY\x01\x00\x76\x00", "latin1");
	return Buffer.concat([start, Buffer.from(header), data]);
}
