import { Matrix, type ProductOptions } from "@attgrad/matrix-core";
import { bounded, plus, rootUp, times } from "../error-bound/index.ts";

/** Rows of a group, at the most. */
export const GROUP = 128;

/** At least the residual matrix of some rows: the difference is positive semi-definite. */
export interface Residual {
	readonly matrix: Matrix;
	/** At least the sum of what its diagonal was raised by (`diagonalRaise`), which is more than all that its entries were off by. */
	readonly raised: number;
}

/** At least the residual matrix R_aa of the rows with these indices. */
export type ResidualOf = (members: readonly number[]) => Promise<Residual>;

/** A matrix product in plain TypeScript or on kernels. */
export type Product = (A: Matrix, B: Matrix, options?: ProductOptions) => Promise<Matrix>;

/** Columns in blocks of the same width, the last of which is crossed with all. */
export interface ColumnBlocks {
	/** Rows of which the first blocks · width columns are taken. */
	readonly columns: Matrix;
	readonly blocks: number;
	readonly width: number;
	/** Rows of a group at the most. @default GROUP */
	readonly group?: number;
}

/** Forms of columns z_i and z_k of blocks, Σ_a z_i,aᵀ R_aa z_k,a over groups a, a block of `width` rows for each block. */
export interface BlockForms {
	/** Of the columns of each block with each other. */
	readonly own: Matrix;
	/** Of all columns with those of the last block. */
	readonly cross: Matrix;
	/** G: number of groups. */
	readonly groups: number;
	/** At least the sum of the numbers that were added to the diagonals. */
	readonly raised: number;
}

/** Blocks whose forms are one product: more of them would be thrown away, fewer are small products. */
const JOINED = 4;

/**
 * Forms of the residual matrix R of rows, group by group. R is positive semi-definite, so that zᵀRz <= (Σ_a √(z_aᵀ R_aa z_a))² <= G Σ_a z_aᵀ R_aa z_a:
 * a bound for these z, at O(n s) for groups of s rows, where the largest eigenvalue of R would take the worst direction. Groups are
 * interlaced, since neighbours are alike. O(n s (K + d + columns)).
 */
export async function residualForms(
	{ columns, blocks, width, group = GROUP }: ColumnBlocks,
	residual: ResidualOf,
	product: Product,
): Promise<BlockForms> {
	const groups = Math.ceil(columns.rows / group);
	const forms = { own: Matrix.zeros(blocks * width, width), cross: Matrix.zeros(blocks * width, width) };
	let raised = 0;
	for (let g = 0; g < groups; g++) {
		const members = membersOf(g, groups, columns.rows);
		const own = await residual(members);
		raised = plus(raised, bounded(own.raised));
		const left = rowsAt(columns, members, blocks * width);
		await addForms(forms, left, await product(own.matrix, left), { blocks, width }, product);
	}
	return { ...forms, groups, raised };
}

/**
 * Numbers that raise the diagonal of a symmetric matrix whose entries are off by at most r_l r_m, so that it is at least the true one: the difference has a dominant
 * diagonal. The error of a form then counts the form's own rows, not the largest of all. The rounding of the sum is counted.
 * @param roots r_l
 * @param sizes at least the |entries| of the diagonal
 */
export function diagonalRaise(roots: Float64Array, sizes: ArrayLike<number>): Float64Array {
	const sum = roots.reduce(plus, 0);
	return roots.map((root, l) => raiseOfRow(root, sum, sizes[l]));
}

/**
 * A number of `diagonalRaise`.
 * @param sum at least the sum of all roots
 */
export const raiseOfRow = (root: number, sum: number, size: number): number =>
	plus(times(root, sum), times(2 ** -50, size));

/** Products of columns themselves in place of the forms of a residual matrix. */
export async function productForms({ columns, blocks, width }: ColumnBlocks, product: Product): Promise<BlockForms> {
	const forms = { own: Matrix.zeros(blocks * width, width), cross: Matrix.zeros(blocks * width, width) };
	for (let from = 0; from < columns.rows; from += GROUP) {
		const rows = columns.slice(from, Math.min(columns.rows, from + GROUP));
		await addForms(forms, rows, rows, { blocks, width }, product);
	}
	return { ...forms, groups: 0, raised: 0 };
}

