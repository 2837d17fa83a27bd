/** Terms beyond this add nothing that double precision shows. */
const NEGLIGIBLE = 2 ** -60;

/** At least the sum of all terms of e^R beyond degree M: R^(M+1) e^R / (M+1)!. */
export function taylorRemainder(radius: number, M: number): number {
	let term = 1.01 * Math.exp(radius);
	for (let k = 1; k <= M + 1; k++) term *= radius / k;
	return term;
}

/** The least degree >= `least` from which on the Taylor series of exp on [-R, R] has nothing left that counts. */
export function taylorDegree(radius: number, least: number): number {
	let M = least;
	while (M < 170 && taylorRemainder(radius, M) > NEGLIGIBLE) M++;
	return M;
}

/** 1/k! for k = 0..M, each within two units of rounding. */
export function leadingTaylorTerms(M: number): Float64Array {
	let factorial = 1n;
	return Float64Array.from({ length: M + 1 }, (_, k) => {
		factorial *= BigInt(Math.max(1, k));
		return 1 / Number(factorial);
	});
}
