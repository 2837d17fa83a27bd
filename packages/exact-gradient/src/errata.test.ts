/** The errata of the gradient in closed form (docs/errata.md): the corrected form holds, and the printed one does not. */
import { createProblem, loss } from "@attgrad/attention-problem";
import {
	frobeniusNorm,
	hadamard,
	Matrix,
	maxAbsDifference,
	multiply,
	rowKronecker,
	rowSums,
	scale,
	scaleRows,
	seededRandom,
	subtract,
	transpose,
	UsageError,
} from "@attgrad/matrix-core";
import { expect, test } from "vitest";
import "@attgrad/matrix-core/testing";
import { attentionForward } from "./attention.ts";
import * as objects from "./definition.ts";
import { softmaxJacobian } from "./definition.ts";
import { centralDifferences } from "./testing/central-differences.ts";
import { instance } from "./testing/instances.ts";

const problem = instance({ n: 6, d: 3, seed: 2 });
const { A1, A2, n, d } = problem;
/** dL/dX from the loss alone, to about 1e-9. */
const truth = centralDifferences(problem, "X");
const closeness = { atol: 1e-8 };
/** A1ᵀ P A2 for a matrix P, n x n. */
const sandwich = (P: Matrix) => multiply(multiply(A1, P, { transposeA: true }), A2);
const column = (M: Matrix, at: number) => Matrix.build(M.rows, 1, (i) => M.at(i, at));
const random = seededRandom(7, "errata");
const randomMatrix = (rows: number, cols: number) => Matrix.build(rows, cols, () => random.uniform(-1, 1));

test("Appendices B and C without 1/d: A1ᵀ p A2 is d times the gradient", () => {
	const printed = sandwich(objects.p(problem));
	expect(scale(printed, 1 / d)).toBeAllclose(truth, closeness);
	expect(printed).not.toBeAllclose(truth, { atol: 0.1 * frobeniusNorm(truth) });
});

test("Appendices B and C with scores without 1/d are those of another problem", () => {
	const unscaled = createProblem(problem, 1);
	expect(Math.abs(loss(unscaled) - loss(problem))).toBeGreaterThan(1e-3);
});

/** The n0·n1 x m0·m1 matrix with A[j0, i0] B[j1, i1] in column stride·i0 + i1; what is beyond the last column is lost. */
function kroneckerWithStride(A: Matrix, B: Matrix, stride: number): Matrix {
	const made = Matrix.zeros(A.rows * B.rows, A.cols * B.cols);
	for (let j = 0; j < made.rows; j++)
		for (let i0 = 0; i0 < A.cols; i0++)
			for (let i1 = 0; i1 < B.cols; i1++)
				if (stride * i0 + i1 < made.cols)
					made.row(j)[stride * i0 + i1] = A.at(Math.floor(j / B.rows), i0) * B.at(j % B.rows, i1);
	return made;
}

test("Kronecker product: the column index steps by the columns m1 of the second factor, by no other number", () => {
	const [A, B, X] = [randomMatrix(3, 4), randomMatrix(2, 3), randomMatrix(4, 3)];
	const vec = (M: Matrix) => new Matrix(M.rows * M.cols, 1, M.data.slice());
	const left = vec(multiply(multiply(A, X), B, { transposeB: true }));
	const right = (stride: number) => multiply(kroneckerWithStride(A, B, stride), vec(X));
	expect(left).toBeAllclose(right(B.cols), { atol: 1e-14 });
	for (const stride of [2, 4, 5]) expect(left).not.toBeAllclose(right(stride), { atol: 0.01 });
});

