import { Matrix, multiplyOn, type Runtime } from "@attgrad/matrix-core";
import { gamma, leastRest, over, plus, rootUp, times } from "../error-bound/index.ts";
import { columnSums } from "./frobenius-error.ts";

const u = 2 ** -53;

/**
 * At least ‖F̃_r − F̃_K‖_F for the rows of Φ_r Ψ_rᵀ over their sums, Φ_r and Ψ_r the first r of K columns, for each of some r < K; Infinity where a
 * row's sum may not be positive. O(n K²) for all of them.
 *
 * Row j of the difference is Ψ v with v = (t φ_<, φ_> / D_K), t = 1/D_K − 1/D_r, φ_< the first r entries of φ_j; ‖Ψ v‖² = vᵀ G v with the Gram matrix
 * G. With Z = G_{·>} φ_> the parts are φ_>·Z_>, φ_<·Z_<, and φ_<ᵀ G φ_<, what is left of φᵀ G φ.
 */
export async function prefixDistances(
	Phi: Matrix,
	Psi: Matrix,
	ranks: readonly number[],
	runtime: Runtime,
): Promise<number[]> {
	const { rows: n, cols: K } = Psi;
	const { sums, absolute } = columnSums(Psi);
	const gram = await multiplyOn(runtime, Psi, Psi, { transposeA: true });
	const lengths = sums.map((_, m) => rootUp(gram.at(m, m) * (1 + 2 * n * u)));
	const unit = gamma((n + 3 * K + 16) * u);
	const all = await multiplyOn(runtime, Phi, gram);
	const Z = Matrix.zeros(Phi.rows, K);
	const made = new Map<number, number>();
	let to = K;
	for (const rank of ranks.toSorted((a, b) => b - a)) {
		const added = await multiplyOn(runtime, columnsOf(Phi, rank, to), gram.slice(rank, to));
		for (let at = 0; at < Z.data.length; at++) Z.data[at] += added.data[at];
		to = rank;
		let squares = 0;
		for (let j = 0; j < Phi.rows; j++) {
			const row = { phi: Phi.row(j), all: all.row(j), Z: Z.row(j) };
			squares = plus(squares, squareOf(row, rank, { sums, absolute, lengths, unit }));
		}
		made.set(rank, rootUp(squares));
	}
	return ranks.map((rank) => made.get(rank) ?? Number.POSITIVE_INFINITY);
}

type Numbers = ArrayLike<number>;

/** At least ‖Ψ v‖² of a row. */
function squareOf(
	{ phi, all, Z }: { readonly phi: Numbers; readonly all: Numbers; readonly Z: Numbers },
	rank: number,
	columns: { readonly sums: Numbers; readonly absolute: Numbers; readonly lengths: Numbers; readonly unit: number },
): number {
	const { sums, absolute, lengths, unit } = columns;
	// Of the first columns, then of the others: normaliser, its terms' sizes, Σ |φ_m| ‖Ψ_m‖, and the parts of the form.
	const D = [0, 0];
	const size = [0, 0];
	const length = [0, 0];
	const form = [0, 0];
	let whole = 0;
	for (let part = 0; part < 2; part++) {
		const to = part === 0 ? rank : phi.length;
		let normaliser = 0;
		let terms = 0;
		let lengthed = 0;
		let product = 0;
		for (let m = part * rank; m < to; m++) {
			const entry = phi[m];
			const absoluteEntry = Math.abs(entry);
			normaliser += entry * sums[m];
			terms += absoluteEntry * absolute[m];
			lengthed += absoluteEntry * lengths[m];
			product += entry * Z[m];
			whole += entry * all[m];
		}
		D[part] = normaliser;
		size[part] = terms;
		length[part] = lengthed;
		form[part] = product;
	}
	const [D_r, D_K] = [D[0], D[0] + D[1]];
	const [least_r, least_K] = [
		leastRest(D_r, plus(times(unit, size[0]), 2 ** -500)),
		leastRest(D_K, plus(times(unit, plus(size[0], size[1])), 2 ** -500)),
	];
	const t = 1 / D_K - 1 / D_r;
	const head = Math.max(0, whole - 2 * form[0] - form[1]);
	const value = t * t * head + (2 * t * form[0] + form[1] / D_K) / D_K;
	const both = plus(times(Math.abs(t), plus(length[0], length[1])), over(length[1], least_K));
	// Rounding of the form, its parts being sums of at most these sizes; then that of v by the normalisers.
	const rounded = rootUp(plus(Math.max(0, value), times(times(4, unit), times(both, both))));
	const relative = (least: number, terms: number) => plus(over(times(unit, terms), least), 4 * u);
	const offK = over(relative(least_K, plus(size[0], size[1])), least_K);
	const offR = over(relative(least_r, size[0]), least_r);
	const off = plus(times(length[0], plus(offK, offR)), times(length[1], offK));
	const bound = plus(plus(rounded, off), over(2 ** -400, times(least_r, least_K)));
	return times(bound, bound);
}

/** Columns from..to−1. */
function columnsOf({ rows, cols, data }: Matrix, from: number, to: number): Matrix {
	const made = Matrix.zeros(rows, to - from);
	for (let j = 0; j < rows; j++) made.row(j).set(data.subarray(j * cols + from, j * cols + to));
	return made;
}
