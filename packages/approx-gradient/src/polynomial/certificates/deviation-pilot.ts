import { allocateNumbers, type Numbers, present } from "@attgrad/matrix-core";
import { expUp, maxUp, numberTypes, over, powerUp, times } from "../../error-bound/index.ts";
import { type Candidate, type Method, sizeOfTerms } from "../method/approximation.ts";
import { reachOf, termReach } from "../method/feature-space.ts";
import { droppedTerms } from "../monomials/dropped-terms.ts";
import { countMonomials, type FeatureTree, featureWeights } from "../monomials/feature-tree.ts";
import { addMoments, contractMoments } from "../routes/block-operations.ts";
import type { FramedKeys, FramedQueries } from "../routes/framed-blocks.ts";
import { entryError } from "./entry-error.ts";
import { type RoundingCounts, roundingCounts } from "./rounding.ts";

/** Relative error of the pilot's exponentials: its deviations are then at most √(1.25/0.75) = 1.29 times the true ones. */
const PILOT_ERROR = 0.25;

/** The pilot may have one feature in this many of the route's, so that it costs little beside it. */
const LEAST_RATIO = 4;

/** By how much the pilot's deviations may be above the true ones. */
export const pilotInflation = Math.sqrt((1 + PILOT_ERROR) / (1 - PILOT_ERROR));

/** Degree of the pilot beside a candidate; undefined where it would have too many features. */
export function pilotDegree(
	{ space, family, profile: { d } }: Method,
	{ degree, size }: Candidate,
): number | undefined {
	const least = family.degreeFor(space.radius, PILOT_ERROR);
	return least < degree && countMonomials(d, least) * LEAST_RATIO <= size ? least : undefined;
}

interface Deviations {
	readonly values: Float64Array;
	readonly keys: Float64Array;
}

/**
 * Upper bounds on the standard deviations of values and keys under every row's softmax weights, from a polynomial of a
 * far lower degree over the features that the route has anyway: with relative error δ' of its exponentials,
 * f <= (1+δ')/(1-δ') f̃', so σ_f² is at most that times the variance under f̃' (about any centre). The variance form
 * needs no more than this, and the features of low degree are a small part of all.
 */
export class DeviationPilot {
	readonly #method: Method;
	readonly #coefficients: Float64Array;
	readonly #weights: Float64Array;
	readonly queryFeatures: number;
	readonly #inflation: number;
	readonly #sumCount: RoundingCounts["sums"];
	readonly #columns: number;
	readonly #moments: Float64Array;
	/** Bound on the loss of a mean square by underflow. */
	readonly #lost: number;
	#keyColumns: Numbers = new Float64Array(0);
	#sums = new Float64Array(0);
	#totalWeight = 0;
	#block: FramedQueries | undefined;

	/** @param degree what `pilotDegree` gave for the tree */
	constructor(method: Method, tree: FeatureTree, degree: number) {
		const { space, family, profile, route } = method;
		this.#method = method;
		this.#coefficients = family.coefficients(space.radius, degree);
		this.#weights = featureWeights(tree, this.#coefficients);
		this.queryFeatures = this.#weights.length;
		const dropped = droppedTerms(tree, this.#coefficients, termReach(space));
		const { relative } = entryError(family, space.radius, degree, space.scoreError, dropped);
		this.#inflation = relative < 1 ? (1 + relative) / (1 - relative) : Number.POSITIVE_INFINITY;
		this.#sumCount = roundingCounts(route, profile, tree).sums;
		this.#columns = 4 * profile.d + 1;
		this.#moments = new Float64Array(this.#weights.length * this.#columns);
		this.#lost = this.#lostSquare(degree);
	}

	/** Every product of a weight, a square and features may lose the least normal number; Σ ω >= n e^(-2 shift). */
	#lostSquare(degree: number): number {
		const { space, profile } = this.#method;
		const { frame, queryReach, keyReach } = space;
		const coordinates = times(Math.max(1, maxUp(queryReach)), Math.max(1, maxUp(keyReach)));
		const size = Math.max(1, maxUp(this.#weights.map(Math.abs)));
		const factors = [this.#weights.length, size, powerUp(coordinates, degree), expUp(2 * frame.shift + space.radius)];
		return factors.reduce(times, 64 * numberTypes[profile.dtype].tiny);
	}

	/** Takes in a block of keys: moments of h, h², k, k² and 1, about the centres. */
	keys({ count, weights, values, keys }: FramedKeys, features: Numbers): void {
		const { d, dtype } = this.#method.profile;
		if (this.#keyColumns.length < this.#columns * count)
			this.#keyColumns = allocateNumbers(dtype, this.#columns * count);
		const columns = this.#keyColumns;
		const [h, k] = [values.data, keys.data];
		for (let l = 0; l < count; l++) {
			const weight = weights[l];
			this.#totalWeight += weight;
			for (let i = 0; i < d; i++) {
				const [value, key] = [h[l * d + i], k[l * d + i]];
				columns[i * count + l] = weight * value;
				columns[(d + i) * count + l] = weight * value * value;
				columns[(2 * d + i) * count + l] = weight * key;
				columns[(3 * d + i) * count + l] = weight * key * key;
			}
			columns[4 * d * count + l] = weight;
		}
		addMoments(features, this.#weights.length, columns, this.#columns, count, this.#moments);
	}

	/** Takes in a block of queries; `deviations` then answers for its rows. */
	queries(block: FramedQueries, features: Numbers): void {
		if (this.#block === undefined) this.#weighMoments();
		const { count } = block;
		if (this.#sums.length < this.#columns * count) this.#sums = new Float64Array(this.#columns * count);
		contractMoments(features, this.#weights.length, this.#moments, this.#columns, count, this.#sums);
		this.#block = block;
	}

	#weighMoments(): void {
		for (let at = 0; at < this.#moments.length; at++)
			this.#moments[at] *= this.#weights[Math.floor(at / this.#columns)];
	}

	/** Bounds on the deviations of row j of the last block; undefined where its normaliser is not positive. */
	deviations(j: number): Deviations | undefined {
		const { profile, space } = this.#method;
		const { d, valueHalfRange, keyReach, roundings } = profile;
		const { count, points } = present(this.#block, "the block of queries that deviations are asked for");
		const normaliser = this.#sums[4 * d * count + j];
		if (!(normaliser > 0)) return undefined;
		const terms = sizeOfTerms(this.#coefficients, reachOf(points, j, count, space), false);
		const rounding = this.#sumCount.ofSum(over(times(2, times(terms, this.#totalWeight)), normaliser)).bound;
		const deviation = (first: number, second: number, reach: number): number => {
			const mean = this.#sums[first * count + j] / normaliser;
			const variance = this.#sums[second * count + j] / normaliser - mean * mean;
			// |x| <= reach: the mean square is off by 2 roundings · reach², the squared mean by 4.
			return Math.sqrt(this.#inflation * (Math.max(0, variance) + 8 * rounding * reach * reach + this.#lost));
		};
		return {
			values: valueHalfRange.map((half, i) => deviation(i, d + i, half) + 2 * roundings.value[i]),
			keys: keyReach.map((reach, b) => deviation(2 * d + b, 3 * d + b, reach)),
		};
	}
}
