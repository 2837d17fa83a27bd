import { Matrix, maxAbs, maxAbsDifference, multiply } from "@attgrad/matrix-core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { generateProblem } from "../generate/generate.ts";
import { type AttentionProblem, createProblem } from "../problem/problem.ts";
import { dyadicOf, toNumber } from "./dyadic.ts";
import { ExactMatrix } from "./exact-matrix.ts";
import { fixedExponential, PLACES } from "./fixed-exponential.ts";
import { gradientByRows } from "./gradient-by-rows.ts";
import { operatorTruth } from "./operator-truth.ts";
import { truthOf } from "./problem-truth.ts";

const column = (...entries: number[]): Matrix => new Matrix(entries.length, 1, Float64Array.from(entries));

test("a double goes to a mantissa and an exponent and back, subnormal ones too", () => {
	fc.assert(
		fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (x) => {
			const { mantissa, exponent } = dyadicOf(x);
			expect(toNumber(mantissa, exponent)).toBe(x + 0);
		}),
	);
	expect(() => dyadicOf(Number.NaN)).toThrow("the number must be finite, got NaN");
});

describe("the exponential", () => {
	test("is that of Math.exp to its precision", () => {
		fc.assert(
			fc.property(fc.double({ min: -700, max: 0, noNaN: true }), (x) => {
				const { mantissa, exponent } = dyadicOf(x);
				const value = toNumber(fixedExponential(mantissa, exponent), -PLACES);
				expect(Math.abs(value - Math.exp(x))).toBeLessThanOrEqual(2 ** -52 * Math.exp(x) + 2 ** (2 - PLACES));
			}),
		);
	});

	test("has 57 digits of e", () => {
		// https://oeis.org/A068985: 1/e
		const digits = "367879441171442321595523770161460867445811131031767834507";
		const scaled = (fixedExponential(-1n, 0) * 10n ** 57n) >> BigInt(PLACES);
		expect(String(scaled).slice(0, 55)).toBe(digits.slice(0, 55));
	});

	test("turns sums into products", () => {
		const place = fc.bigInt({ min: -(30n << 100n), max: 0n });
		fc.assert(
			fc.property(place, place, (x, y) => {
				const product = (fixedExponential(x, -100) * fixedExponential(y, -100)) >> BigInt(PLACES);
				const difference = product - fixedExponential(x + y, -100);
				expect(Math.abs(Number(difference))).toBeLessThanOrEqual(6);
			}),
		);
	});
});

/** The gradient written out in doubles with plain loops: right for ordinary entries. */
function inDoubles({ n, A1, A2, A3, E, X, Y, scale }: AttentionProblem): { output: Matrix; gradient: Matrix } {
	const [Q, h] = [multiply(A1, X), multiply(A3, Y)];
	const scores = multiply(Q, A2, { transposeB: true });
	const f = Matrix.build(n, n, (j, l) => Math.exp(scale * scores.at(j, l)));
	for (let j = 0; j < n; j++) {
		const total = Float64Array.from(f.row(j)).reduce((sum, x) => sum + x, 0);
		for (let l = 0; l < n; l++) f.row(j)[l] /= total;
	}
	const output = multiply(f, h);
	const c = Matrix.build(n, h.cols, (j, i) => output.at(j, i) - E.at(j, i));
	const q = multiply(c, h, { transposeB: true });
	const p = Matrix.build(n, n, (j, l) => {
		let mean = 0;
		for (let k = 0; k < n; k++) mean += f.at(j, k) * q.at(j, k);
		return f.at(j, l) * (q.at(j, l) - mean);
	});
	const gradient = multiply(A1, multiply(p, A2), { transposeA: true });
	return { output, gradient: Matrix.build(A1.cols, A1.cols, (a, b) => scale * gradient.at(a, b)) };
}

