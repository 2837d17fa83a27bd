import { Matrix, type ProductOptions } from "@attgrad/matrix-core";
import { bounded, plus, times } from "../error-bound/index.ts";

/** Rows of a group. */
export const GROUP = 128;

/** The residual matrix of some rows, and at least the spectral norm of what it is off by. */
export interface Residual {
	readonly matrix: Matrix;
	readonly slack: number;
}

/** The residual matrix R_aa of the rows with these indices. */
export type ResidualOf = (members: readonly number[]) => Promise<Residual>;

/** A matrix product in plain TypeScript or on kernels. */
export type Product = (A: Matrix, B: Matrix, options?: ProductOptions) => Promise<Matrix>;

/** Columns z and R z for the blocks of a residual matrix R. */
export interface ResidualProducts {
	/** The columns, with rows in the order of groups. */
	readonly left: Matrix;
	/** R_aa times the rows of each group a. */
	readonly right: Matrix;
	/** G: number of groups. */
	readonly groups: number;
	/** At least the slack of every group. */
	readonly slack: number;
}

/**
 * Products of the residual matrix R of rows with columns z, group by group. R is positive semi-definite, so that
 * zᵀRz <= (Σ_a √(z_aᵀ R_aa z_a))² <= G Σ_a z_aᵀ R_aa z_a: a bound for these z, at O(n s) for groups of s rows, where the largest
 * eigenvalue of R would take the worst direction. Groups are interlaced, since neighbours are alike. O(n s (K + d + columns)).
 * @param all rows of which the first `cols` columns are taken
 */
export async function residualProducts(
	all: Matrix,
	cols: number,
	residual: ResidualOf,
	product: Product,
): Promise<ResidualProducts> {
	const { rows } = all;
	const groups = Math.ceil(rows / GROUP);
	const [left, right] = [Matrix.zeros(rows, cols), Matrix.zeros(rows, cols)];
	let [slack, at] = [0, 0];
	for (let g = 0; g < groups; g++) {
		const members = membersOf(g, groups, rows);
		const own = await residual(members);
		slack = Math.max(slack, bounded(own.slack));
		for (let i = 0; i < members.length; i++) {
			const [from, to] = [members[i] * all.cols, (at + i) * cols];
			for (let c = 0; c < cols; c++) left.data[to + c] = all.data[from + c];
		}
		const part = await product(own.matrix, left.slice(at, at + members.length));
		right.data.set(part.data, at * cols);
		at += members.length;
	}
	return { left, right, groups, slack };
}

/** Rows of a group of interlaced ones. */
export function membersOf(group: number, groups: number, rows: number): number[] {
	const members: number[] = [];
	for (let l = group; l < rows; l += groups) members.push(l);
	return members;
}

/** A block of columns, as a matrix of its own. */
export function columnBlock({ rows, cols, data }: Matrix, from: number, width: number): Matrix {
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
	/** What is added to the form for each Z², Z at least the sum of the sizes of the terms of every |z_l|. */
	readonly added: number;
}

/** At least √(factor · (form + added · Z²)), the form rounded up from below 0. */
export const formNorm = ({ factor, added }: FormScale, form: number, Z: number): number =>
	Math.sqrt(times(factor, plus(Math.max(0, bounded(form)), times(added, times(Z, Z))))) * (1 + 1e-9);

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

/** Adds a form, made symmetric, to a column of forms: xᵀ M x is the product of `symmetricPairs` of x with that column. */
export function addForm(forms: Matrix, column: number, M: Matrix): void {
	const width = M.cols;
	for (let i = 0, at = column; i < width; i++)
		for (let k = i; k < width; k++, at += forms.cols) forms.data[at] += i === k ? M.at(i, i) : M.at(i, k) + M.at(k, i);
}
