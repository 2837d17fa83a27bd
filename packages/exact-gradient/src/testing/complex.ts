/** A complex number. Just enough arithmetic for derivatives by a complex step. */
export interface Complex {
	readonly re: number;
	readonly im: number;
}

export const real = (re: number): Complex => ({ re, im: 0 });
export const plus = (a: Complex, b: Complex): Complex => ({ re: a.re + b.re, im: a.im + b.im });
export const minus = (a: Complex, b: Complex): Complex => ({ re: a.re - b.re, im: a.im - b.im });
export const times = (a: Complex, b: Complex): Complex => ({
	re: a.re * b.re - a.im * b.im,
	im: a.re * b.im + a.im * b.re,
});
export const over = (a: Complex, b: Complex): Complex => {
	const size = b.re * b.re + b.im * b.im;
	return { re: (a.re * b.re + a.im * b.im) / size, im: (a.im * b.re - a.re * b.im) / size };
};
export const exponential = (a: Complex): Complex => ({
	re: Math.exp(a.re) * Math.cos(a.im),
	im: Math.exp(a.re) * Math.sin(a.im),
});
export const total = (terms: readonly Complex[]): Complex => terms.reduce(plus, real(0));
export const inner = (a: readonly Complex[], b: readonly Complex[]): Complex =>
	total(a.map((entry, at) => times(entry, b[at])));
