// Rows of one side with the columns that are summed and that forms are made of.

import { PRODUCT_SCRATCH } from "@attgrad/matrix-core/kernels/product";
import { scaledEntries } from "./entries";
import { multiplyInto, pack, padded, panelsOf, stepOf } from "./products";

/** Rows of one side in `groups` interlaced groups: sizes and addresses, 4 bytes each. */
@unmanaged
export class HybridRows {
	rows: i32;
	groups: i32;
	d: i32;
	/** Blocks, columns of each, and columns beside the blocks, of which no forms are made. */
	blocks: i32;
	width: i32;
	beside: i32;
	rank: i32;
	/** 0: no forms; 1: forms of blocks; 2: and those of all columns with the last block. */
	forms: i32;
	/** Factors of the exponents, rows x (d + 2) each; weights of the rows; what raises the diagonals of residual matrices. */
	left: usize;
	right: usize;
	sizes: usize;
	raises: usize;
	/** Features, in rows of whole panels. */
	features: usize;
	/** Column b · width + i of a row is factor b, of `blocks`, times number i, of width; then come those beside. */
	factors: usize;
	numbers: usize;
	extra: usize;
}

/** All columns. */
export function columnsOf(rows: HybridRows): i32 {
	return rows.width * rows.blocks + rows.beside;
}

/** Bytes of the sums of a slot, rank x columns, in whole panels and groups of 6 rows. */
export function sumBytes(rows: HybridRows): usize {
	return <usize>padded(rows.rank) * stepOf(columnsOf(rows));
}

/** Bytes of scratch that sums take. */
export function sumScratchBytes(rows: HybridRows): usize {
	return (<usize>PRODUCT_SCRATCH << 3) + 2 * <usize>padded(HYBRID_SUM_ROWS) * stepOf(columnsOf(rows));
}

/** Adds the features of the rows from..to-1 times their columns to sums. */
export function addSums(scratch: usize, rows: HybridRows, from: i32, to: i32, sums: usize): void {
	const columns = columnsOf(rows), step = stepOf(columns), featureStep = stepOf(rows.rank);
	const P = scratch + (<usize>PRODUCT_SCRATCH << 3), panels = P + <usize>padded(HYBRID_SUM_ROWS) * step;
	for (let row = from; row < to; row += HYBRID_SUM_ROWS) {
		const count = min(HYBRID_SUM_ROWS, to - row);
		makeColumns(rows, row, 1, count, P, step);
		pack(P, step, 8, count, columns, panels);
		multiplyInto(scratch, rows.features + <usize>row * featureStep, 8, featureStep, rows.rank, count, panels, panelsOf(columns), sums, step);
	}
}

/** Columns of `count` rows, the first and every `across`-th after it. Each block is written in whole tiles, over the next one, which follows. */
export function makeColumns(rows: HybridRows, first: i32, across: i32, count: i32, P: usize, step: usize): void {
	const blocks = rows.blocks, bytes = <usize>rows.width << 3, beside = <usize>rows.beside << 3;
	for (let i = 0; i < count; i++, P += step) {
		const row = <usize>(first + i * across), numbers = rows.numbers + row * bytes;
		let factor = rows.factors + ((row * <usize>blocks) << 3), to = P;
		for (let b = 0; b < blocks; b++, factor += 8, to += bytes) scaledEntries(numbers, bytes, load<f64>(factor), to);
		if (beside > 0) memory.copy(to, rows.extra + row * beside, beside);
	}
}

/** Adds the numbers of all of `count` slots, `bytes` each, to the first. */
export function joinSlots(slots: usize, count: i32, bytes: usize): void {
	for (let slot = 1; slot < count; slot++) {
		let from = slots + <usize>slot * bytes;
		for (let to = slots, end = slots + bytes; to < end; to += 16, from += 16)
			v128.store(to, v128.add<f64>(v128.load(to), v128.load(from)));
	}
}
