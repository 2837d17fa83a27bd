import { Matrix } from "@attgrad/matrix-core";
import { dyadicOf, toNumber } from "./dyadic.ts";

/** A matrix of whole numbers times one power of two. Sums and products are exact. */
export class ExactMatrix {
	readonly rows: number;
	readonly cols: number;
	/** Row-major; entry (i, j) is data[i · cols + j] · 2^exponent. */
	readonly data: readonly bigint[];
	readonly exponent: number;

	constructor(rows: number, cols: number, data: readonly bigint[], exponent: number) {
		this.rows = rows;
		this.cols = cols;
		this.data = data;
		this.exponent = exponent;
	}

	/** The entries of a matrix of finite numbers, exactly. */
	static of({ rows, cols, data }: Matrix): ExactMatrix {
		const parts = Array.from(data, dyadicOf);
		const used = parts.filter(({ mantissa }) => mantissa !== 0n);
		const least = used.reduce((e, { exponent }) => Math.min(e, exponent), used.length > 0 ? Infinity : 0);
		const entries = parts.map(({ mantissa, exponent }) =>
			mantissa === 0n ? 0n : mantissa << BigInt(exponent - least),
		);
		return new ExactMatrix(rows, cols, entries, least);
	}

	transposed(): ExactMatrix {
		const { rows, cols, data, exponent } = this;
		const turned = Array.from({ length: rows * cols }, (_, at) => data[(at % rows) * cols + Math.floor(at / rows)]);
		return new ExactMatrix(cols, rows, turned, exponent);
	}

	times({ cols, data, exponent }: ExactMatrix): ExactMatrix {
		const product: bigint[] = [];
		for (let i = 0; i < this.rows; i++)
			for (let j = 0; j < cols; j++) {
				let sum = 0n;
				for (let k = 0; k < this.cols; k++) sum += this.data[i * this.cols + k] * data[k * cols + j];
				product.push(sum);
			}
		return new ExactMatrix(this.rows, cols, product, this.exponent + exponent);
	}

	/** The matrix times a finite double. */
	scaled(factor: number): ExactMatrix {
		const { mantissa, exponent } = dyadicOf(factor);
		const data = this.data.map((x) => x * mantissa);
		return new ExactMatrix(this.rows, this.cols, data, this.exponent + exponent);
	}

	minus(other: ExactMatrix): ExactMatrix {
		const least = Math.min(this.exponent, other.exponent);
		const [left, right] = [BigInt(this.exponent - least), BigInt(other.exponent - least)];
		const data = this.data.map((x, at) => (x << left) - (other.data[at] << right));
		return new ExactMatrix(this.rows, this.cols, data, least);
	}

	/** The nearest matrix of doubles, but for two units in the last place. */
	toMatrix(): Matrix {
		const numbers = Float64Array.from(this.data, (x) => toNumber(x, this.exponent));
		return new Matrix(this.rows, this.cols, numbers);
	}

	/** Largest |computed - this| of an entry, the difference taken exactly; Infinity where a computed entry is not finite. */
	distanceTo(computed: Matrix): number {
		if (computed.rows !== this.rows || computed.cols !== this.cols)
			throw new RangeError(`expected ${this.rows} x ${this.cols} entries, got ${computed.rows} x ${computed.cols}`);
		if (!computed.data.every(Number.isFinite)) return Number.POSITIVE_INFINITY;
		const { data, exponent } = ExactMatrix.of(computed).minus(this);
		let most = 0n;
		for (const x of data) {
			const size = x < 0n ? -x : x;
			if (size > most) most = size;
		}
		return toNumber(most, exponent);
	}
}
