import { UsageError } from "@attgrad/matrix-core";

/**
 * The worst-case family of paper.md section 10: rows of Q = K run over {-B, B}^d, so n = 2^d. With t = B²/d,
 * exp(Q Kᵀ/d) is the d-fold Kronecker power of [[e^t, e^-t], [e^-t, e^t]]: its eigenvalues are
 * 2^d cosh(t)^(d-w) sinh(t)^w with multiplicity C(d, w), w = 0..d. All ranks below are of this matrix, as log2; divided
 * by d they are log_n.
 */
export interface HypercubeFamily {
	/** Width, and log2 of the number of rows. Everything is exact to 1e-12 up to 1000 and beyond. */
	readonly d: number;
	/** Entry bound. */
	readonly B: number;
}

/** Eigenvalues of exp(Q Kᵀ/d) relative to the largest, tanh(t)^w, and log2 of their multiplicities; w = 0..d. */
export function hypercubeSpectrum({ d, B }: HypercubeFamily): { relative: number[]; log2Multiplicity: number[] } {
	checkFamily({ d, B });
	const logTanh = Math.log(Math.tanh((B * B) / d));
	const logBinomials = logBinomialRow(d);
	return {
		relative: logBinomials.map((_, w) => (w === 0 ? 1 : Math.exp(w * logTanh))),
		log2Multiplicity: logBinomials.map((log) => log / Math.LN2),
	};
}

/**
 * log2 of the number of eigenvalues that are at least δ times the largest: the numerical rank at relative tolerance δ.
 * @param logInverseDelta ln(1/δ) >= 0
 */
export function spectralRank({ d, B }: HypercubeFamily, logInverseDelta: number): number {
	checkFamily({ d, B });
	checkTolerance(logInverseDelta);
	const logCoth = logOfCoth((B * B) / d);
	// an eigenvalue exactly at the tolerance counts, also where the quotient is rounded down
	const largest = logInverseDelta === 0 ? 0 : Math.floor((logInverseDelta / logCoth) * (1 + 1e-14));
	return log2SumOfBinomials(d, Math.min(d, largest));
}

/**
 * log2 of a number that the rank of every matrix within relative error δ of exp(Q Kᵀ/d), entry by entry, exceeds.
 * Such a matrix is within δ‖A‖_F, so by Eckart and Young it must hold the largest eigenvalues up to a tail of
 * δ²‖A‖_F²; λ²/‖A‖_F² is Binomial(d, π) distributed over w, π = sinh² t / cosh 2t.
 * @param logInverseDelta ln(1/δ) >= 0
 * @returns -Infinity where rank 0 is not excluded
 */
export function certifiedRank({ d, B }: HypercubeFamily, logInverseDelta: number): number {
	checkFamily({ d, B });
	checkTolerance(logInverseDelta);
	const { logPi, logRest } = squaredShare((B * B) / d);
	const logBinomials = logBinomialRow(d);
	let logTail = Number.NEGATIVE_INFINITY;
	for (let w = d; w >= 0; w--) {
		logTail = logAdd(logTail, logBinomials[w] + w * logPi + (d - w) * logRest);
		if (logTail > -2 * logInverseDelta) return log2SumOfBinomials(d, w - 1);
	}
	return Number.NEGATIVE_INFINITY;
}

/**
 * Limit of log_n of the spectral rank for n → ∞ at δ = n^(-c) and fixed κ = B²/log2 n.
 * It tends to 0 with κ, so the rank is n^o(1) exactly for B = o(√log n): the paper's threshold.
 */
export function spectralLimit(kappa: number, c: number): number {
	return binaryEntropy(Math.min(0.5, (c * Math.LN2) / -Math.log(Math.tanh(kappa))));
}

/** Limit of log_n of the certified rank for n → ∞ at δ = n^(-c) and fixed κ = B²/log2 n. */
export function certifiedLimit(kappa: number, c: number): number {
	const { logPi, logRest } = squaredShare(kappa);
	const divergence = (x: number): number =>
		x * (Math.log(x) - logPi) + (x < 1 ? (1 - x) * (Math.log1p(-x) - logRest) : 0);
	const target = 2 * c * Math.LN2;
	let [low, high] = [Math.exp(logPi), 1];
	if (divergence(high) <= target) return 1;
	for (let step = 0; step < 200; step++) {
		const middle = (low + high) / 2;
		if (divergence(middle) < target) low = middle;
		else high = middle;
	}
	return binaryEntropy(Math.min(0.5, low));
}

/** H2(p) = -p log2 p - (1 - p) log2(1 - p). */
export function binaryEntropy(p: number): number {
	return p <= 0 || p >= 1 ? 0 : -(p * Math.log2(p)) - ((1 - p) * Math.log1p(-p)) / Math.LN2;
}

/** log2 of the number of monomials of degree at most g in d variables, C(d + g, g): the rank of a polynomial of degree g. */
export function log2MonomialCount(d: number, g: number): number {
	let log = 0;
	for (let i = 1; i <= Math.min(d, g); i++) log += Math.log2((Math.max(d, g) + i) / i);
	return log;
}

/** ln coth t; tanh t is 1 in a double from t = 20 on. */
function logOfCoth(t: number): number {
	if (t < 1) return -Math.log(Math.tanh(t));
	const x = Math.exp(-2 * t);
	return Math.log1p(x) - Math.log1p(-x);
}

/** ln π and ln(1 - π) for π = sinh² t / cosh 2t. */
function squaredShare(t: number): { logPi: number; logRest: number } {
	const logCosh = t - Math.LN2 + Math.log1p(Math.exp(-2 * t));
	const logCosh2 = 2 * t - Math.LN2 + Math.log1p(Math.exp(-4 * t));
	return { logPi: 2 * (logCosh + Math.log(Math.tanh(t))) - logCosh2, logRest: 2 * logCosh - logCosh2 };
}

/** ln C(d, w) for w = 0..d. */
function logBinomialRow(d: number): number[] {
	const row = [0];
	for (let w = 1; w <= d; w++) row.push(row[w - 1] + Math.log((d - w + 1) / w));
	return row;
}

/** log2 Σ_{v <= w} C(d, v); -Infinity for w < 0. */
function log2SumOfBinomials(d: number, w: number): number {
	const logs = logBinomialRow(d).slice(0, w + 1);
	return logs.reduce(logAdd, Number.NEGATIVE_INFINITY) / Math.LN2;
}

/** ln(e^x + e^y). */
function logAdd(x: number, y: number): number {
	const larger = Math.max(x, y);
	return larger === Number.NEGATIVE_INFINITY ? larger : larger + Math.log1p(Math.exp(Math.min(x, y) - larger));
}

function checkFamily({ d, B }: HypercubeFamily): void {
	if (!(Number.isInteger(d) && d >= 1)) throw new UsageError(`hypercube: d must be a whole number >= 1, got ${d}`);
	if (!(Number.isFinite(B) && B > 0)) throw new UsageError(`hypercube: B must be a finite number > 0, got ${B}`);
}

function checkTolerance(logInverseDelta: number): void {
	if (!(Number.isFinite(logInverseDelta) && logInverseDelta >= 0))
		throw new UsageError(`hypercube: ln(1/delta) must be a finite number >= 0, got ${logInverseDelta}`);
}
