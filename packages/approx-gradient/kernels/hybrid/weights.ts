// Numbers of queries that sums over them are made of: `querySums` in TypeScript says what they are.

/** Queries and their weights: sizes and addresses, 4 bytes each. */
@unmanaged
export class HybridWeights {
	d: i32;
	dv: i32;
	/** q̂, rows x d, and dO, rows x d_v. */
	queries: usize;
	given: usize;
	/** HYBRID_WEIGHTS numbers of each query, all 0 of one that is left out. */
	weights: usize;
	/** Columns that are written: q̂ and 1 over D, rows x (d + 1), and what bounds are made of, rows x (d_v + d). */
	factors: usize;
	extra: usize;
}

/** Writes the columns of the queries from..to-1, and adds three sums for each entry of dO, and of q̂, to `sums`. */
export function weighQueries(rows: HybridWeights, from: i32, to: i32, sums: usize): void {
	const d = rows.d, dv = rows.dv;
	for (let j = from; j < to; j++) {
		const row = <usize>j, own = rows.weights + ((row * <usize>HYBRID_WEIGHTS) << 3);
		const inverse = load<f64>(own);
		const factors = rows.factors + ((row * <usize>(d + 1)) << 3), extra = rows.extra + ((row * <usize>(dv + d)) << 3);
		const queries = rows.queries + ((row * <usize>d) << 3);
		for (let b = 0; b < d; b++) {
			const at = <usize>b << 3;
			store<f64>(factors + at, inverse == 0 ? 0 : inverse * load<f64>(queries + at));
		}
		store<f64>(factors + (<usize>d << 3), inverse);
		if (inverse == 0) {
			memory.fill(extra, 0, <usize>(dv + d) << 3);
			continue;
		}
		addSizes(rows.given + ((row * <usize>dv) << 3), dv, load<f64>(own, 8), own + 24, extra, sums);
		addSizes(queries, d, load<f64>(own, 16), own + 48, extra + (<usize>dv << 3), sums + <usize>(24 * dv));
	}
}

/** Sizes times a weight into `columns`, and the squares of sizes and the sizes times three weights to the sums of each. */
// @ts-ignore: decorator
@inline
function addSizes(numbers: usize, count: i32, weight: f64, weights: usize, columns: usize, sums: usize): void {
	const w0 = load<f64>(weights), w1 = load<f64>(weights, 8), w2 = load<f64>(weights, 16);
	for (let i = 0; i < count; i++, sums += 24) {
		const size = abs<f64>(load<f64>(numbers + (<usize>i << 3))), weighed = w0 * size;
		store<f64>(columns + (<usize>i << 3), weight * size);
		store<f64>(sums, load<f64>(sums) + weighed * weighed);
		store<f64>(sums, load<f64>(sums, 8) + w1 * size, 8);
		store<f64>(sums, load<f64>(sums, 16) + w2 * size, 16);
	}
}
