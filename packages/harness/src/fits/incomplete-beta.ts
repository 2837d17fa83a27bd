/**
 * Regularised incomplete beta function I_x(a, b), by its continued fraction (Lentz) where that converges and by symmetry
 * elsewhere; good to 1e-12.
 */
export function incompleteBeta(x: number, a: number, b: number): number {
	if (x <= 0) return 0;
	if (x >= 1) return 1;
	if (x > (a + 1) / (a + b + 2)) return 1 - incompleteBeta(1 - x, b, a);
	const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x)) / a;
	const tiny = 1e-300;
	let c = 1;
	let d = 1 / nonzero(1 - ((a + b) * x) / (a + 1), tiny);
	let fraction = d;
	for (let m = 1; m < 500; m++) {
		const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
		d = 1 / nonzero(1 + even * d, tiny);
		c = nonzero(1 + even / c, tiny);
		fraction *= d * c;
		const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
		d = 1 / nonzero(1 + odd * d, tiny);
		c = nonzero(1 + odd / c, tiny);
		const step = d * c;
		fraction *= step;
		if (Math.abs(step - 1) < 1e-15) break;
	}
	return front * fraction;
}

function nonzero(value: number, tiny: number): number {
	return Math.abs(value) < tiny ? tiny : value;
}

/** log Γ(z) for z > 0, Stirling's series after raising the argument past 10; error below 1e-14. */
function logGamma(z: number): number {
	let shift = 0;
	while (z < 10) shift -= Math.log(z++);
	const square = 1 / (z * z);
	const series = (1 / 12 - square * (1 / 360 - square * (1 / 1260 - square * (1 / 1680 - square / 1188)))) / z;
	return shift + (z - 0.5) * Math.log(z) - z + 0.5 * Math.log(2 * Math.PI) + series;
}
