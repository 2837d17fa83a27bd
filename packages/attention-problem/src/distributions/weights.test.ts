import { frobeniusNorm, Matrix, multiply } from "@attgrad/matrix-core";
import { arbitraryMatrix } from "@attgrad/matrix-core/testing";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { exactWeights, wellConditionedWeights } from "./weights.ts";

const u = 2 ** -53;
const instances = fc.record({
	n: fc.constant(1),
	d: fc.integer({ min: 1, max: 24 }),
	B: fc.constant(1),
	seed: fc.nat(),
});
const withRow = instances.chain((instance) => fc.tuple(fc.constant(instance), arbitraryMatrix(1, instance.d)));

describe("well-conditioned weights", () => {
	test("come with their inverse", () => {
		fc.assert(
			fc.property(instances, (instance) => {
				const { X, inverse } = wellConditionedWeights(instance);
				// Three rounded products of d terms, entries at most 2; Householder's d² u for the orthogonal factors.
				expect(multiply(X, inverse)).toBeAllclose(Matrix.identity(instance.d), { atol: 40 * instance.d ** 2 * u });
			}),
		);
	});

	test("make no row more than twice as long, or less than half as long", () => {
		fc.assert(
			fc.property(withRow, ([instance, row]) => {
				const stretched = frobeniusNorm(multiply(row, wellConditionedWeights(instance).X)) / frobeniusNorm(row);
				const slack = 1 + 40 * instance.d ** 2 * u;
				expect(stretched).toBeLessThan(2 * slack);
				expect(stretched * slack).toBeGreaterThan(0.5);
			}),
		);
	});
});

test("exact weights give A1 X back to the last bit, in either number type", () => {
	fc.assert(
		fc.property(withRow, ([instance, row]) => {
			const { X, inverse } = exactWeights(instance);
			expect(multiply(multiply(row, inverse), X)).toEqual(row);
			const single = row.as("f32");
			expect(multiply(multiply(single, inverse.as("f32")), X.as("f32"))).toEqual(single);
			expect(multiply(X, inverse)).toEqual(Matrix.identity(instance.d));
		}),
	);
});
