/** Nodes and weights of a quadrature rule. */
export interface QuadratureRule {
	readonly nodes: readonly number[];
	readonly weights: readonly number[];
}

/**
 * The m-point Gauss-Legendre rule on [0, 1], exact for polynomials of degree 2m - 1.
 * Nodes are roots of the Legendre polynomial by Newton's method from the Chebyshev guess; to 1e-15. O(m²).
 */
export function gaussLegendre(m: number): QuadratureRule {
	const nodes: number[] = [];
	const weights: number[] = [];
	for (let i = 0; i < m; i++) {
		let x = -Math.cos((Math.PI * (i + 0.75)) / (m + 0.5));
		for (let step = 0; step < 8; step++) {
			const { value, slope } = legendre(m, x);
			x -= value / slope;
		}
		const { slope } = legendre(m, x);
		nodes.push((1 + x) / 2);
		weights.push(1 / ((1 - x * x) * slope * slope));
	}
	return { nodes, weights };
}

/** The Legendre polynomial P_m and its derivative at |x| < 1, by the three-term recurrence. */
function legendre(m: number, x: number): { value: number; slope: number } {
	let [before, value] = [1, x];
	for (let k = 2; k <= m; k++) [before, value] = [value, ((2 * k - 1) * x * value - (k - 1) * before) / k];
	return { value, slope: (m * (before - x * value)) / (1 - x * x) };
}

/** The left Riemann sum on [0, 1] with m terms (Lemma E.4). */
export function leftRiemannSum(m: number): QuadratureRule {
	return { nodes: Array.from({ length: m }, (_, i) => i / m), weights: new Array(m).fill(1 / m) };
}

/**
 * Number of Gauss-Legendre nodes for which the error of the integral of f' over [0, 1] is proven to be at most `error`,
 * f(λ) = Σ_j s_j(λ)² over n rows, s_j the softmax mass of a set of keys at temperature 1/λ, scores in an interval of
 * length `scoreRange` (paper.md 9.3, R2).
 *
 * For |Im λ| <= θ/scoreRange, θ < π, all exponentials of a row lie in a half plane, so |f'| <= 2 n scoreRange/cos³(θ/2);
 * the rule then errs by at most ½ (64/15) |f'| ρ^(-2m)/(1 - ρ^(-2)) on the Bernstein ellipse of height θ/scoreRange
 * (Trefethen, Approximation Theory and Approximation Practice, ch. 19). The least m over a grid of θ.
 */
export function certifiedNodes(n: number, scoreRange: number, error: number): number {
	let least = Number.POSITIVE_INFINITY;
	for (let theta = 0.1; theta <= 3; theta += 0.05) {
		const y = (2 * theta) / scoreRange;
		const rho = y + Math.sqrt(1 + y * y);
		const size = (2 * n * scoreRange) / Math.cos(theta / 2) ** 3;
		const C = ((32 / 15) * size) / (1 - rho ** -2);
		least = Math.min(least, Math.max(2, Math.ceil(Math.log(C / error) / (2 * Math.log(rho)))));
	}
	return least;
}
