/** The costs that Lemmas 4.1, C.1, C.2, C.4, C.6 and C.8 name, as multiplications counted in products of T(a, b, c) = abc. */
import { Matrix, multiply, scale } from "@attgrad/matrix-core";
import { describe, expect, test } from "vitest";
import "@attgrad/matrix-core/testing";
import { denseIntermediates } from "./dense.ts";
import { denseGradient } from "./index.ts";
import { instance } from "./testing/instances.ts";

/** T(a, b, c) of Definition A.3 for the plain product of an a x b by a b x c matrix. */
const T = (a: number, b: number, c: number) => a * b * c;

/** Products that count their multiplications under the name of what they are for. */
function counting() {
	const counts = new Map<string, number>();
	const product = (name: string, A: Matrix, B: Matrix, options: Parameters<typeof multiply>[2] = {}): Matrix => {
		const inner = options.transposeA ? A.rows : A.cols;
		const made = multiply(A, B, options);
		counts.set(name, (counts.get(name) ?? 0) + T(made.rows, inner, made.cols));
		return made;
	};
	return { counts, product };
}

describe.each([
	{ n: 8, d: 2 },
	{ n: 16, d: 2 },
	{ n: 7, d: 5 },
])("n = $n, d = $d", ({ n, d }) => {
	const problem = instance({ n, d });
	const { A1, A2, A3, X, Y } = problem;
	const { f, h, c, p, queryGradient } = denseIntermediates(problem);
	const { counts, product } = counting();
	product("f", product("f", A1, X), A2, { transposeB: true });
	const values = product("h", A3, Y);
	const outputs = product("c", f, values);
	const cotangents = product("q", c, values, { transposeB: true });
	const gradient = product("g", A1, product("g", p, A2), { transposeA: true });

	test("the counted products are those of the dense algorithm", () => {
		expect(values).toBeAllclose(h, { atol: 1e-14 });
		expect(outputs.rows).toBe(n);
		expect([cotangents.rows, cotangents.cols]).toEqual([n, n]);
		expect(queryGradient.rows).toBe(n);
		expect(scale(gradient, problem.scale)).toBeAllclose(denseGradient(problem).gradient, { atol: 1e-13 });
	});

	test("Lemma C.1: f in T(n, d, n) + T(n, d, d), h in T(n, d, d)", () => {
		expect(counts.get("f")).toBe(T(n, d, n) + T(n, d, d));
		expect(counts.get("h")).toBe(T(n, d, d));
	});

	test("Lemmas C.2 and C.4: c in T(n, n, d), q in T(n, d, n), the same by Fact A.4", () => {
		expect(counts.get("c")).toBe(T(n, n, d));
		expect(counts.get("q")).toBe(T(n, d, n));
		expect(counts.get("q")).toBe(counts.get("c"));
	});

	test("Lemma C.6: p from f and q in 2n² multiplications, where the Jacobians in full take n³", () => {
		let multiplications = 0;
		const times = (x: number, y: number) => {
			multiplications++;
			return x * y;
		};
		const made = Matrix.zeros(n, n);
		for (let j = 0; j < n; j++) {
			const p1 = Array.from({ length: n }, (_, l) => times(f.at(j, l), cotangents.at(j, l)));
			const r = p1.reduce((sum, x) => sum + x, 0);
			made.row(j).set(p1.map((x, l) => x - times(r, f.at(j, l))));
		}
		expect(made).toBeAllclose(p, { atol: 1e-14 });
		expect(multiplications).toBe(2 * n * n);
	});

	test("Lemmas 4.1 and C.8: the gradient in O(n²d + nd²)", () => {
		const all = [...counts.values()].reduce((sum, count) => sum + count, 0);
		expect(all).toBe(4 * n * n * d + 3 * n * d * d);
	});
});

test("Lemma 4.1, proof: f costs O(n²d + nd²), which the printed O(nd²) does not bound", () => {
	const costOfF = (n: number, d: number) => {
		const { counts, product } = counting();
		const { A1, A2, X } = instance({ n, d });
		product("f", product("f", A1, X), A2, { transposeB: true });
		return counts.get("f")!;
	};
	const d = 2;
	const over = (bound: (n: number) => number) => [16, 64, 256].map((n) => costOfF(n, d) / bound(n));
	expect(over((n) => n * n * d + n * d * d)).toEqual([1, 1, 1]);
	const [small, middle, large] = over((n) => n * d * d) as [number, number, number];
	expect(middle / small).toBeGreaterThan(3);
	expect(large / middle).toBeGreaterThan(3);
});