test("Section 4: the Kronecker product of Fact A.2 is row-wise; the column-wise one has n² rows", () => {
	const k = 2;
	const [U1, V1, U2, V2] = [randomMatrix(n, k), randomMatrix(n, k), randomMatrix(n, k), randomMatrix(n, k)];
	const product = (U: Matrix, V: Matrix) => multiply(U, V, { transposeB: true });
	const left = hadamard(product(U1, V1), product(U2, V2));
	expect(product(rowKronecker(U1, U2), rowKronecker(V1, V2))).toBeAllclose(left, { atol: 1e-14 });
	const columnWise = (U: Matrix, V: Matrix) =>
		Matrix.build(n * n, k, (i, l) => U.at(Math.floor(i / n), l) * V.at(i % n, l));
	expect(product(columnWise(U1, U2), columnWise(V1, V2)).rows).toBe(n * n);
});

test("Lemma B.1: A_{j0} has d² columns, one for each entry of x; a matrix of d columns does not take x", () => {
	const block = objects.blockOfA(problem, 0);
	expect([block.rows, block.cols]).toEqual([n, d * d]);
	expect(multiply(block, objects.x(problem)).rows).toBe(n);
	expect(() => multiply(Matrix.zeros(n, d), objects.x(problem))).toThrow(UsageError);
});

test("Lemma C.7, third display: v is h(y)_{i0}; no other column of h, nor one of A3, gives the entry's derivative", () => {
	const [j0, i0] = [1, 2];
	const c = objects.c(problem).at(j0, i0);
	const withV = (v: Matrix) => {
		const weighted = softmaxJacobian(objects.fOfRow(problem, j0), v);
		return scale(multiply(objects.blockOfA(problem, j0), weighted, { transposeA: true }), problem.scale * c);
	};
	const step = 5e-6;
	const entryLoss = (at: number, by: number) => {
		const X = problem.X.copy();
		X.data[at] += by;
		return objects.L({ ...problem, X }).at(j0, i0);
	};
	const expected = Matrix.build(d * d, 1, (at) => (entryLoss(at, step) - entryLoss(at, -step)) / (2 * step));
	const h = objects.h(problem);
	expect(withV(column(h, i0))).toBeAllclose(expected, closeness);
	for (const other of [column(h, 0), column(h, 1), column(problem.A3, i0)])
		expect(maxAbsDifference(withV(other), expected)).toBeGreaterThan(1e-3);
});

test("Lemma D.3: q is c hᵀ; the printed h cᵀ, its transpose, gives another gradient", () => {
	const f = objects.f(problem);
	const gradientWith = (q: Matrix) => {
		const p1 = hadamard(f, q);
		const r = rowSums(p1);
		return scale(sandwich(subtract(p1, scaleRows(f, r))), problem.scale);
	};
	const q = objects.q(problem);
	expect(gradientWith(q)).toBeAllclose(truth, closeness);
	expect(maxAbsDifference(gradientWith(transpose(q)), truth)).toBeGreaterThan(0.1 * frobeniusNorm(truth));
});

test("Lemma D.5: p2 is defined by rows, r_j f_jᵀ; by columns, r_j f_{·j}, the gradient is another", () => {
	const [f, p1, r] = [objects.f(problem), objects.p1(problem), objects.r(problem)];
	const byRows = scaleRows(f, r);
	const byColumns = transpose(scaleRows(transpose(f), r));
	const gradientWith = (p2: Matrix) => scale(sandwich(subtract(p1, p2)), problem.scale);
	expect(gradientWith(byRows)).toBeAllclose(truth, closeness);
	expect(maxAbsDifference(gradientWith(byColumns), truth)).toBeGreaterThan(0.1 * frobeniusNorm(truth));
});

test("Definition E.1 has no 1/d: with A1 = Q, A2 = K the factor √d on both sides makes up for it", () => {
	const [Q, K, V] = [randomMatrix(n, d), randomMatrix(n, d), randomMatrix(n, d)];
	const printed = attentionForward(Q, K, V, 1);
	expect(attentionForward(scale(Q, Math.sqrt(d)), scale(K, Math.sqrt(d)), V, 1 / d)).toBeAllclose(printed, {
		atol: 1e-14,
	});
	expect(maxAbsDifference(attentionForward(Q, K, V, 1 / d), printed)).toBeGreaterThan(0.01);
});