test.each([1, 2, 3, 11])("output and gradient are those of plain loops at n = %i", (n) => {
	const problem = generateProblem({ n, d: 3, B: 1, seed: n, distribution: "gaussian" });
	const [truth, doubles] = [truthOf(problem), inDoubles(problem)];
	// some hundred roundings of sums over n rows of products
	const slack = (matrix: Matrix): number => 200 * n * 2 ** -53 * (1 + maxAbs(matrix));
	expect(truth.output.distanceTo(doubles.output)).toBeLessThan(slack(doubles.output));
	expect(truth.gradient.distanceTo(doubles.gradient)).toBeLessThan(slack(doubles.gradient));
});

test("two keys: the gradient is a product of derivatives of tanh", () => {
	// d = 1, keys ±k, values ±1: o = tanh(s), s = x a k; dL/dx = Σ_j (o_j - e_j) (1 - o_j²) a_j k
	const [a, k, x, e] = [3, 0.5, 0.25, 2];
	const problem = createProblem(
		{ A1: column(a, a), A2: column(k, -k), A3: column(1, -1), E: column(e, e), X: column(x), Y: column(1) },
		1,
	);
	const output = Math.tanh(x * a * k);
	expect(truthOf(problem).gradient.toMatrix().at(0, 0)).toBeCloseTo(2 * (output - e) * (1 - output ** 2) * a * k, 14);
});

test("centring keys changes no digit, a masked key counts for nothing, whatever the sizes", () => {
	const plain = generateProblem({ n: 6, d: 3, B: 1, seed: 4, distribution: "uniform" });
	const problem = {
		...plain,
		A1: Matrix.build(6, 3, (j, b) => (b === 2 ? 1 : plain.A1.at(j, b))),
		X: Matrix.identity(3),
	};
	const masked = (far: number): Matrix =>
		Matrix.build(6, 3, (l, b) => (b < 2 ? problem.A2.at(l, b) : l < 3 ? 0 : -far));
	const [near, far] = [1e5, 1e20].map((size) => truthOf({ ...problem, A2: masked(size) }).gradient.toMatrix());
	expect(maxAbs(near)).toBeGreaterThan(1e-3);
	expect(maxAbsDifference(near, far)).toBeLessThan(1e-16);
});

test("scaling by powers of two scales the gradient, out to 1e±290", () => {
	const problem = generateProblem({ n: 4, d: 2, B: 1, seed: 5, distribution: "gaussian" });
	const by = (matrix: Matrix, e: number): Matrix =>
		Matrix.build(matrix.rows, matrix.cols, (i, j) => matrix.at(i, j) * 2 ** e);
	const { A1, A3, E, X } = problem;
	const scaled = { ...problem, A1: by(A1, 960), X: by(X, -960), A3: by(A3, -900), E: by(E, -900) };
	expect(maxAbsDifference(by(truthOf(scaled).gradient.toMatrix(), 840), truthOf(problem).gradient.toMatrix())).toBe(0);
});

test("the operator's gradients are derivatives of <dO, output>, and a masked operator is that of the visible keys", () => {
	const { A1: Q, A2: K, A3: V, E: dO } = generateProblem({ n: 5, d: 2, B: 1, seed: 6, distribution: "gaussian" });
	const operands = { Q, K, V, scale: 0.5, visible: (j: number, l: number) => l <= j };
	const { dQ, dK, dV } = operatorTruth(operands, dO);
	const loss = (changed: object): ExactMatrix => operatorTruth({ ...operands, ...changed }, dO).output;
	const product = (output: ExactMatrix): number =>
		Float64Array.from(output.toMatrix().data).reduce((sum, x, at) => sum + x * dO.data[at], 0);
	const h = 2 ** -20;
	for (const [name, matrix, derivative] of [
		["Q", Q, dQ],
		["K", K, dK],
		["V", V, dV],
	] as const)
		for (let at = 0; at < matrix.data.length; at++) {
			const moved = [h, -h].map((step) => {
				const data = Float64Array.from(matrix.data);
				data[at] += step;
				return product(loss({ [name]: new Matrix(matrix.rows, matrix.cols, data) }));
			});
			// third derivatives times h², and rounding over h
			expect((moved[0] - moved[1]) / (2 * h)).toBeCloseTo(derivative.toMatrix().data[at], 8);
		}
});

