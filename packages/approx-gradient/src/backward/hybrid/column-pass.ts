import { Matrix, maxAbs, multiplyOn, type Runtime } from "@attgrad/matrix-core";
import { leastRest, over, plus, RelativeRounding, rootUp, times } from "../../error-bound/index.ts";
import {
	addForm,
	type FormScale,
	formNorm,
	GROUP,
	lostInForms,
	type Product,
	residualForms,
	rowsAt,
	symmetricPairs,
} from "../../feature-maps/residual-forms.ts";
import type { HybridHead } from "./hybrid-head.ts";
import type { HeadApproximated, RowPass } from "./row-pass.ts";

/** The rows of keys, of the queries that are kept, with bounds on the error of an entry of each row. */
export interface ColumnPass {
	readonly dK: Matrix;
	readonly dV: Matrix;
	readonly keyBounds: Float64Array;
	readonly valueBounds: Float64Array;
}

/**
 * dK and dV by sums over the queries that are kept. With e'_j = e_j / D̃_j and f̃ − f = (e − f̃ Σe) / D the error of a sum Σ_j f_jl z_j is at most
 * |Σ_j e'_jl z_j| + Σ_j ν_j |e'_jl z_j| + Σ_j ν_j |f̃_jl z_j|. The first is at most β_l √(ζᵀRζ), ζ_j = z_j / D̃_j, R the residual matrix of the queries
 * (`residualForms`); a negative f̃_jl is an error of that size. O(n K d d_v).
 */
export async function columnPass(
	approximated: HeadApproximated,
	head: HybridHead,
	rows: RowPass,
	kept: readonly number[],
	runtime: Runtime,
): Promise<ColumnPass> {
	const { Phi, Psi } = approximated;
	const { queries, values } = head;
	const [d, width] = [queries.cols, values.cols];
	const d_v = width - 1;
	const product: Product = (A, B, options) => multiplyOn(runtime, A, B, options);
	if (kept.length === 0) return nothing(values.rows, d, d_v);
	const own = rowsAt(Phi, kept);
	const sums = querySums(approximated, head, rows, kept);
	const all = await product(Psi, await product(own, sums.right, { transposeA: true }));
	const forms = await queryForms(approximated, head, sums, kept, product);
	const dK = Matrix.zeros(values.rows, d);
	const dV = Matrix.zeros(values.rows, d_v);
	for (let l = 0; l < values.rows; l++) {
		const from = l * all.cols;
		for (let b = 0, at = from; b < d; b++) {
			let sum = 0;
			for (let i = 0; i < width; i++) sum += values.data[l * width + i] * all.data[at++];
			dK.data[l * d + b] = sum;
		}
		dV.data.set(all.data.subarray(from + width * d, from + width * d + d_v), l * d_v);
	}
	return { dK, dV, ...keyBounds(approximated, head, rows.beta, sums, all, forms) };
}

/** The sums over no queries. */
const nothing = (rows: number, d: number, d_v: number): ColumnPass => ({
	...{ dK: Matrix.zeros(rows, d), dV: Matrix.zeros(rows, d_v) },
	...{ keyBounds: new Float64Array(rows), valueBounds: new Float64Array(rows) },
});

/** Squares of what the first-order errors of a key's sums are at most, over β_l². */
interface QueryForms {
	/** Of dK, n_k x d. */
	readonly keys: Matrix;
	/** Of dV, for each entry of a row. */
	readonly values: Float64Array;
}

/** Forms of the residual matrix of the queries in c'_i q̂_b / D̃ and dO_i / D̃, the former contracted with (v_l, 1) twice. */
async function queryForms(
	{ Phi, error }: HeadApproximated,
	{ queries, values, valueHalf }: HybridHead,
	sums: QuerySums,
	kept: readonly number[],
	product: Product,
): Promise<QueryForms> {
	const [d, width] = [queries.cols, values.cols];
	const d_v = width - 1;
	if (!error.queryResidual) throw new Error("hybrid knows the residual matrix of its queries");
	const residual = error.queryResidual(rowsAt(queries, kept), rowsAt(Phi, kept));
	const made = await residualForms({ columns: sums.right, blocks: d + 1, width }, residual, product);
	const unit = times(RelativeRounding.roundings(8 * (kept.length + GROUP + width * width + 64)).bound, 4 * GROUP);
	// Entries of the residual matrix, of rows over their β, are at most 1.
	const lost = lostInForms(kept.length, width, 1, maxAbs(sums.right));
	const scale: FormScale = { factor: made.groups, added: plus(unit, made.slack), lost };
	const ofValue = valueHalf.reduce(plus, 1);
	const squareOf = (form: number, squares: number, C: number): number => {
		const root = formNorm(scale, form, rootUp(squares), C);
		return times(root, root);
	};
	const moments = Matrix.zeros((width * (width + 1)) / 2, d);
	for (let b = 0; b < d; b++) addForm(moments, b, made.own, b);
	const keys = await product(symmetricPairs(values), moments);
	for (let l = 0, at = 0; l < keys.rows; l++)
		for (let b = 0; b < d; b++, at++) keys.data[at] = squareOf(keys.data[at], sums.keySquares[b], ofValue);
	const ofValues = Float64Array.from({ length: d_v }, (_, i) =>
		squareOf(made.own.at(d * width + i, i), sums.valueSquares[i], 1),
	);
	return { keys, values: ofValues };
}

