// Quadratic forms of the residual matrix of rows, group by group: `residualForms` in TypeScript says what these are.
//
// Of a residual matrix R only T is made, lower triangular with R = (T + T') / 2: P' R P is half the sum of P' T P and its transpose.

import { PRODUCT_SCRATCH } from "@attgrad/matrix-core/kernels/product";
import { kernelsOf, prepareKernels, twiceResidual } from "./entries";
import { columnsOf, HybridRows, makeColumns, sumBytes } from "./groups";
import { multiply, multiplyInto, multiplyLower, pack, padded, panelsOf, stepOf } from "./products";

/** Rows of a group at the most. */
function largestGroup(rows: HybridRows): i32 {
	return (rows.rows + rows.groups - 1) / rows.groups;
}

/** Columns that forms are made of. */
function formColumns(rows: HybridRows): i32 {
	return rows.width * rows.blocks;
}

/** Bytes of P' T P of each block, blocks · width x width. */
function ownBytes(rows: HybridRows): usize {
	return <usize>(formColumns(rows) + 6) * stepOf(rows.width);
}

/**
 * Bytes of a slot: sums; P' T P of each block, blocks · width x width, of all columns with T times the last block, and of the last
 * block with T times all, width x blocks · width. In whole panels and groups of 6 rows.
 */
export function slotBytes(rows: HybridRows): usize {
	return sumBytes(rows) + 2 * ownBytes(rows) + <usize>padded(rows.width) * stepOf(formColumns(rows));
}

/** Bytes of scratch that groups take. */
export function groupBytes(rows: HybridRows): usize {
	const s = largestGroup(rows), tall = <usize>padded(s);
	const columns = stepOf(columnsOf(rows)) + 3 * stepOf(formColumns(rows)) + 3 * stepOf(s) + stepOf(rows.width);
	return 512 + (<usize>PRODUCT_SCRATCH << 3) + tall * columns + <usize>(rows.d + 3 + rows.rank) * stepOf(s);
}

/** Adds the forms of the groups from..to-1 to a slot. */
export function addGroups(scratch: usize, rows: HybridRows, from: i32, to: i32, slot: usize): void {
	const step = stepOf(columnsOf(rows)), formStep = stepOf(formColumns(rows)), tall = <usize>padded(largestGroup(rows));
	const P = scratch + 512 + (<usize>PRODUCT_SCRATCH << 3), panels = P + tall * step, rest = panels + tall * formStep;
	prepareKernels(scratch);
	for (let g = from; g < to; g++) {
		const s = (rows.rows - g + rows.groups - 1) / rows.groups;
		makeColumns(rows, g, rows.groups, s, P, step);
		pack(P, step, 8, s, formColumns(rows), panels);
		addForms(scratch, rows, g, s, P, panels, rest, slot + sumBytes(rows));
	}
}

/** T of the residual matrix of a group, s x s, its diagonal raised; rest: room for another and panels. */
function makeResidual(scratch: usize, rows: HybridRows, g: i32, s: i32, T: usize, rest: usize): void {
	const area = scratch + 512, step = stepOf(s), ofExponent = <usize>(rows.d + 2) << 3, across = <usize>rows.groups;
	const gram = rest, sizes = gram + <usize>padded(s) * step, panels = sizes + step;
	const ofFeatures = panels + <usize>(rows.d + 2) * step, featureStep = stepOf(rows.rank);
	const left = rows.left + <usize>g * ofExponent, features = rows.features + <usize>g * featureStep;
	pack(rows.right + <usize>g * ofExponent, 8, across * ofExponent, rows.d + 2, s, panels);
	pack(features, 8, across * featureStep, rows.rank, s, ofFeatures);
	memory.fill(sizes, 0, step);
	for (let j = 0; j < s; j++) store<f64>(sizes + (<usize>j << 3), load<f64>(rows.sizes + (<usize>(g + j * rows.groups) << 3)));
	for (let i = 0; i < s; i += HYBRID_ROWS) {
		const high = min(HYBRID_ROWS, s - i), count = panelsOf(i + high), line = <usize>i * step, row = <usize>i * across;
		multiply(area, left + row * ofExponent, across * ofExponent, 8, high, rows.d + 2, panels, count, T + line, step);
		multiply(area, features + row * featureStep, across * featureStep, 8, high, rows.rank, ofFeatures, count, gram + line, step);
		for (let j = i; j < i + high; j++) finishRow(scratch, rows, g, s, j, T + <usize>j * step, gram + <usize>j * step, sizes);
	}
}

/** Row j of T from exponents and products of features: what is above the diagonal is 0 up to the end of a group of 6. */
function finishRow(table: usize, rows: HybridRows, g: i32, s: i32, j: i32, line: usize, gram: usize, sizes: usize): void {
	const bytes = stepOf(j + 1), own = line + (<usize>j << 3), last = min(j - j % 6 + 6, s);
	kernelsOf(table, line, bytes);
	twiceResidual(line, bytes, load<f64>(sizes + (<usize>j << 3)), sizes, gram);
	store<f64>(own, 0.5 * load<f64>(own) + load<f64>(rows.raises + (<usize>(g + j * rows.groups) << 3)));
	memory.fill(own + 8, 0, <usize>(last - j - 1) << 3);
}

/** Adds the forms of a group's columns P, also in panels. */
function addForms(scratch: usize, rows: HybridRows, g: i32, s: i32, P: usize, panels: usize, rest: usize, own: usize): void {
	const area = scratch + 512, width = rows.width, blocks = rows.blocks, all = formColumns(rows);
	const step = stepOf(columnsOf(rows)), formStep = stepOf(all), ownStep = stepOf(width), tall = <usize>padded(s);
	const product = rest, ofBlock = product + tall * formStep, T = ofBlock + tall * ownStep;
	makeResidual(scratch, rows, g, s, T, T + tall * stepOf(s));
	multiplyLower(area, T, stepOf(s), s, panels, panelsOf(all), product, formStep);
	for (let b = 0; b < blocks; b++) {
		const at = <usize>(b * width) << 3;
		pack(product + at, formStep, 8, s, width, ofBlock);
		multiplyInto(area, P + at, 8, step, width, s, ofBlock, panelsOf(width), own + <usize>(b * width) * ownStep, ownStep);
	}
	if (rows.forms < 2) return;
	multiplyInto(area, P, 8, step, all, s, ofBlock, panelsOf(width), own + ownBytes(rows), ownStep);
	pack(product, formStep, 8, s, all, T);
	multiplyInto(area, P + (<usize>(all - width) << 3), 8, step, width, s, T, panelsOf(all), own + 2 * ownBytes(rows), formStep);
}
