import { type Random, seededRandom } from "@attgrad/matrix-core";
import { describe, expect, it } from "vitest";
import { CovarianceBound } from "./bounds/covariance-bound.ts";
import { RowError } from "./row-error.ts";
import { powerSumsOf, RowPolynomial } from "./row-polynomial.ts";

/** A row of n keys with weights, scores, values and a cotangent; in `heavy` rows one key has most of the weight. */
function randomRow(random: Random) {
	const [n, d] = [random.integer(1, 40), random.integer(1, 4)];
	const heavy = random.uniform() < 0.3;
	const size = 10 ** random.uniform(-1.5, 0.3);
	const vector = (scale: number, centre = 0): number[] =>
		Array.from({ length: d }, () => centre + scale * random.uniform(-1, 1));
	const query = vector(1);
	const keys = Array.from({ length: n }, (_, l) => vector(heavy && l === 0 ? 1 : 0.7, heavy && l > 0 ? -0.2 : 0));
	const offset = random.uniform() < 0.3 ? 5 : 0;
	const values = keys.map((key) => (random.uniform() < 0.5 ? key.map((x) => 3 * x + offset) : vector(1, offset)));
	const scores = keys.map((key) => (size * dot(query, key)) / d);
	const weights = keys.map(() => random.uniform(0.01, 1));
	return { d, keys, values, scores, weights, target: vector(2, offset), radius: Math.max(...scores.map(Math.abs)) };
}

const dot = (x: readonly number[], y: readonly number[]): number => x.reduce((sum, xi, i) => sum + xi * y[i], 0);
const norm = (x: readonly number[]): number => Math.sqrt(dot(x, x));
const minus = (x: readonly number[], y: readonly number[]): number[] => x.map((xi, i) => xi - y[i]);

/** Softmax row, output, gradient of the scores and Ĝ = Cov_f(<ō, v>, k) from entries, by definition. */
function row(entries: readonly number[], values: number[][], keys: number[][], cotangentOf: (o: number[]) => number[]) {
	const D = entries.reduce((sum, x) => sum + x, 0);
	const f = entries.map((x) => x / D);
	const mean = (rows: readonly number[][]): number[] =>
		rows[0].map((_, i) =>
			dot(
				f,
				rows.map((r) => r[i]),
			),
		);
	const output = mean(values);
	const cotangent = cotangentOf(output);
	const y = values.map((v) => dot(cotangent, v) - dot(cotangent, output));
	const scores = f.map((x, l) => x * y[l]);
	return {
		D,
		output,
		cotangent,
		scores,
		gradient: keys[0].map((_, b) =>
			dot(
				scores,
				keys.map((k) => k[b]),
			),
		),
	};
}

