import { type Random, seededRandom } from "@attgrad/matrix-core";
import { describe, expect, it } from "vitest";
import { CovarianceBound } from "./covariance-bound.ts";

/** Keys, or values, in a box: inside, or many or all entries at its ends. */
function rowsIn(random: Random, n: number, box: readonly number[], atEnds: number): number[][] {
	const entry = (most: number): number =>
		most * (random.uniform() < atEnds ? Math.sign(random.uniform(-1, 1)) : random.uniform(-1, 1));
	return Array.from({ length: n }, () => box.map(entry));
}

/** A row whose entries ω e^s are approximated with the largest errors that their bounds allow, of one sign, of both, or smaller ones. */
function adversarialRow(random: Random) {
	const [n, d] = [random.integer(1, 6), random.integer(1, 3)];
	const sizes = (choices: readonly number[]): number[] =>
		Array.from({ length: d }, () => choices[random.integer(0, choices.length - 1)]);
	const [keyReach, halfRange] = [sizes([0.01, 1, 3]), sizes([0.01, 1, 5])];
	const atEnds = [0, 0.3, 1, 1][random.integer(0, 3)];
	let keys = rowsIn(random, n, keyReach, atEnds);
	// Ties: two different keys at most.
	if (random.uniform() < 0.2) keys = keys.map(() => keys[random.integer(0, Math.min(1, n - 1))]);
	const along = keys.map((key) => key.map((x, i) => (x * halfRange[i]) / keyReach[i]));
	const values = random.uniform() < 0.3 ? along : rowsIn(random, n, halfRange, atEnds);
	const direction = keyReach.map((most) => random.uniform(-1, 1) / most);
	const radius = [0.125, 0.3, 1, 2, 5][random.integer(0, 4)];
	const length = direction.reduce((sum, x, i) => sum + Math.abs(x) * keyReach[i], 0);
	const scores = keys.map((key) => (radius / length) * dot(key, direction));
	const heavy = random.uniform() < 0.3;
	const weights = keys.map(() => (heavy ? 10 ** random.uniform(-6, 0) : random.uniform(0.1, 1)));
	const level = 10 ** random.uniform(-4, -0.7);
	const errors = scores.map((s) => level * [0, 0.1, 1, 1, 3][random.integer(0, 4)] * Math.exp(s));
	const sign = [() => 1, () => -1, () => Math.sign(random.uniform(-1, 1)), () => random.uniform(-1, 1)][
		random.integer(0, 3)
	];
	const truth = scores.map((s, l) => weights[l] * Math.exp(s));
	const made = truth.map((x, l) => x - weights[l] * errors[l] * sign());
	const error = dot(weights, errors);
	const target = halfRange.map((half) => half * [0, 1, 1, 20][random.integer(0, 3)] * random.uniform(-1, 1));
	return { d, keys, values, scores, weights, truth, made, error, target, radius, keyReach, halfRange };
}

const dot = (x: readonly number[], y: readonly number[]): number => x.reduce((sum, xi, i) => sum + xi * y[i], 0);
const mean = (entries: readonly number[], x: (l: number) => number): number =>
	entries.reduce((sum, entry, l) => sum + entry * x(l), 0) / entries.reduce((sum, entry) => sum + entry, 0);

/** Output, residual and Cov(<residual, v>, k_b) of a row of entries. */
function gradientOf(entries: readonly number[], { values, keys, target }: ReturnType<typeof adversarialRow>) {
	const output = target.map((_, i) => mean(entries, (l) => values[l][i]));
	const residual = output.map((o, i) => o - target[i]);
	const y = values.map((v) => residual.reduce((sum, c, i) => sum + c * (v[i] - output[i]), 0));
	return { output, residual, gradient: target.map((_, b) => mean(entries, (l) => y[l] * keys[l][b])) };
}

/** Numbers of a row that `CovarianceBound` reads, of its approximate entries. */
function numbersOf(row: ReturnType<typeof adversarialRow>) {
	const { keys, values, scores, weights, made, radius, keyReach, halfRange } = row;
	const columns = [...halfRange.map((_, i) => (l: number) => values[l][i]), () => 1];
	const products = columns.flatMap((x) =>
		keyReach.map((_, b) => scores.reduce((sum, s, l) => sum + weights[l] * (1 + s) * x(l) * keys[l][b], 0)),
	);
	const powers = [0, 1, 2].map((k) => scores.reduce((sum, s, l) => sum + weights[l] * s ** k, 0));
	const { output, residual, gradient } = gradientOf(made, row);
	return {
		...{ reach: radius, ones: Float64Array.from(powers), products: Float64Array.from(products) },
		output: Float64Array.from(output),
		residual: Float64Array.from(residual),
		gradient: Float64Array.from(gradient),
	};
}

