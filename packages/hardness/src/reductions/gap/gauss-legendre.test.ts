import { describe, expect, test } from "vitest";
import { certifiedNodes, gaussLegendre, leftRiemannSum } from "./gauss-legendre.ts";

const integrate = ({ nodes, weights }: ReturnType<typeof gaussLegendre>, f: (x: number) => number) =>
	nodes.reduce((sum, x, i) => sum + weights[i] * f(x), 0);

describe("Gauss-Legendre", () => {
	test.each([1, 2, 3, 16, 111, 400])("with %d nodes is exact to degree 2m - 1 on [0, 1]", (m) => {
		const rule = gaussLegendre(m);
		for (const k of [0, 1, m, 2 * m - 1]) expect(integrate(rule, (x) => x ** k) * (k + 1)).toBeCloseTo(1, 12);
	});

	test("is not exact one degree further", () => {
		expect(integrate(gaussLegendre(2), (x) => x ** 4)).not.toBeCloseTo(1 / 5, 4);
	});

	test("has increasing nodes and positive weights", () => {
		const { nodes, weights } = gaussLegendre(57);
		expect(nodes).toEqual(nodes.toSorted((x, y) => x - y));
		expect(Math.min(...weights)).toBeGreaterThan(0);
	});
});

test("the left Riemann sum of x is short by 1/(2m)", () => {
	expect(integrate(leftRiemannSum(50), (x) => x)).toBeCloseTo(1 / 2 - 1 / 100, 12);
});

/** f(λ) = Σ s_j(λ)² for rows that are each half at one end of the score range: as steep as a row can be. */
test.each([10, 40, 110])(
	"the certified number of nodes integrates the steepest f' to 1/8 at score range %d",
	(range) => {
		const n = 64;
		const s = (x: number) => 1 / (1 + Math.exp(-range * x));
		const slope = (x: number) => 2 * n * s(x) ** 2 * (1 - s(x)) * range;
		const exact = n * (s(1) ** 2 - s(0) ** 2);
		const m = certifiedNodes(n, range, 1 / 8);
		expect(Math.abs(integrate(gaussLegendre(m), slope) - exact)).toBeLessThan(1 / 8);
		expect(certifiedNodes(n, 2 * range, 1 / 8)).toBeGreaterThan(m);
	},
);
