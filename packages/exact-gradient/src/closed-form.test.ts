import { loss } from "@attgrad/attention-problem";
import { add, hadamard, Matrix, multiply, rowSums, scale, subtract, unvec } from "@attgrad/matrix-core";
import { describe, expect, test } from "vitest";
import "@attgrad/matrix-core/testing";
import * as objects from "./definition.ts";
import { denseIntermediates } from "./dense.ts";
import { complexRows, step } from "./testing/complex-loss.ts";
import { instance } from "./testing/instances.ts";

const sizes = [
	{ n: 1, d: 2 },
	{ n: 3, d: 1 },
	{ n: 6, d: 3 },
];

// sums of at most n² d² products of size ~ 1: a few hundred roundings
const closeness = { atol: 1e-14, rtol: 1e-13 };
const column = (A: Matrix, i: number) => Matrix.build(A.rows, 1, (l) => A.at(l, i));
const inner = (x: Matrix, y: Matrix) => multiply(x, y, { transposeA: true }).at(0, 0);

describe.each(sizes)("with n = $n, d = $d", ({ n, d }) => {
	const problem = instance({ n, d, seed: 5 });
	const { A1, A2, E } = problem;
	const f = objects.f(problem);
	const h = objects.h(problem);
	const c = objects.c(problem);
	const q = objects.q(problem);
	const p = objects.p(problem);
	const r = new Matrix(n, 1, objects.r(problem));
	const gradient = objects.definitionGradient(problem).gradient;
	const dense = denseIntermediates(problem);

	test("Definition 3.6: c[j, i] = <f_j, h_i> − E[j, i]", () => {
		const expected = Matrix.build(n, d, (j, i) => inner(objects.fOfRow(problem, j), column(h, i)) - E.at(j, i));
		expect(c).toBeAllclose(expected, closeness);
	});

	test("Remark 1.3: the residual is affine in Y, and so is the gradient in Y", () => {
		const [Y, other, between] = [problem.Y, scale(problem.Y, -2), scale(problem.Y, 0.1)]; // 0.7 Y + 0.3 · (-2 Y)
		const mix = (x: Matrix, y: Matrix) => add(scale(x, 0.7), scale(y, 0.3));
		const residual = (Y: Matrix) => objects.c({ ...problem, Y });
		const inY = (Y: Matrix) => objects.definitionGradient({ ...problem, Y }).gradientY;
		expect(residual(between)).toBeAllclose(mix(residual(Y), residual(other)), closeness);
		expect(inY(between)).toBeAllclose(mix(inY(Y), inY(other)), { atol: 1e-13 });
	});

	test("Lemma 3.10: the loss is the sum of the entry losses", () => {
		const total = rowSums(objects.L(problem)).reduce((a, b) => a + b);
		expect(Math.abs(total - loss(problem))).toBeLessThanOrEqual(1e-13 * loss(problem));
	});

	test("Lemma C.4: q = c hᵀ, and its row j is Σ_i c[j, i] h_i", () => {
		const expected = Matrix.build(n, n, (j, l) => {
			let total = 0;
			for (let i = 0; i < d; i++) total += c.at(j, i) * h.at(l, i);
			return total;
		});
		expect(q).toBeAllclose(expected, closeness);
		expect(dense.q).toBeAllclose(expected, closeness);
	});

	test("Lemma C.6: p_j = (diag(f_j) − f_j f_jᵀ) q_j with the n x n Jacobian in full", () => {
		for (let j = 0; j < n; j++) {
			const weights = objects.fOfRow(problem, j);
			const jacobian = Matrix.build(
				n,
				n,
				(l, m) => (l === m ? weights.at(l, 0) : 0) - weights.at(l, 0) * weights.at(m, 0),
			);
			const expected = multiply(
				jacobian,
				Matrix.build(n, 1, (l) => q.at(j, l)),
			);
			expect(Matrix.build(n, 1, (l) => p.at(j, l))).toBeAllclose(expected, closeness);
		}
		expect(dense.p).toBeAllclose(p, closeness);
	});

	test("Lemma C.7: dL/dx = scale · Σ_j A_jᵀ p_j = scale · vec(A1ᵀ p A2)", () => {
		const closed = scale(multiply(multiply(A1, p, { transposeA: true }), A2), problem.scale);
		expect(gradient).toBeAllclose(closed, closeness);
	});

	test("Lemma C.7: term (j, i) is scale · c[j, i] A_jᵀ (diag(f_j) − f_j f_jᵀ) h_i", () => {
		let sum = Matrix.zeros(d, d);
		for (let j = 0; j < n; j++)
			for (let i = 0; i < d; i++) {
				const jacobianOfValue = objects.softmaxJacobian(objects.fOfRow(problem, j), column(h, i));
				const term = multiply(objects.blockOfA(problem, j), jacobianOfValue, { transposeA: true });
				const derivative = unvec(scale(term, problem.scale * c.at(j, i)), d, d);
				const byStep = Matrix.build(
					d,
					d,
					(row, col) => complexRows(problem, { matrix: "X", row, col })[j].entryLosses[i].im / step,
				);
				expect(derivative).toBeAllclose(byStep, closeness);
				sum = add(sum, derivative);
			}
		expect(sum).toBeAllclose(gradient, closeness);
	});

	test("p = p1 − p2", () => {
		expect(p).toBeAllclose(subtract(objects.p1(problem), objects.p2(problem)), closeness);
		expect(objects.p1(problem)).toBeAllclose(hadamard(f, q), closeness);
		expect(objects.p2(problem)).toBeAllclose(
			Matrix.build(n, n, (j, l) => r.at(j, 0) * f.at(j, l)),
			closeness,
		);
	});

	test("rows of p sum to zero", () => {
		for (const sum of rowSums(p)) expect(Math.abs(sum)).toBeLessThanOrEqual(1e-14);
	});

	test("centring the keys changes nothing", () => {
		const offset = [0.7, -1.3, 0.25];
		const centred = { ...problem, A2: Matrix.build(n, d, (l, b) => A2.at(l, b) - offset[b]) };
		expect(objects.f(centred)).toBeAllclose(f, closeness);
		expect(objects.c(centred)).toBeAllclose(c, closeness);
		const result = objects.definitionGradient(centred);
		expect(result.gradient).toBeAllclose(gradient, closeness);
		expect(Math.abs(result.loss - loss(problem))).toBeLessThanOrEqual(1e-13 * loss(problem));
	});

	test("centring only the keys outside the exponential changes nothing either", () => {
		const centred = Matrix.build(n, d, (l, b) => A2.at(l, b) - 3 * b - 1);
		const closed = scale(multiply(multiply(A1, p, { transposeA: true }), centred), problem.scale);
		expect(closed).toBeAllclose(gradient, { atol: 1e-13, rtol: 1e-13 });
	});

	test("the gradient is a sum of covariances: scale · Σ_j A1[j, a] Σ_i c[j, i] Cov_{f_j}(h_i, A2_b)", () => {
		const covariance = (j: number, x: (l: number) => number, y: (l: number) => number) => {
			let [both, first, second] = [0, 0, 0];
			for (let l = 0; l < n; l++) {
				both += f.at(j, l) * x(l) * y(l);
				first += f.at(j, l) * x(l);
				second += f.at(j, l) * y(l);
			}
			return both - first * second;
		};
		const expected = Matrix.build(d, d, (a, b) => {
			let total = 0;
			for (let j = 0; j < n; j++)
				for (let i = 0; i < d; i++)
					total +=
						A1.at(j, a) *
						c.at(j, i) *
						covariance(
							j,
							(l) => h.at(l, i),
							(l) => A2.at(l, b),
						);
			return problem.scale * total;
		});
		expect(gradient).toBeAllclose(expected, closeness);
	});

	test("r_j = <f_j, q_j> = <c_j, o_j>", () => {
		const expected = rowSums(hadamard(c, dense.o));
		expect(r).toBeAllclose(new Matrix(n, 1, expected), closeness);
		expect(new Matrix(n, 1, dense.r)).toBeAllclose(new Matrix(n, 1, expected), closeness);
	});

	test("row form: Ĝ_j = Σ_l f_{jl} (<c_j, h_l> − r_j) A2_l", () => {
		const expected = Matrix.build(n, d, (j, b) => {
			let total = 0;
			for (let l = 0; l < n; l++) total += f.at(j, l) * (q.at(j, l) - r.at(j, 0)) * A2.at(l, b);
			return total;
		});
		expect(dense.queryGradient).toBeAllclose(expected, closeness);
		expect(scale(multiply(A1, expected, { transposeA: true }), problem.scale)).toBeAllclose(gradient, closeness);
	});
});
