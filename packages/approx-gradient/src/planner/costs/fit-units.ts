/** Rounds of coordinate descent: more than enough for four unknowns. */
const ROUNDS = 2000;

/**
 * The x >= 0 that makes Σ_i (Σ_k terms_ik x_k / times_i − 1)² least: what one unit of each term takes, so that every
 * measured time is met as well as may be, relative to itself. Coordinate descent; O(rounds · measurements · terms).
 */
export function fitUnits(terms: readonly (readonly number[])[], times: readonly number[]): number[] {
	const width = terms[0]?.length ?? 0;
	const relative = terms.map((row, i) => row.map((term) => term / times[i]));
	const x = new Array<number>(width).fill(0);
	const left = times.map(() => 1);
	for (let round = 0; round < ROUNDS; round++)
		for (let k = 0; k < width; k++) {
			let [gain, square] = [0, 0];
			for (const [i, row] of relative.entries()) {
				gain += row[k] * left[i];
				square += row[k] * row[k];
			}
			if (square === 0) continue;
			const next = Math.max(0, x[k] + gain / square);
			const step = next - x[k];
			for (const [i, row] of relative.entries()) left[i] -= step * row[k];
			x[k] = next;
		}
	return x;
}