/** Sums over queries. */
interface QuerySums {
	/** Columns q̂_b c'_i / D̃ (that of b and i is b (d_v+1) + i), then dO_i / D̃ and a zero, then what bounds of dV and of dK are made of, the same over D̃. */
	readonly right: Matrix;
	/** Σ_j (dO_i / D̃)² and Σ_j (Γ q̂_b / D̃)²; second-order terms; rounding of sums and of the weights that features stand for: of dV and of dK. */
	readonly valueSquares: Float64Array;
	readonly valueRest: Float64Array;
	readonly valueLost: Float64Array;
	readonly keySquares: Float64Array;
	readonly keyRest: Float64Array;
	readonly keyLost: Float64Array;
}

function querySums(
	{ Phi, error }: HeadApproximated,
	{ queries, values, upstream }: HybridHead,
	rows: RowPass,
	kept: readonly number[],
): QuerySums {
	const [d, width] = [queries.cols, values.cols];
	const d_v = width - 1;
	const n = kept.length;
	const right = Matrix.zeros(n, width * (d + 1) + d_v + d);
	const [valueSquares, valueRest, valueLost] = [0, 1, 2].map(() => new Float64Array(d_v));
	const [keySquares, keyRest, keyLost] = [0, 1, 2].map(() => new Float64Array(d));
	let put = 0;
	for (const j of kept) {
		const [D, nu, reach] = [rows.normaliser[j], rows.nu[j], rows.reach[j]];
		const [ofQ, ofC] = [j * d, j * width];
		const theta = rows.rounding[j].bound;
		const part = over(rows.alpha[j], leastRest(D, times(Math.min(0.5, theta), D)));
		const ofSums = RelativeRounding.roundings(n + Phi.cols + 64).and(error.relative.repeated(4)).bound;
		const unit = plus(times(8, theta), ofSums);
		const moved = plus(times(nu, reach), times(plus(1, nu), rows.deltaError[j]));
		const { data: c } = rows.cotangents;
		const { data: q } = queries;
		for (let b = 0; b < d; b++) {
			const own = q[ofQ + b] / D;
			for (let i = 0; i < width; i++) right.data[put++] = own * c[ofC + i];
		}
		for (let i = 0; i < d_v; i++) {
			const given = upstream.data[j * d_v + i];
			const size = Math.abs(given);
			right.data[put] = given / D;
			right.data[put++ + width] = (nu * size) / D;
			const weighed = over(size, D);
			valueSquares[i] = plus(valueSquares[i], times(weighed, weighed));
			valueRest[i] = plus(valueRest[i], times(times(3 * part, nu), size));
			valueLost[i] = plus(valueLost[i], times(unit, weighed));
		}
		put += width;
		for (let b = 0; b < d; b++) {
			const size = Math.abs(q[ofQ + b]);
			right.data[put++] = (moved * size) / D;
			const weighed = times(over(size, D), reach);
			keySquares[b] = plus(keySquares[b], times(weighed, weighed));
			keyRest[b] = plus(keyRest[b], times(times(3 * part, moved), size));
			keyLost[b] = plus(keyLost[b], times(unit, weighed));
		}
	}
	return { right, valueSquares, valueRest, valueLost, keySquares, keyRest, keyLost };
}

/** Bounds of the rows of keys: of the largest entry of each. */
function keyBounds(
	{ Psi }: HeadApproximated,
	{ queries, values }: HybridHead,
	beta: Float64Array,
	sums: QuerySums,
	all: Matrix,
	forms: QueryForms,
): Pick<ColumnPass, "keyBounds" | "valueBounds"> {
	const [d, width] = [queries.cols, values.cols];
	const d_v = width - 1;
	const bounds = { keyBounds: new Float64Array(values.rows), valueBounds: new Float64Array(values.rows) };
	// The length of a feature row; sums over queries as they were computed.
	const [ofLength, ofRow] = [Psi.cols + 4, 2 * width + 64].map((count) => RelativeRounding.roundings(count));
	const valueRoots = forms.values.map(rootUp);
	for (let l = 0; l < values.rows; l++) {
		let weight = 0;
		for (let m = l * Psi.cols; m < (l + 1) * Psi.cols; m++) weight += Psi.data[m] * Psi.data[m];
		weight = plus(ofLength.atLeast(Math.sqrt(weight)), beta[l]);
		const own = l * all.cols + width * d;
		let [key, value] = [0, 0];
		for (let i = 0; i < d_v; i++) {
			const first = times(beta[l], plus(valueRoots[i], sums.valueRest[i]));
			const third = Math.max(0, all.data[own + width + i]);
			value = Math.max(value, plus(plus(first, third), times(4 * weight, sums.valueLost[i])));
		}
		for (let b = 0; b < d; b++) {
			const first = times(beta[l], plus(rootUp(forms.keys.data[l * d + b]), sums.keyRest[b]));
			const third = Math.max(0, all.data[own + width + d_v + b]);
			key = Math.max(key, plus(plus(first, third), times(8 * weight, sums.keyLost[b])));
		}
		bounds.keyBounds[l] = plus(ofRow.atLeast(key), 2 ** -500);
		bounds.valueBounds[l] = plus(ofRow.atLeast(value), 2 ** -500);
	}
	return bounds;
}
