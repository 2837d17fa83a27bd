import type { AttentionProblem } from "@attgrad/attention-problem";
import { availableMemory, ComputationError, type RowSource, shortNumber } from "@attgrad/matrix-core";
import { z } from "zod";
import { type Accuracy, relativeOption } from "../../accuracy.ts";
import { chebyshev } from "../../polynomial/families/chebyshev.ts";
import { roundingFloor } from "../../polynomial/families/rounding-floor.ts";
import { countMonomials, treeBytes } from "../../polynomial/monomials/feature-tree.ts";
import { queryBlocks } from "../../rows/row-blocks.ts";
import type { Spans } from "../../rows/spans.ts";

/** Relative error of the exponentials that is aimed at where neither degree nor epsilon is given. */
export const DEFAULT_DELTA = 1e-6;

const BLOCK_ROWS = 512;

/** Largest degree that a Chebyshev series is asked for: beyond it rounding is far above any use. */
export const LARGEST_DEGREE = 120;

/** The options that say how good a polynomial is to be. */
export const accuracyOptions = {
	degree: z.int().min(0).max(LARGEST_DEGREE).optional().describe("degree of the polynomial"),
	epsilon: z
		.number()
		.positive()
		.optional()
		.describe(
			`instead of degree: the least one that proves the error <= epsilon; if neither is given, every exponential is right to ${DEFAULT_DELTA}`,
		),
	relative: relativeOption.describe("instead of epsilon: the same as a part of max |g|"),
};

/**
 * δ such that the relative form (paper.md 7.1) proves half of epsilon before anything is computed: with
 * |c_ji| <= |E_ji − centre_i| + H_i, τ solves scale · W · max_a Σ_j |A1_ja| τ[(2+τ)ΣH|c| + ΣH²] = ε/2. O(nd²).
 */
export function relativeTarget(problem: AttentionProblem<RowSource>, spans: Spans, epsilon: number): number {
	const { d, scale } = problem;
	const { valueHalf, valueCentre, keyHalf } = spans;
	const residuals = new Float64Array(d);
	const inputs = new Float64Array(d);
	const squares = valueHalf.reduce((sum, H) => sum + H * H, 0);
	for (const block of queryBlocks(problem, BLOCK_ROWS))
		for (let j = 0; j < block.count; j++) {
			let residual = squares;
			for (let i = 0; i < d; i++) residual += valueHalf[i] * Math.abs(block.targets.at(j, i) - valueCentre[i]);
			for (let a = 0; a < d; a++) {
				const size = Math.abs(block.inputs.at(j, a));
				residuals[a] += size * residual;
				inputs[a] += size * squares;
			}
		}
	const W = scale * Math.max(...keyHalf);
	// τ <= ½, so that (2+τ) <= 2.5
	const factor = Math.max(...residuals.map((residual, a) => W * (2.5 * residual + inputs[a])));
	const tau = Math.min(0.5, epsilon / (2 * factor));
	return tau / (1 + tau);
}

/**
 * Predicted cost of a Chebyshev expansion with relative error <= delta, for choosing among radii: K⁺, or Infinity where
 * no degree is enough or rounding, u e^2R, is above a tenth of delta.
 */
export function predictedFeatures(d: number, radius: number, delta: number): number {
	if (roundingFloor(radius, "f64") > delta / 10) return Number.POSITIVE_INFINITY;
	const degree = chebyshev.degreeFor(radius, delta);
	return Number.isFinite(degree) ? countMonomials(d, degree + 1) : degree;
}

/** The degree asked for, or the least Chebyshev degree with relative error <= delta on the radius; Infinity for none. */
export const chosenDegree = ({ degree }: Accuracy, radius: number, delta: number): number =>
	degree ?? chebyshev.degreeFor(radius, delta);

/** Matrices of a block's rows times the features that are alive at once: features, cotangents, and parts of both. */
const BLOCK_COPIES = 8;

/** The sizes that set the memory of an expansion in monomials. */
interface Expansion {
	readonly d: number;
	readonly degree: number;
	readonly radius: number;
	/** Pairs of clusters that have moments of their own. */
	readonly blocks: number;
	/** Rows whose features are made at once. */
	readonly rows: number;
}

/**
 * Checks, before anything is built, that half of the free memory holds the monomials' tree, the moments of all blocks (three
 * times over while they are summed) and the features of a block of rows.
 * @param available bytes of free memory; default: what the system has
 * @throws ComputationError `out-of-memory` where it does not
 */
export function requireMoments(
	algorithm: string,
	{ d, degree, radius, blocks, rows }: Expansion,
	available = availableMemory(),
): void {
	const known = degree <= LARGEST_DEGREE;
	const [size, raised] = [degree, degree + 1].map((g) => (known ? countMonomials(d, g) : Number.POSITIVE_INFINITY));
	const bytes = treeBytes(d, size, raised) + 8 * raised * (3 * blocks * (d + 1) + BLOCK_COPIES * rows);
	const limit = available / 2;
	if (bytes <= limit) return;
	const needs = Number.isFinite(bytes) ? `${(bytes / 1e9).toPrecision(3)} GB` : "more features than can be counted";
	throw new ComputationError(
		"out-of-memory",
		`${algorithm}: ${known ? `degree ${degree}` : `a degree above ${LARGEST_DEGREE}`} for radius ${radius.toPrecision(3)} at width ${d} needs ${needs}, ${(limit / 1e9).toPrecision(3)} GB may be used`,
	);
}

/** @throws ComputationError (failed) where a proven bound is above the epsilon that was asked for */
export function requireBound(algorithm: string, epsilon: number | undefined, bound: number, radius: number): void {
	if (epsilon !== undefined && !(bound <= epsilon))
		throw new ComputationError(
			"failed",
			`${algorithm}: epsilon ${shortNumber(epsilon)} is out of reach: at radius ${radius.toPrecision(3)} the error can be proven to be below ${bound.toExponential(2)}`,
		);
}