describe("RowError", () => {
	it.each([true, false])("is above the errors of output, scores and query gradient (of a loss: %s)", (ofLoss) => {
		const random = seededRandom(ofLoss ? 1 : 2, "row errors");
		const bound = new RowError();
		let used = 0;
		for (let trial = 0; trial < 600; trial++) {
			const { keys, values, scores, weights, target, radius } = randomRow(random);
			const degree = random.integer(1, 4);
			const P = new RowPolynomial({ degree, sumError: 1e-13, largestRadius: radius });
			const sums = (column: (l: number) => number): Float64Array =>
				Float64Array.from({ length: powerSumsOf(degree) }, (_, k) =>
					scores.reduce((sum, s, l) => sum + weights[l] * column(l) * s ** k, 0),
				);
			const plain = sums(() => 1);
			P.solve(plain, radius);
			const scoreError = random.uniform() < 0.5 ? 0 : 0.01;
			const truth = scores.map((s, l) => weights[l] * Math.exp(s) * (1 + scoreError * random.uniform(-1, 1)));
			const made = scores.map((s, l) => weights[l] * P.coefficients.reduceRight((sum, a) => sum * s + a, 0));
			const approximate = row(made, values, keys, (o) => (ofLoss ? minus(o, target) : target));
			const exact = row(truth, values, keys, (o) => (ofLoss ? minus(o, target) : target));
			const squares = values.map((v) => norm(minus(v, approximate.output)) ** 2);
			const ofValues = sums((l) => norm(values[l]) ** 2);
			const variance = Math.max(0, dot(made, squares));
			const [size, slack] = [norm(approximate.output), 1e-12];
			bound.read(P.errorSum(plain), approximate.D, P.errorSum(ofValues), variance, size, scoreError);
			if (!(bound.kappa < 0.25)) continue;
			used++;
			const rounding = slack * (1 + norm(approximate.cotangent)) * 50;
			expect(norm(minus(approximate.output, exact.output))).toBeLessThanOrEqual(bound.output + rounding);
			const scoresMoved = minus(approximate.scores, exact.scores).reduce((sum, x) => sum + Math.abs(x), 0);
			const moved = norm(approximate.cotangent);
			if (!ofLoss) expect(scoresMoved).toBeLessThanOrEqual(bound.scores(moved) + rounding);
			let residualOf: ((b?: number) => number) | undefined;
			const meanKeys = keys[0].map(
				(_, b) =>
					dot(
						truth,
						keys.map((k) => k[b]),
					) / exact.D,
			);
			const check = (
				square: (l: number) => number,
				meanKey: number,
				gradient: number,
				error: number,
				residual?: number,
				keyReach?: number,
			): void => {
				const ofKeys = sums(square);
				const [ofColumn, ofSquares] = [P.errorSum(ofKeys), P.valueSum(ofKeys)];
				for (const mean of [meanKey, Number.POSITIVE_INFINITY])
					for (const size of [Number.POSITIVE_INFINITY, largestProduct])
						for (const reach of keyReach === undefined ? [undefined] : [undefined, keyReach])
							for (const column of reach === undefined ? [ofColumn] : [ofColumn, Number.POSITIVE_INFINITY])
								expect(error).toBeLessThanOrEqual(
									bound.gradient(bound.cotangent(moved, size), column, ofSquares, mean, gradient, residual, reach) +
										rounding,
								);
			};
			const largestProduct = Math.max(
				...values.map((v) => Math.abs(dot(approximate.cotangent, minus(v, approximate.output)))),
			);
			const difference = minus(approximate.gradient, exact.gradient);
			if (ofLoss) {
				const largest = (rows: readonly number[][]): Float64Array =>
					Float64Array.from(rows[0], (_, i) => Math.max(...rows.map((r) => Math.abs(r[i]))));
				const covariances = new CovarianceBound({
					...{ d: keys[0].length, halfRange: largest(values), keyReach: largest(keys) },
					...{ sumError: 1e-13, covarianceError: scoreError, rounding: { known: new Float64Array(keys[0].length) } },
				});
				const columns = [...values[0].map((_, i) => (l: number) => values[l][i]), () => 1];
				const products = columns.flatMap((x) =>
					keys[0].map((_, b) => scores.reduce((sum, s, l) => sum + weights[l] * (1 + s) * x(l) * keys[l][b], 0)),
				);
				covariances.read(
					{
						...{ reach: radius, ones: plain, products: Float64Array.from(products) },
						output: Float64Array.from(approximate.output),
						residual: Float64Array.from(approximate.cotangent),
						gradient: Float64Array.from(approximate.gradient),
					},
					{ error: bound.error, least: approximate.D, normaliser: approximate.D, rounded: 0 },
				);
				const outputs = minus(approximate.output, exact.output);
				const moves = keys[0].map((_, b) =>
					truth.reduce((sum, w, l) => sum + (w * dot(outputs, values[l]) * (keys[l][b] - meanKeys[b])) / exact.D, 0),
				);
				for (const [b, moved] of difference.entries()) {
					expect(Math.abs(moved)).toBeLessThanOrEqual(covariances.gradient[b] + rounding);
					expect(Math.abs(moves[b])).toBeLessThanOrEqual(covariances.residual[b] + rounding);
					expect(Math.abs(meanKeys[b])).toBeLessThanOrEqual(covariances.meanKey[b] + rounding);
				}
				expect(largestProduct).toBeLessThanOrEqual(covariances.cotangent + rounding);
				residualOf = (b) => (b === undefined ? Math.hypot(...covariances.residual) : covariances.residual[b]);
			}
			check((l) => norm(keys[l]) ** 2, norm(meanKeys), norm(approximate.gradient), norm(difference), residualOf?.());
			for (const [b, meanKey] of meanKeys.entries())
				check(
					(l) => keys[l][b] ** 2,
					Math.abs(meanKey),
					Math.abs(approximate.gradient[b]),
					Math.abs(difference[b]),
					residualOf?.(b),
					Math.max(...keys.map((k) => Math.abs(k[b]))),
				);
		}
		expect(used).toBeGreaterThan(300);
	});
});
