/**
 * Arithmetic on bounds: numbers >= 0 that are to be at least something. Every result is at least the result in exact
 * arithmetic, below the normal range too. No number (NaN) is no bound: it becomes Infinity, and so does 0 · Infinity.
 * A result is 0 only where it is 0 exactly.
 */

/** The least normal double. A positive result below it is raised to it, since its relative precision is lost. */
export const LEAST_NORMAL = 2 ** -1022;

/** One rounding to nearest is undone by this factor. */
const UP = 1 + 2 ** -51;

/** Math.exp, Math.expm1, Math.log and Math.pow of V8 are within a unit in the last place. */
const UP_FUNCTION = 1 + 2 ** -49;

/** x, or Infinity for what is no bound: NaN. */
export const bounded = (x: number): number => (Number.isNaN(x) ? Number.POSITIVE_INFINITY : x);

/** At least a + b. */
export const plus = (a: number, b: number): number => bounded((a + b) * UP);

/** At least a · b. */
export function times(a: number, b: number): number {
	const product = a * b;
	if (product >= LEAST_NORMAL) return product * UP;
	if (a === 0 || b === 0) return bounded(product);
	return Number.isNaN(product) ? Number.POSITIVE_INFINITY : LEAST_NORMAL;
}

/** At least a / b; Infinity where b is not above 0, since nothing is known then. */
export function over(a: number, b: number): number {
	if (!(b > 0)) return Number.POSITIVE_INFINITY;
	const quotient = a / b;
	if (quotient >= LEAST_NORMAL) return quotient * UP;
	if (a === 0) return bounded(quotient);
	return Number.isNaN(quotient) ? Number.POSITIVE_INFINITY : LEAST_NORMAL;
}

/** At least |a - b|, of which sums below the normal range are exact; 0 where they are equal. */
export const distanceUp = (a: number, b: number): number => bounded(Math.abs(a - b) * UP);

/** At most a - b, and at least 0: what is certainly left of a when at most b is taken away. */
export const leastRest = (a: number, b: number): number => {
	const rest = a - b * UP;
	return rest > 0 ? rest * (1 - 2 ** -51) : 0;
};

/** At least the sum of all terms. */
export const sumUp = (terms: ArrayLike<number>): number => {
	let sum = 0;
	for (let i = 0; i < terms.length; i++) sum = plus(sum, terms[i]);
	return sum;
};

/** At least the largest term; 0 for none. */
export function maxUp(terms: ArrayLike<number>): number {
	let most = 0;
	for (let i = 0; i < terms.length; i++) most = Math.max(most, bounded(terms[i]));
	return most;
}

/** At least the largest |x_i|; 0 for none. */
export function sizeUp(x: ArrayLike<number>): number {
	let most = 0;
	for (let i = 0; i < x.length; i++) most = Math.max(most, bounded(Math.abs(x[i])));
	return most;
}

/** At least Σ_i a_i b_i. */
export function dotUp(a: ArrayLike<number>, b: ArrayLike<number>): number {
	let sum = 0;
	for (let i = 0; i < a.length; i++) sum = plus(sum, times(a[i], b[i]));
	return sum;
}

/** At least √(Σ x_i²), also where squares leave the range. */
export function normUp(x: ArrayLike<number>): number {
	const most = sizeUp(x);
	if (most === 0 || most === Number.POSITIVE_INFINITY) return most;
	let squares = 0;
	for (let i = 0; i < x.length; i++) {
		const part = over(Math.abs(x[i]), most);
		squares = plus(squares, times(part, part));
	}
	return times(most, Math.sqrt(squares) * UP);
}

/** At least √x. */
export const rootUp = (x: number): number => bounded(Math.sqrt(x) * UP);

/** At least e^x, for a bound x or a negative number. */
export const expUp = (x: number): number => Math.max(LEAST_NORMAL, bounded(Math.exp(x) * UP_FUNCTION));

/** At most e^x. */
export const expDown = (x: number): number => {
	const value = Math.exp(x) / UP_FUNCTION;
	return value >= LEAST_NORMAL ? value : 0;
};

/** At least e^x - 1. */
export const expm1Up = (x: number): number => (x === 0 ? 0 : Math.max(x, bounded(Math.expm1(x) * UP_FUNCTION)));

/** At least x^k, for a whole number k >= 0. */
export function powerUp(x: number, k: number): number {
	let [power, square] = [1, x];
	for (let left = k; left > 0; left = Math.floor(left / 2)) {
		if (left % 2 === 1) power = times(power, square);
		if (left > 1) square = times(square, square);
	}
	return power;
}

/** γ = c / (1 - c): the relative error of c roundings in sequence, c in units of roundoff; Infinity from c = 1/2 on. */
export const gamma = (c: number): number => (c < 0.5 ? over(c, leastRest(1, c)) : Number.POSITIVE_INFINITY);