async function addForms(
	{ own, cross }: Pick<BlockForms, "own" | "cross">,
	left: Matrix,
	right: Matrix,
	{ blocks, width }: Pick<ColumnBlocks, "blocks" | "width">,
	product: Product,
): Promise<void> {
	const last = columnBlock(right, (blocks - 1) * width, width);
	const withLast = await product(left, last, { transposeA: true });
	for (let at = 0; at < cross.data.length; at++) cross.data[at] += withLast.data[at];
	for (let from = 0; from < blocks; from += JOINED) {
		const count = Math.min(JOINED, blocks - from);
		const [ofLeft, ofRight] = [left, right].map((all) => columnBlock(all, from * width, count * width));
		const made = await product(ofLeft, ofRight, { transposeA: true });
		for (let b = 0; b < count; b++)
			for (let i = 0, at = (from + b) * width * width; i < width; i++) {
				const row = (b * width + i) * made.cols + b * width;
				for (let k = 0; k < width; k++) own.data[at++] += made.data[row + k];
			}
	}
}

/** Some rows of a matrix, or of its first columns. */
export function rowsAt({ cols, data }: Matrix, members: readonly number[], width = cols): Matrix {
	const made = Matrix.zeros(members.length, width);
	for (let i = 0; i < members.length; i++) {
		const [from, to] = [members[i] * cols, i * width];
		for (let c = 0; c < width; c++) made.data[to + c] = data[from + c];
	}
	return made;
}

/** Rows of a group of interlaced ones. */
export function membersOf(group: number, groups: number, rows: number): number[] {
	const members: number[] = [];
	for (let l = group; l < rows; l += groups) members.push(l);
	return members;
}

/** A block of columns, as a matrix of its own. */
function columnBlock({ rows, cols, data }: Matrix, from: number, width: number): Matrix {
	const made = Matrix.zeros(rows, width);
	for (let l = 0, at = 0; l < rows; l++) {
		const own = l * cols + from;
		for (let i = 0; i < width; i++) made.data[at++] = data[own + i];
	}
	return made;
}

/** Numbers that turn a computed form of z into a bound on |Σ_l e_jl z_l|². */
export interface FormScale {
	/** A factor: the number of groups, or a bound on the largest eigenvalue for forms of the identity. */
	readonly factor: number;
	/** The summand of the form for each Z², Z at least the sum of the sizes of the terms of every |z_l|. */
	readonly added: number;
	/** Loss of a form below the normal range (`lostInForms`), for each (1 + C)², C at least the sum of the sizes of the multipliers of its columns. */
	readonly lost: number;
}

/** At least √(factor · (form + added · Z² + lost · (1 + C)²)), the form rounded up from below 0. */
export function formNorm({ factor, added, lost }: FormScale, form: number, Z: number, C: number): number {
	const beside = plus(times(added, times(Z, Z)), times(lost, times(plus(1, C), plus(1, C))));
	return rootUp(times(factor, plus(Math.max(0, bounded(form)), beside)));
}

/**
 * Upper bound on the loss of a form of `count` rows below the normal range, for multipliers of its columns that are at most 1 in sum. Every product loses at
 * most half of 2^-1074: an entry of a column, then of R with it, then with the column itself, then with two multipliers.
 * @param width columns of a block
 * @param entry at least the size of an entry of R
 * @param column at least the size of an entry of a column
 */
export function lostInForms(count: number, width: number, entry: number, column: number): number {
	const size = times(plus(1, entry), times(plus(1, column), plus(1, column)));
	return times(times(count * (GROUP + 4) * (width * width + 4), size), 2 ** -1070);
}

/**
 * Products x_i x_k, i <= k, of the numbers of each row: with `symmetricForm` the quadratic forms of all rows are one matrix product.
 */
export function symmetricPairs({ rows, cols, data }: Matrix): Matrix {
	const made = Matrix.zeros(rows, (cols * (cols + 1)) / 2);
	for (let j = 0, at = 0; j < rows; j++)
		for (let i = j * cols; i < (j + 1) * cols; i++) {
			const own = data[i];
			for (let k = i; k < (j + 1) * cols; k++) made.data[at++] = own * data[k];
		}
	return made;
}

/**
 * Adds a form, made symmetric, to a column of forms: xᵀ M x is the product of `symmetricPairs` of x with that column.
 * @param block of M, which has rows for each block
 */
export function addForm(forms: Matrix, column: number, all: Matrix, block = 0): void {
	const width = all.cols;
	const M = all.slice(block * width, (block + 1) * width);
	for (let i = 0, at = column; i < width; i++)
		for (let k = i; k < width; k++, at += forms.cols) forms.data[at] += i === k ? M.at(i, i) : M.at(i, k) + M.at(k, i);
}
