import { expect, test } from "vitest";
import type { Profile } from "../../profile/profile.ts";
import { runWork } from "./run-work.ts";

const request = (n: number, d: number) => ({ profile: { n, d } as Profile });

/** Four kinds of rows of different reach, each a quarter of n. */
const sample = (n: number) => ({
	rows: [0.2, 0.4, 0.6, 0.8].map((reach) => ({ reach, share: n / 4 })) as never,
});

/** All exponents of d coordinates up to a degree, one by one. */
function exponents(d: number, degree: number): number[][] {
	if (d === 0) return [[]];
	return Array.from({ length: degree + 1 }, (_, a) =>
		exponents(d - 1, degree - a).map((others) => [a, ...others]),
	).flat();
}

/** Monomials up to degree g twice and those of degree g + 1 once, those of a high degree at a weight. */
function counted(d: number, g: number, isSingle: (degree: number) => boolean, weight: number): number {
	return exponents(d, g + 1).reduce((sum, alpha) => {
		const degree = alpha.reduce((a, b) => a + b, 0);
		return sum + (degree <= g ? 2 : 1) * (isSingle(degree) ? weight : 1);
	}, 0);
}

test.each([
	[2, 9],
	[4, 7],
	[8, 3],
])("the work of a run is in proportion to its monomials, counted one by one: d = %d, degree %d", (d, g) => {
	const n = 1000;
	const work = (degree: number, doubleUpTo?: number, lower?: number) =>
		runWork(request(n, d), degree, { form: "l1", doubleUpTo, lower }, sample(n));
	const all = counted(d, g, () => false, 1);
	const each = work(g) / all;
	expect(work(g - 1) / each).toBeCloseTo(
		counted(d, g - 1, () => false, 1),
		6,
	);
	// The weight of a monomial in single precision follows from one run in two precisions, and holds for every other.
	const high = counted(d, g, (degree) => degree > g - 1, 0);
	const weight = (work(g, g - 1) / each - high) / (all - high);
	expect(weight).toBeGreaterThan(0.4);
	expect(weight).toBeLessThan(0.8);
	for (const doubleUpTo of [g - 2, Math.ceil(g / 2), 0])
		expect(work(g, doubleUpTo) / each).toBeCloseTo(
			counted(d, g, (degree) => degree > doubleUpTo, weight),
			6,
		);
	// Of rows with one degree less only the part that is no work of keys is less.
	const saved = work(g) - work(g, undefined, 0.5);
	const most = (work(g) - work(g - 1)) / 2;
	expect(saved).toBeGreaterThan(0.5 * most);
	expect(saved).toBeLessThan(most);
	expect(work(g, undefined, 0.1)).toBe(work(g));
	expect((work(g) - work(g, undefined, 0.8)) / saved).toBeCloseTo(2, 9);
});

test("a form with more columns is more work at the same degree", () => {
	const work = (form: "l1" | "v2" | "vd") => runWork(request(100, 4), 5, { form }, sample(100));
	expect(work("l1")).toBeLessThan(work("v2"));
	expect(work("v2")).toBeLessThan(work("vd"));
});
