/** Rounds of coordinate descent: more than enough for eight unknowns. */
const ROUNDS = 2000;

/** The weight of an expected unit; that of a measurement is 1. */
const EXPECTED = 0.05;

/**
 * The x >= 0 that makes Σ_i (Σ_k terms_ik x_k / times_i − 1)² least: what one unit of each term takes, so that every
 * measured time is met as well as may be, relative to itself. Coordinate descent; O(rounds · measurements · terms).
 * @param expected units of another machine: units that measurements do not determine are these, times one common factor
 */
export function fitUnits(
	terms: readonly (readonly number[])[],
	times: readonly number[],
	expected?: readonly number[],
): number[] {
	const width = terms[0]?.length ?? 0;
	const relative = terms.map((row, i) => row.map((term) => term / times[i]));
	if (expected) {
		const factor = middle(relative.map((row) => 1 / row.reduce((sum, term, k) => sum + term * expected[k], 0)));
		for (const [k, unit] of expected.entries())
			relative.push(expected.map((_, other) => (other === k && unit > 0 ? 1 / (factor * unit) : 0)));
	}
	const weights = relative.map((_, i) => (i < times.length ? 1 : EXPECTED));
	const x = new Array<number>(width).fill(0);
	const left = relative.map(() => 1);
	for (let round = 0; round < ROUNDS; round++)
		for (let k = 0; k < width; k++) {
			let [gain, square] = [0, 0];
			for (const [i, row] of relative.entries()) {
				gain += weights[i] * row[k] * left[i];
				square += weights[i] * row[k] * row[k];
			}
			if (square === 0) continue;
			const next = Math.max(0, x[k] + gain / square);
			const step = next - x[k];
			for (const [i, row] of relative.entries()) left[i] -= step * row[k];
			x[k] = next;
		}
	return x;
}

/** The median, the upper one of two. */
function middle(numbers: readonly number[]): number {
	return numbers.toSorted((a, b) => a - b)[numbers.length >> 1];
}