describe("the rounding of states", () => {
	it.each([
		["little", 1e-7, 2],
		["as much as a row may have", 0.01, 2.5],
	])(
		"of %s moves a gradient by at most what covariances and mean keys tell, and nearly that at its worst",
		(_, part, near) => {
			const random = seededRandom(5, "states");
			let [used, tightest] = [0, Number.POSITIVE_INFINITY];
			for (let trial = 0; trial < 20_000; trial++) {
				const row = adversarialRow(random);
				const { d, keys, values, made, error, target, keyReach, halfRange } = row;
				const normaliser = made.reduce((sum, x) => sum + x, 0);
				if (!(error < 0.25 * normaliser)) continue;
				used++;
				const numbers = numbersOf(row);
				const sign = () => [-1, 1, random.uniform(-1, 1)][random.integer(0, 2)];
				const output = numbers.output.map((o, i) => o + part * sign() * (halfRange[i] + Math.abs(o)));
				const residual = output.map((o, i) => o - target[i]);
				const correction = dot(Array.from(residual), Array.from(output));
				const D = normaliser * (1 + part * sign());
				const gradient = numbers.gradient.map(
					(_, b) =>
						made.reduce((sum, x, l) => sum + x * (dot(Array.from(residual), values[l]) - correction) * keys[l][b], 0) /
						D,
				);
				for (let b = 0; b < d; b++) {
					const known = Float64Array.from(keyReach, (_, at) => (at === b ? 1 : 0));
					const bound = new CovarianceBound({
						...{ d, halfRange: Float64Array.from(halfRange), keyReach: Float64Array.from(keyReach) },
						...{ sumError: 1e-14, covarianceError: 1e-14, rounding: { known } },
					});
					const computed = { ...numbers, output, residual, gradient };
					bound.read(computed, { error, least: normaliser * (1 - part), normaliser, rounded: part });
					const moved = Math.abs(gradient[b] - numbers.gradient[b]);
					// The rounding of this test.
					const size =
						keyReach[b] * residual.reduce((sum, c, i) => sum + (Math.abs(c) + 1) * (1 + halfRange[i]) ** 2, 1);
					const told = part * bound.states + 1e-13 * size;
					expect(moved).toBeLessThanOrEqual(told);
					tightest = Math.min(tightest, told / moved);
				}
			}
			expect(used).toBeGreaterThan(5000);
			expect(tightest).toBeLessThan(near);
		},
	);
});

describe("the bound by covariances", () => {
	it("is above the error of every coordinate, and near it at its worst", () => {
		const random = seededRandom(3, "covariances");
		let used = 0;
		const tightest = { gradient: Number.POSITIVE_INFINITY, residual: Number.POSITIVE_INFINITY };
		for (let trial = 0; trial < 20_000; trial++) {
			const row = adversarialRow(random);
			const { d, keys, values, truth, made, error, keyReach, halfRange } = row;
			const normaliser = made.reduce((sum, x) => sum + x, 0);
			if (!(error < 0.25 * normaliser)) continue;
			used++;
			const [exact, approximate] = [gradientOf(truth, row), gradientOf(made, row)];
			const bound = new CovarianceBound({
				...{ d, halfRange: Float64Array.from(halfRange), keyReach: Float64Array.from(keyReach) },
				...{ sumError: 1e-14, covarianceError: 1e-14, rounding: { known: new Float64Array(d) } },
			});
			bound.read(numbersOf(row), { error, least: normaliser, normaliser, rounded: 0 });
			const moved = exact.output.map((o, i) => approximate.output[i] - o);
			for (let b = 0; b < d; b++) {
				const middle = mean(truth, (l) => keys[l][b]);
				const errors = {
					gradient: Math.abs(approximate.gradient[b] - exact.gradient[b]),
					residual: Math.abs(mean(truth, (l) => dot(moved, values[l]) * (keys[l][b] - middle))),
				};
				for (const part of ["gradient", "residual"] as const) {
					// The errors of the test itself are some hundred roundings of sizes of at most 25 H² K.
					const rounding = 1e-12 * keyReach[b] * dot(halfRange, halfRange);
					expect(errors[part]).toBeLessThanOrEqual(bound[part][b] + rounding);
					if (errors[part] > 1e3 * rounding) tightest[part] = Math.min(tightest[part], bound[part][b] / errors[part]);
				}
			}
		}
		expect(used).toBeGreaterThan(5000);
		// No term of the bound can be left out, or halved.
		expect(tightest.gradient).toBeLessThan(1.1);
		expect(tightest.residual).toBeLessThan(1.05);
	});
});
