/** A matrix of zeros and ones, row-major, one byte an entry: the vectors of orthogonal-vectors and closest-pair instances. */
export class BitMatrix {
	readonly rows: number;
	readonly cols: number;
	readonly data: Uint8Array;

	/** @throws RangeError when the data does not fit the shape */
	constructor(rows: number, cols: number, data: Uint8Array) {
		if (data.length !== rows * cols)
			throw new RangeError(`bit matrix: ${rows} x ${cols} needs ${rows * cols} entries, got ${data.length}`);
		this.rows = rows;
		this.cols = cols;
		this.data = data;
	}

	/** Matrix with entry (i, c) = 1 where `entry` is true. */
	static build(rows: number, cols: number, entry: (i: number, c: number) => boolean): BitMatrix {
		const data = new Uint8Array(rows * cols);
		for (let i = 0, at = 0; i < rows; i++) for (let c = 0; c < cols; c++) data[at++] = entry(i, c) ? 1 : 0;
		return new BitMatrix(rows, cols, data);
	}

	at(i: number, c: number): number {
		return this.data[i * this.cols + c];
	}

	/** View of row i. */
	row(i: number): Uint8Array {
		return this.data.subarray(i * this.cols, (i + 1) * this.cols);
	}

	/** The given rows, in that order. */
	select(rows: readonly number[]): BitMatrix {
		const data = new Uint8Array(rows.length * this.cols);
		for (const [at, i] of rows.entries()) data.set(this.row(i), at * this.cols);
		return new BitMatrix(rows.length, this.cols, data);
	}

	/** The largest number of ones in a row. */
	get weight(): number {
		let largest = 0;
		for (let i = 0; i < this.rows; i++)
			largest = Math.max(
				largest,
				this.row(i).reduce((sum, bit) => sum + bit, 0),
			);
		return largest;
	}
}

/** Inner product of two rows of bits of one length. */
export function innerProduct(x: Uint8Array, y: Uint8Array): number {
	let sum = 0;
	for (let c = 0; c < x.length; c++) sum += x[c] & y[c];
	return sum;
}

/** Number of places in which two rows of bits differ. */
export function hammingDistance(x: Uint8Array, y: Uint8Array): number {
	let sum = 0;
	for (let c = 0; c < x.length; c++) sum += x[c] ^ y[c];
	return sum;
}
