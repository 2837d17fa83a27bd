// Rows that pairs are drawn of: sizes and places.

/** Rows and keys of a head, as pairs are drawn from them: sizes and addresses, 4 bytes each. */
@unmanaged
export class HybridPairs {
	/** Keys, and rows. */
	keys: i32;
	d: i32;
	dv: i32;
	rank: i32;
	/** (c̃, −<c̃, õ>), Σ φ·ψ (h, 1), rows x (d_v + 1); Ĝ~, m̃ and A1, rows x d; Σ φ·ψ h' k_b, rows x d x (d_v + 1). */
	cotangents: usize;
	means: usize;
	gradients: usize;
	keyMeans: usize;
	inputs: usize;
	products: usize;
	/** Factors of the exponents of the queries, rows x (d + 2); features of queries and keys, in rows of whole panels. */
	left: usize;
	features: usize;
	keyFeatures: usize;
	/** Numbers of each key (`keyBytes`), and three tables of draws, 16 bytes a key each: chance, other key. */
	keyRecords: usize;
	tables: usize;
	/** Sums with the weights β and with those of rounding, three each; max |k_b|; h̄, k̄, Σ β (h − h̄), half-ranges of values, Σ β (h − h̄)(h − h̄)ᵀ. */
	known: usize;
	/** α, |Σ e|, least D, |õ − o|, θ, max |A1_ja| and the proved bound, HYBRID_PAIR_REACH numbers a row. */
	reach: usize;
	/** HYBRID_PAIR_RECORD numbers a row. */
	records: usize;
	/** Draws over the range of all rows, and where coins start. */
	coins: usize;
}

// Places in a record: splits of three squares, envelopes of the kinds, ranges, what is added.

// @ts-ignore: decorator
@inline
export const ENVELOPES: usize = 6 << 3;
// @ts-ignore: decorator
@inline
export const TERMS: usize = (6 + 4 * HYBRID_PAIR_KINDS) << 3;
// @ts-ignore: decorator
@inline
export const REST: usize = (7 + 5 * HYBRID_PAIR_KINDS) << 3;

/** Bytes of `count` numbers in whole tiles of eight. */
// @ts-ignore: decorator
@inline
export function wide(count: i32): usize {
	return <usize>((count + 7) & ~7) << 3;
}

/** Bytes of what is read of a key: k and h about their centres, the factors of the exponent, then β, ‖h − h̄‖², κ², w; each with zeros behind. */
export function keyBytes(d: i32, dv: i32): usize {
	return wide(d) + wide(dv) + wide(d + 2) + 64;
}

/** Numbers of a row that is worked on, with zeros behind: their addresses. */
@unmanaged
export class PairRow {
	output: usize;
	keyMean: usize;
	/** C, d_v rows of `wide(d)` bytes. */
	covariances: usize;
	/** max_b ‖C_·b‖ and D̃. */
	numbers: usize;
}

/** Bytes of a `PairRow` and its numbers. */
export function rowBytes(d: i32, dv: i32): usize {
	return 64 + wide(dv) + wide(d) + <usize>dv * wide(d);
}

/** A row of zeros at an address. */
export function placeRow(at: usize, d: i32, dv: i32): PairRow {
	memory.fill(at, 0, rowBytes(d, dv));
	const row = changetype<PairRow>(at);
	row.numbers = at + 48;
	row.output = at + 64;
	row.keyMean = row.output + wide(dv);
	row.covariances = row.keyMean + wide(d);
	return row;
}

/** Reads õ, m̃ and C of a row. */
export function readRow(rows: HybridPairs, j: usize, row: PairRow): void {
	const d = rows.d, dv = rows.dv, width = <usize>(dv + 1) << 3, step = wide(d);
	const means = rows.means + j * width, keyMeans = rows.keyMeans + j * (<usize>d << 3);
	const D = load<f64>(means + (<usize>dv << 3));
	const inverse = 1 / D;
	let largest: f64 = 0;
	for (let i = 0; i < dv; i++) store<f64>(row.output + (<usize>i << 3), load<f64>(means + (<usize>i << 3)) / D);
	const output = row.output, covariances = row.covariances, height = <usize>dv << 3;
	let from = rows.products + j * <usize>d * width;
	for (let b: usize = 0; b < <usize>d << 3; b += 8, from += width) {
		const mean = load<f64>(keyMeans + b);
		store<f64>(row.keyMean + b, mean);
		let square: f64 = 0, to = covariances + b;
		for (let i: usize = 0; i < height; i += 8, to += step) {
			const own = load<f64>(from + i) * inverse - load<f64>(output + i) * mean;
			store<f64>(to, own);
			square += own * own;
		}
		largest = max<f64>(largest, square);
	}
	store<f64>(row.numbers, sqrt<f64>(largest));
	store<f64>(row.numbers, D, 8);
}

/** Lists of HYBRID_PAIR_BATCH keys that were drawn of a row, 8 bytes each (a key and its term are 4 each), and numbers of the row: addresses. */
@unmanaged
export class DrawnKeys {
	keys: usize;
	weights: usize;
	/** g_l, and then e_jl / (α_j β_l w_l); e^x of exponents; keys that are tried. */
	cotangents: usize;
	parts: usize;
	entries: usize;
	tried: usize;
	/** c̃, h − õ of a key, and the row's factors of the exponents, with zeros behind; features. */
	cotangent: usize;
	value: usize;
	left: usize;
	features: usize;
	/** Table of the exponential. */
	exponential: usize;
	/** α, and the state of the coins. */
	numbers: usize;
}
