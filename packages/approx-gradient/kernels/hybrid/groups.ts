// Sums over rows and quadratic forms of their residual matrix, group by group: `residualForms` in TypeScript says what these are.

import { PRODUCT_SCRATCH } from "@attgrad/matrix-core/kernels/product";
import { kernelsOf, residualEntries, scaledEntries } from "./entries";
import { multiply, multiplyInto, pack, padded, panelsOf, stepOf } from "./products";

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

/** Rows of a group at the most. */
function largestGroup(rows: HybridRows): i32 {
	return (rows.rows + rows.groups - 1) / rows.groups;
}

/** All columns. */
function columnsOf(rows: HybridRows): i32 {
	return rows.width * rows.blocks + rows.beside;
}

/** Bytes of a slot: sums, rank x columns; the forms of blocks, blocks · width x width; those with the last block. In whole panels and groups of 6 rows. */
export function slotBytes(rows: HybridRows): usize {
	const sums = <usize>padded(rows.rank) * stepOf(columnsOf(rows));
	return sums + 2 * formBytes(rows);
}

function formBytes(rows: HybridRows): usize {
	return <usize>(rows.blocks * rows.width + 6) * stepOf(rows.width);
}

/** Bytes of scratch that groups take. */
export function groupBytes(rows: HybridRows): usize {
	const s = largestGroup(rows), step = stepOf(columnsOf(rows)), tall = <usize>padded(s);
	return 512 + (<usize>PRODUCT_SCRATCH << 3) + 3 * tall * step + 3 * tall * stepOf(s) + <usize>(rows.d + 3 + rows.rank) * stepOf(s) + tall * stepOf(rows.width);
}

/** Adds the groups from..to-1 to a slot. */
export function addGroups(scratch: usize, rows: HybridRows, from: i32, to: i32, slot: usize): void {
	const columns = columnsOf(rows), step = stepOf(columns), featureStep = stepOf(rows.rank), tall = <usize>padded(largestGroup(rows));
	const area = scratch + 512, P = area + (<usize>PRODUCT_SCRATCH << 3), panels = P + tall * step, rest = panels + tall * step;
	for (let g = from; g < to; g++) {
		const s = (rows.rows - g + rows.groups - 1) / rows.groups;
		makeColumns(rows, g, s, P, step);
		pack(P, step, 8, s, columns, panels);
		multiplyInto(
			area, rows.features + <usize>g * featureStep, 8, <usize>rows.groups * featureStep, rows.rank, s, panels, panelsOf(columns), slot, step,
		);
		if (rows.forms > 0) addForms(scratch, rows, g, s, P, panels, rest, slot + <usize>padded(rows.rank) * step);
	}
}

/** Columns of the rows of a group. Each block is written in whole tiles, over the next one, which follows. */
function makeColumns(rows: HybridRows, g: i32, s: i32, P: usize, step: usize): void {
	const blocks = rows.blocks, bytes = <usize>rows.width << 3, beside = <usize>rows.beside << 3;
	for (let i = 0; i < s; i++, P += step) {
		const row = <usize>(g + i * rows.groups), numbers = rows.numbers + row * bytes;
		let factor = rows.factors + ((row * <usize>blocks) << 3), to = P;
		for (let b = 0; b < blocks; b++, factor += 8, to += bytes) scaledEntries(numbers, bytes, load<f64>(factor), to);
		if (beside > 0) memory.copy(to, rows.extra + row * beside, beside);
	}
}

/** The residual matrix of a group, s x s, its diagonal raised; rest: room for another and panels. */
function makeResidual(scratch: usize, rows: HybridRows, g: i32, s: i32, R: usize, rest: usize): void {
	const area = scratch + 512, step = stepOf(s), count = panelsOf(s), ofExponent = <usize>(rows.d + 2) << 3;
	const featureStep = stepOf(rows.rank), across = <usize>rows.groups;
	const gram = rest, sizes = gram + <usize>padded(s) * step, panels = sizes + step;
	pack(rows.right + <usize>g * ofExponent, 8, across * ofExponent, rows.d + 2, s, panels);
	multiply(area, rows.left + <usize>g * ofExponent, across * ofExponent, 8, s, rows.d + 2, panels, count, R, step);
	kernelsOf(scratch, R, <usize>s * step);
	const features = rows.features + <usize>g * featureStep;
	pack(features, 8, across * featureStep, rows.rank, s, panels);
	multiply(area, features, across * featureStep, 8, s, rows.rank, panels, count, gram, step);
	memory.fill(sizes, 0, step);
	for (let j = 0; j < s; j++) store<f64>(sizes + (<usize>j << 3), load<f64>(rows.sizes + (<usize>(g + j * rows.groups) << 3)));
	for (let j = 0; j < s; j++) {
		const line = <usize>j * step;
		residualEntries(R + line, step, load<f64>(sizes + (<usize>j << 3)), sizes, gram + line);
		const own = R + line + (<usize>j << 3);
		store<f64>(own, load<f64>(own) + load<f64>(rows.raises + (<usize>(g + j * rows.groups) << 3)));
	}
}

/** Adds the forms of a group's columns P, also in panels. */
function addForms(scratch: usize, rows: HybridRows, g: i32, s: i32, P: usize, panels: usize, rest: usize, own: usize): void {
	const area = scratch + 512, width = rows.width, blocks = rows.blocks, step = stepOf(columnsOf(rows)), formStep = stepOf(width);
	const tall = <usize>padded(s), product = rest, ofBlock = product + tall * step, R = ofBlock + tall * formStep;
	makeResidual(scratch, rows, g, s, R, R + tall * stepOf(s));
	multiply(area, R, stepOf(s), 8, s, s, panels, panelsOf(blocks * width), product, step);
	for (let b = 0; b < blocks; b++) {
		const at = <usize>(b * width) << 3;
		pack(product + at, step, 8, s, width, ofBlock);
		multiplyInto(area, P + at, 8, step, width, s, ofBlock, panelsOf(width), own + <usize>(b * width) * formStep, formStep);
	}
	if (rows.forms == 2) multiplyInto(area, P, 8, step, blocks * width, s, ofBlock, panelsOf(width), own + formBytes(rows), formStep);
}

/** Adds the numbers of all of `count` slots, `bytes` each, to the first. */
export function joinSlots(slots: usize, count: i32, bytes: usize): void {
	for (let slot = 1; slot < count; slot++) {
		let from = slots + <usize>slot * bytes;
		for (let to = slots, end = slots + bytes; to < end; to += 16, from += 16)
			v128.store(to, v128.add<f64>(v128.load(to), v128.load(from)));
	}
}
