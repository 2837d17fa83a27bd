import type { OrthogonalVectors } from "../instances/orthogonal-vectors.ts";

/** The options of counting. */
export interface CountingOptions {
	/**
	 * Interpolation reaches down to x = e^(-thetaMax): small keeps B = Θ(√log n) and magnifies errors by n^O(1) or more.
	 * Without it a single node so small that the other pairs do not matter, at B = Θ(log n).
	 */
	readonly thetaMax?: number;
}

/** Where S(x) = Σ_ij x^<a_i, b_j> is asked for, and how its values make S(0), the number of orthogonal pairs. */
export interface CountingPlan {
	/** Values of θ; the node is x = e^(-θ). One gradient each. */
	readonly thetas: readonly number[];
	/** Weights of the values: S(0) ≈ Σ_p weights[p] S(x_p). */
	readonly weights: readonly number[];
	/** Λ = Σ_p |weights[p]|: what an error of the values is magnified by. */
	readonly amplification: number;
	/** Largest |Σ_p weights[p] S(x_p) - S(0)|: 0 where interpolation is exact. */
	readonly truncation: number;
	/** ln M: genuine keys weigh 1/M of a dummy at least, so that masses are almost linear in S. */
	readonly logM: number;
	/** n of the reduction: the larger side, at least 2. */
	readonly n: number;
}

/** Pairs that are not orthogonal may add at most this to the count when there is one node. */
const ONE_NODE_TRUNCATION = 1 / 16;

/**
 * Chooses nodes and weights (paper.md 9.3, R3). S is a polynomial of degree at most the smaller of the largest weights of
 * both sides; interpolation at the Chebyshev extrema of [e^(-thetaMax), 1] has Λ = T_degree((1 + x0)/(1 - x0)).
 */
export function countingPlan({ a, b }: OrthogonalVectors, { thetaMax }: CountingOptions = {}): CountingPlan {
	const n = Math.max(a.rows, b.rows, 2);
	if (thetaMax === undefined) {
		const theta = Math.log((a.rows * b.rows) / ONE_NODE_TRUNCATION);
		return { thetas: [theta], weights: [1], amplification: 1, truncation: ONE_NODE_TRUNCATION, n, logM: logM(n, 1) };
	}
	const degree = Math.min(a.weight, b.weight);
	const least = Math.exp(-thetaMax);
	const nodes = Array.from({ length: degree + 1 }, (_, p) =>
		degree === 0 ? 1 : (1 + least) / 2 + ((1 - least) / 2) * Math.cos((Math.PI * p) / degree),
	);
	const weights = nodes.map((x, p) =>
		nodes.reduce((product, y, q) => (q === p ? product : (product * y) / (y - x)), 1),
	);
	const amplification = Math.cosh(degree * Math.acosh((1 + least) / (1 - least)));
	const thetas = nodes.map((x) => Math.max(0, -Math.log(x)));
	return { thetas, weights, amplification, truncation: 0, n, logM: logM(n, amplification) };
}

/** M = 8 Λ n²: masses then differ from linear by at most 2n²/M, which after magnification is 1/4. */
const logM = (n: number, amplification: number): number => 2 * Math.log(n) + Math.log(8 * amplification);
