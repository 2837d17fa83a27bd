import { Matrix } from "@attgrad/matrix-core";
import { partitionOf } from "../feature-maps/clusters/partition.ts";
import { balancedCoordinates, coordinatesOf } from "../feature-maps/hybrid/balanced-coordinates.ts";
import { chebyshev } from "../polynomial/families/chebyshev.ts";
import { largestRadius } from "../polynomial/families/family.ts";
import { countMonomials } from "../polynomial/monomials/feature-tree.ts";
import { spansOf } from "../rows/spans.ts";
import { type HeadRows, problemOfHead } from "./head.ts";

/** Ranks at which a method is proven, from bounds on the scores alone, to be within a relative error; Infinity for none. */
export interface ProvenRanks {
	/** C(d + g, g), all monomials up to the degree that the radius needs. */
	readonly polynomial: number;
	/** Monomials of score directions that are large enough to count; Infinity where they are more than `most`. */
	readonly anisotropic: number;
	/** Those of a cluster about its centre, times clusters of queries or keys, whichever are fewer. */
	readonly clusters: number;
}

/**
 * Ranks that polynomials need for ‖F̃ − F‖_F <= δ‖F‖_F: an entrywise relative error δ' = δ / (2 + δ) of the exponentials, since
 * |f̃ − f| <= 2δ'/(1 − δ') f.
 * @param radius of the scores about the keys' mean
 * @param most monomials that are counted
 */
export function provenRanks(
	head: HeadRows,
	{ delta, radius, most }: { readonly delta: number; readonly radius: number; readonly most: number },
): ProvenRanks {
	const d = head.Q.cols;
	const relative = delta / (2 + delta);
	// Far keys, as masks are, leave no polynomial: e^radius has to be a number.
	if (!(radius <= largestRadius)) {
		const none = Number.POSITIVE_INFINITY;
		return { polynomial: none, anisotropic: none, clusters: none };
	}
	const degree = chebyshev.degreeFor(radius, relative);
	return {
		polynomial: Number.isFinite(degree) ? countMonomials(d, degree) : Number.POSITIVE_INFINITY,
		anisotropic: monomialsOf(reachesOf(head), relative * Math.exp(-radius), most),
		clusters: clusterRank(head, relative),
	};
}

/** max |x_b| max |y_b| of each score direction, the queries about the origin. */
function reachesOf({ Q, K, scale }: HeadRows): number[] {
	const d = Q.cols;
	const queries = Matrix.build(Q.rows, d, (j, b) => scale * Q.at(j, b));
	const { keyCentre, ofQuery, ofKey } = balancedCoordinates(queries, K);
	const x = coordinatesOf(queries, new Float64Array(d), ofQuery);
	const y = coordinatesOf(K, keyCentre, ofKey);
	const largest = (rows: Matrix, b: number): number => {
		let most = 0;
		for (let j = 0; j < rows.rows; j++) most = Math.max(most, Math.abs(rows.at(j, b)));
		return most;
	};
	return Array.from({ length: d }, (_, b) => largest(x, b) * largest(y, b));
}

/**
 * Monomials α with Π ρ_b^α_b / α_b! above a threshold, the largest for which what is left of e^Σρ is at most `target`; Infinity for more than `most`.
 * e^<x, y> is the product of e^(x_b y_b), whose Taylor series these are bounds of.
 */
function monomialsOf(reaches: readonly number[], target: number, most: number): number {
	const rho = reaches.filter((reach) => reach > 0).sort((a, b) => b - a);
	const whole = Math.exp(rho.reduce((sum, reach) => sum + reach, 0));
	const above = (threshold: number): { count: number; sum: number } => {
		let [count, sum] = [0, 0];
		const visit = (b: number, term: number): void => {
			if (count > most) return;
			if (b === rho.length) {
				count++;
				sum += term;
				return;
			}
			for (let [k, part] = [0, term]; part >= threshold || (k < rho[b] && count <= most); part *= rho[b] / ++k) {
				// Terms rise while k < ρ_b: a small one may come before large ones.
				if (part * growthOf(rho, b + 1) >= threshold) visit(b + 1, part);
				if (count > most) return;
			}
		};
		visit(0, 1);
		return { count, sum };
	};
	for (let threshold = 1; threshold > 1e-30; threshold /= 4) {
		const { count, sum } = above(threshold);
		if (count > most) return Number.POSITIVE_INFINITY;
		if (whole - sum <= target) return count;
	}
	return Number.POSITIVE_INFINITY;
}

/** The largest product of terms of the directions from b on. */
function growthOf(rho: readonly number[], from: number): number {
	let product = 1;
	for (let b = from; b < rho.length; b++) for (let k = 1; k <= rho[b]; k++) product *= rho[b] / k;
	return product;
}

function clusterRank(head: HeadRows, relative: number): number {
	const problem = problemOfHead(head);
	const { nu, mu, radius } = partitionOf(problem, spansOf(problem), { delta: relative });
	const degree = chebyshev.degreeFor(radius, relative);
	if (!Number.isFinite(degree)) return Number.POSITIVE_INFINITY;
	return Math.min(nu.rows, mu.rows) * countMonomials(head.Q.cols, degree);
}
