/** The totals that a run's certificate uses: sums over the rows that are not exact. */
export interface GaussTotals {
	/** At least Σ_j |A1_ja|: kernels count exact rows too. */
	readonly inputSums: Float64Array;
	/** d x d: Σ_j |A1_ja| |c̃_ji|. */
	readonly residualSums: Float64Array;
	/** Σ_j |A1_ja| L1_j over the rows that are bounded so; for each key coordinate b times W_b. */
	readonly l1: Float64Array;
	/** d x d: Σ_j |A1_ja| V_jb over the others, in the frame's coordinates. */
	readonly spread: Float64Array;
	/** Σ_j |A1_ja| times the part of row j's rounding that has its growth. */
	readonly grown: Float64Array;
	/** Numbers of the rows that the method leaves to the exact one. */
	readonly exactRows: number[];
	/** The largest κ of the other rows. */
	largestKappa: number;
}

/** No row yet. */
export function emptyTotals(d: number): GaussTotals {
	const zeros = (length: number): Float64Array => new Float64Array(length);
	return {
		inputSums: zeros(d),
		residualSums: zeros(d * d),
		l1: zeros(d),
		spread: zeros(d * d),
		grown: zeros(d),
		exactRows: [],
		largestKappa: 0,
	};
}

/** Adds a row to the totals. */
export function addRow(
	totals: GaussTotals,
	inputs: ArrayLike<number>,
	residual: Float64Array,
	{ l1, spread, grown, kappa }: { l1: number; spread: Float64Array; grown: number; kappa: number },
	share = 1,
): void {
	const d = residual.length;
	totals.largestKappa = Math.max(totals.largestKappa, kappa);
	for (let a = 0; a < d; a++) {
		const size = share * Math.abs(inputs[a]);
		totals.inputSums[a] += size;
		totals.l1[a] += size * l1;
		totals.grown[a] += size * grown;
		for (let b = 0; b < d; b++) {
			totals.residualSums[a * d + b] += size * Math.abs(residual[b]);
			totals.spread[a * d + b] += size * spread[b];
		}
	}
}

/** The totals of `factor` times as many rows like those. */
export function scaledTotals(totals: GaussTotals, factor: number): GaussTotals {
	const times = (sums: Float64Array): Float64Array => sums.map((sum) => factor * sum);
	const { inputSums, residualSums, l1, spread, grown } = totals;
	return {
		...totals,
		...{ inputSums: times(inputSums), residualSums: times(residualSums) },
		...{ l1: times(l1), spread: times(spread), grown: times(grown) },
	};
}
