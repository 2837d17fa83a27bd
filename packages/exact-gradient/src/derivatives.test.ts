import { Matrix, multiply, scale, vec } from "@attgrad/matrix-core";
import { describe, expect, test } from "vitest";
import "@attgrad/matrix-core/testing";
import * as objects from "./definition.ts";
import type { Complex } from "./testing/complex.ts";
import { type ComplexRow, complexRows, step } from "./testing/complex-loss.ts";
import { instance } from "./testing/instances.ts";

const n = 5;
const d = 3;
const problem = instance({ n, d, seed: 3 });

const derivative = (z: Complex) => z.im / step;
const derivatives = (z: readonly Complex[]) => column(z.map(derivative));
const column = (entries: readonly number[]) => new Matrix(entries.length, 1, Float64Array.from(entries));
const inner = (x: Matrix, y: Matrix) => multiply(x, y, { transposeA: true }).at(0, 0);
const times = (x: Matrix, y: Matrix) => Matrix.build(x.rows, 1, (l) => x.at(l, 0) * y.at(l, 0));

/** Every row j0 and every entry i = (i0, i1) of x: the objects after an imaginary step in x_i, and `a`, column i of scale · A_{j0}. */
function eachDerivative(check: (row: ComplexRow, a: Matrix, j0: number) => void): void {
	for (let i = 0; i < d * d; i++)
		complexRows(problem, { matrix: "X", row: Math.floor(i / d), col: i % d }).forEach((row, j0) => {
			const block = objects.blockOfA(problem, j0);
			check(row, scale(column(Array.from({ length: n }, (_, l) => block.at(l, i))), problem.scale), j0);
		});
}

const f = (j0: number) => objects.fOfRow(problem, j0);
const h = objects.h(problem);
const hColumn = (i0: number) => column(Array.from({ length: n }, (_, l) => h.at(l, i0)));
/** <h_{i0}, a ∘ f> − <h_{i0}, f> <a, f> for each i0. */
const outputDerivatives = (a: Matrix, j0: number) =>
	Matrix.build(d, 1, (i0) => inner(hColumn(i0), times(a, f(j0))) - inner(hColumn(i0), f(j0)) * inner(a, f(j0)));

// a complex step has no truncation error; what is left is the rounding of some ten operations of size ~ 1
const closeness = { atol: 1e-14, rtol: 1e-13 };

describe("Lemma B.1", () => {
	test("part 1: dx/dx_i = e_i", () => {
		const x = objects.x(problem);
		for (let i = 0; i < d * d; i++) {
			const moved = Matrix.build(d, d, (i0, i1) => problem.X.at(i0, i1) + (i0 * d + i1 === i ? 1 : 0));
			const difference = objects.x({ ...problem, X: moved }).data.map((entry, at) => entry - x.data[at]);
			expect(column(Array.from(difference))).toBeAllclose(
				column(Array.from({ length: d * d }, (_, at) => (at === i ? 1 : 0))),
				{ atol: 1e-15 },
			);
		}
	});

	test("part 2: d(scale · A_{j0} x)/dx_i = a", () => {
		eachDerivative(({ scores }, a) => expect(derivatives(scores)).toBeAllclose(a, closeness));
	});

	test("part 3: du/dx_i = a ∘ u", () => {
		eachDerivative(({ u }, a, j0) => expect(derivatives(u)).toBeAllclose(times(a, objects.u(problem, j0)), closeness));
	});

	test("part 4: dα/dx_i = <a, u>", () => {
		eachDerivative(({ alpha }, a, j0) => expect(derivative(alpha)).toBeCloseTo(inner(a, objects.u(problem, j0)), 13));
	});

	test("part 5: df/dx_i = a ∘ f − <a, f> f", () => {
		eachDerivative((row, a, j0) => {
			const mean = inner(a, f(j0));
			const expected = Matrix.build(n, 1, (l) => (a.at(l, 0) - mean) * f(j0).at(l, 0));
			expect(derivatives(row.f)).toBeAllclose(expected, closeness);
		});
	});

	test("part 6: d<f, h_i0>/dx_i = <h_i0, a ∘ f> − <h_i0, f> <a, f>", () => {
		eachDerivative(({ output }, a, j0) =>
			expect(derivatives(output)).toBeAllclose(outputDerivatives(a, j0), closeness),
		);
	});

	test("part 7: dc_{j0,i0}/dx_i is the same", () => {
		eachDerivative(({ c }, a, j0) => expect(derivatives(c)).toBeAllclose(outputDerivatives(a, j0), closeness));
	});

	test("part 8: dL_{j0,i0}/dx_i = c_{j0,i0} times the same", () => {
		const residuals = objects.c(problem);
		eachDerivative(({ entryLosses }, a, j0) => {
			const expected = times(vec(residuals.slice(j0, j0 + 1)), outputDerivatives(a, j0));
			expect(derivatives(entryLosses)).toBeAllclose(expected, closeness);
		});
	});
});
