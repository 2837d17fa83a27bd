import { seededRandom } from "@attgrad/matrix-core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { chebyshev } from "../families/chebyshev.ts";
import { downwardClosedTree } from "./downward-closed.ts";
import { droppedTerms } from "./dropped-terms.ts";
import { type FeatureTree, featureWeights } from "./feature-tree.ts";
import { prunedSet } from "./pruned-set.ts";
import { totalDegreeTree } from "./total-degree.ts";

const cases = fc.record({
	reach: fc.array(fc.double({ min: 0, max: 1.5, noNaN: true }), { minLength: 1, maxLength: 4 }),
	degree: fc.nat(8),
	target: fc.double({ min: -14, max: 0, noNaN: true }).map((exponent) => 10 ** exponent),
	seed: fc.nat(),
});

/** The tree of a pruned set (which finds out whether it is downward closed) and everything around it. */
function pruned({ reach, degree, target }: { reach: number[]; degree: number; target: number }) {
	const r = Float64Array.from(reach);
	const radius = reach.reduce((sum, x) => sum + x, 0);
	const coefficients = chebyshev.coefficients(radius, degree);
	const tree = downwardClosedTree(prunedSet(coefficients, r, target, 1e6)!);
	return { tree, coefficients, dropped: droppedTerms(tree, coefficients, r) };
}

test("what is left out sums to at most the target", () => {
	fc.assert(
		fc.property(cases, (given) => {
			// The set was grown by one sum and is checked by another: some roundings of all terms, which sum to e^R at most.
			const rounding = 1e-14 * Math.exp(given.reach.reduce((sum, r) => sum + r, 0));
			expect(pruned(given).dropped.value).toBeLessThanOrEqual(given.target + rounding);
		}),
	);
});

test("the kept monomials are P(<q, k>) up to what is left out, and so are their derivatives", () => {
	fc.assert(
		fc.property(cases, (given) => {
			const { tree, coefficients, dropped } = pruned(given);
			const random = seededRandom(given.seed);
			const d = given.reach.length;
			// |q_i| <= 1, |k_i| <= r_i.
			const q = given.reach.map(() => random.uniform(-1, 1));
			const k = given.reach.map((r) => random.uniform(-r, r));
			const weights = featureWeights(tree, coefficients);
			const score = q.reduce((sum, x, i) => sum + x * k[i], 0);
			const P = coefficients.reduceRight((sum, a) => sum * score + a, 0);
			const slope = coefficients.reduceRight((sum, a, i) => (i > 0 ? sum * score + i * a : sum), 0);
			const exponents = exponentsOf(tree.size, d, tree.parent, tree.variable);
			let kept = 0;
			const slopes = new Float64Array(d);
			exponents.forEach((alpha, node) => {
				const term = weights[node] * alpha.reduce((product, a, i) => product * (q[i] * k[i]) ** a, 1);
				kept += term;
				for (let b = 0; b < d; b++) if (alpha[b] > 0) slopes[b] += (alpha[b] * term) / q[b];
			});
			// Terms sum to at most e^R: a few hundred roundings of that.
			const rounding = 1e-13 * Math.exp(given.reach.reduce((sum, r) => sum + r, 0));
			expect(Math.abs(kept - P)).toBeLessThanOrEqual(dropped.value + rounding);
			for (let b = 0; b < d; b++)
				expect(Math.abs(slopes[b] - slope * k[b])).toBeLessThanOrEqual(
					dropped.slope * given.reach[b] + (10 * rounding) / Math.min(1, Math.abs(q[b])),
				);
		}),
	);
});

test("coordinates that reach nothing get no monomials", () => {
	const { tree } = pruned({ reach: [1, 0, 0], degree: 6, target: 1e-13 });
	expect(tree.size).toBe(7);
});

test("no set that meets the target is much smaller", () => {
	for (const reach of [
		[1, 0.49, 0.25, 0.09],
		[0.5, 0.5, 0.5],
		[2.3, 0.1],
	]) {
		const { tree, coefficients, dropped } = pruned({ reach, degree: 10, target: 1e-6 });
		const all = totalDegreeTree(reach.length, 10);
		const powers = featurePowers(all, reach);
		const terms = featureWeights(all, coefficients)
			.map((weight, node) => Math.abs(weight) * powers[node])
			.sort();
		let [sum, leftOut] = [0, 0];
		while (sum + terms[leftOut] <= 1e-6) sum += terms[leftOut++];
		expect(tree.size).toBeGreaterThanOrEqual(all.size - leftOut);
		expect(tree.size).toBeLessThanOrEqual(1.02 * (all.size - leftOut) + 1);
		expect(dropped.value).toBeLessThanOrEqual(1e-6);
	}
});

test("a set larger than allowed is not made, a bad reach is refused", () => {
	const a = chebyshev.coefficients(3, 10);
	expect(prunedSet(a, Float64Array.of(1, 1, 1), 1e-12, 20)).toBeUndefined();
	expect(() => prunedSet(a, Float64Array.of(1, Number.NaN), 1e-3, 20)).toThrow(
		"reach 1 must be a finite number >= 0, got NaN",
	);
});

function featurePowers({ size, parent, variable }: FeatureTree, z: readonly number[]): Float64Array {
	const powers = new Float64Array(size).fill(1);
	for (let node = 1; node < size; node++) powers[node] = powers[parent[node]] * z[variable[node]];
	return powers;
}

function exponentsOf(size: number, d: number, parent: Int32Array, variable: Int32Array): number[][] {
	const made: number[][] = [Array.from({ length: d }, () => 0)];
	for (let node = 1; node < size; node++)
		made.push(made[parent[node]].map((a, b) => (b === variable[node] ? a + 1 : a)));
	return made;
}

test.each([1e4, 1e10, 1e300])(
	"a reach of %d takes no longer: all monomials are kept, in an order by weight",
	(reach) => {
		const set = prunedSet(Float64Array.of(1, 1, 0.5, 1 / 6), Float64Array.of(reach, 0.5), 0, 100);
		expect(set).toHaveLength(10);
		// The order of r^k / k! for k up to r: by what the second variable weighs.
		expect(set?.slice(0, 4).map(([, second]) => second)).toEqual([0, 0, 0, 0]);
	},
);