test("equal keys have a gradient of 0, equal values an output that is theirs, to the last digit", () => {
	const plain = generateProblem({ n: 7, d: 2, B: 1, seed: 8, distribution: "gaussian" });
	const equal = Matrix.build(7, 2, (_, b) => 1e9 / (b + 3));
	expect(truthOf({ ...plain, A2: equal }).gradient.distanceTo(Matrix.zeros(2, 2))).toBe(0);
	expect(truthOf({ ...plain, A3: equal, Y: Matrix.identity(2) }).output.distanceTo(equal)).toBe(0);
});

test("a distance is exact: one unit in the last place is seen, and no number is infinitely far", () => {
	const matrix = column(1, 1e-300, 3e200);
	const next = column(1, 1e-300, 3e200 * (1 + 2 ** -52));
	expect(ExactMatrix.of(matrix).distanceTo(matrix)).toBe(0);
	expect(ExactMatrix.of(matrix).distanceTo(next)).toBe(next.at(2, 0) - matrix.at(2, 0));
	expect(ExactMatrix.of(matrix).distanceTo(column(1, Number.NaN, 1))).toBe(Number.POSITIVE_INFINITY);
});

describe("the gradient by rows", () => {
	const plain = generateProblem({ n: 12, d: 3, B: 1, seed: 4, distribution: "uniform" });
	const matrix = (entry: (j: number, b: number) => number): Matrix => Matrix.build(12, 3, entry);
	const masked = (far: number) => ({
		...plain,
		A1: matrix((j, b) => (b === 2 ? 1 : plain.A1.at(j, b))),
		A2: matrix((l, b) => (b < 2 ? plain.A2.at(l, b) : l % 2 === 0 ? 0 : -far)),
		X: Matrix.identity(3),
	});
	const problems: Record<string, typeof plain> = {
		plain,
		"keys masked by -1e4": masked(1e4),
		"keys masked by -1e15": masked(1e15),
		"keys masked by -1e30": masked(1e30),
		"a column of another magnitude": {
			...plain,
			A2: matrix((l, b) => plain.A2.at(l, b) * (b === 1 ? 1e8 : 1)),
			X: Matrix.build(3, 3, (i, j) => (i !== j ? 0 : i === 1 ? 1e-8 : 1)),
		},
		"offsets of values": { ...plain, A3: matrix((l, b) => 1e6 + plain.A3.at(l, b)) },
	};

	test.each(Object.entries(problems))("is the truth within its own rounding: %s", (_, problem) => {
		const { gradient, loss, rounding } = gradientByRows(problem);
		const { gradient: truth, output } = truthOf(problem);
		expect(truth.distanceTo(gradient)).toBeLessThanOrEqual(rounding("f64").gradient);
		const residuals = output.minus(ExactMatrix.of(problem.E)).toMatrix();
		const exactLoss = Float64Array.from(residuals.data).reduce((sum, x) => sum + x ** 2 / 2, 0);
		expect(Math.abs(loss - exactLoss)).toBeLessThanOrEqual(rounding("f64").loss);
	});

	test("keys without weight do not count in its rounding, offsets do", () => {
		const size = maxAbs(gradientByRows(plain).gradient);
		const allowed = (name: string): number => gradientByRows(problems[name]).rounding("f64").gradient / size;
		expect(allowed("keys masked by -1e30")).toBeLessThan(1e-10);
		expect(allowed("keys masked by -1e15")).toBeLessThan(1e-10);
		expect(allowed("offsets of values")).toBeGreaterThan(1e-8);
	});
});
