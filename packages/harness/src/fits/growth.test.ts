import { expect, test } from "vitest";
import { type Noise, noisyCurve, powersFrom256, share } from "../testing/synthetic-times.ts";
import { chooseGrowth, type GrowthForm, growthForms } from "./growth.ts";

const truths: Readonly<Record<GrowthForm, (n: number) => number>> = {
	"1": () => 5,
	n: (n) => 2 + 0.01 * n,
	"n log n": (n) => 2 + 0.001 * n * Math.log(n),
	"n^a": (n) => 2 + 0.001 * n ** 1.5,
	"n²": (n) => 2 + 1e-5 * n ** 2,
	"n² log n": (n) => 2 + 1e-6 * n ** 2 * Math.log(n),
};

test.each(growthForms)("a curve %s without noise is told from all other forms", (form) => {
	const { verdict, candidates } = chooseGrowth(powersFrom256(12).map((n) => ({ n, value: truths[form](n) })));
	expect(verdict).toBe(form);
	expect(candidates.map((candidate) => candidate.form).sort()).toEqual([...growthForms].sort());
	expect(candidates[0].excess).toBe(0);
});

test("constant, coefficient and exponent of the best form are those of the truth", () => {
	const { candidates } = chooseGrowth(powersFrom256(12).map((n) => ({ n, value: truths["n^a"](n) })));
	expect(candidates[0].exponent).toBeCloseTo(1.5, 2);
	expect(candidates[0].constant).toBeCloseTo(2, 1);
	expect(candidates[0].coefficient / 0.001).toBeCloseTo(1, 1);
});

const small: Noise = (random) => 0.02 * random.normal();

test.each(growthForms)("with 2 %% of noise a curve %s is given another form in at most 5 %% of data sets", (form) => {
	const wrong = share(400, (seed) => {
		const { verdict } = chooseGrowth(noisyCurve(powersFrom256(12), truths[form], small, seed));
		return verdict !== form && verdict !== "undecided";
	});
	expect(wrong).toBeLessThanOrEqual(0.05);
});

test.each(["1", "n", "n^a", "n²"] as const)("with 2 %% of noise a curve %s is told in most data sets", (form) => {
	const right = share(200, (seed) => {
		const { verdict } = chooseGrowth(noisyCurve(powersFrom256(12), truths[form], small, seed));
		return verdict === form;
	});
	expect(right).toBeGreaterThan(0.85);
});

test("n log n and n^1.1 are not told apart where noise hides the difference", () => {
	const verdicts = (truth: (n: number) => number) =>
		Array.from({ length: 100 }, (_, seed) =>
			chooseGrowth(noisyCurve(powersFrom256(8), truth, (random) => 0.04 * random.normal(), seed)),
		);
	for (const truth of [(n: number) => n * Math.log(n), (n: number) => n ** 1.1]) {
		const undecided = verdicts(truth).filter(({ verdict }) => verdict === "undecided");
		expect(undecided.length).toBeGreaterThan(80);
		expect(undecided[0].reason).toMatch(/^n.* and n.* fit alike$/);
	}
});

test.each([
	[powersFrom256(7), "7 sizes over 1.8 decades; it takes 8 over 1.5"],
	[Array.from({ length: 9 }, (_, i) => 100 + 50 * i), "9 sizes over 0.7 decades; it takes 8 over 1.5"],
	[[], "0 sizes over 0.0 decades; it takes 8 over 1.5"],
])("sizes %j decide nothing", (sizes, reason) => {
	const points = sizes.map((n) => ({ n, value: n ** 2 }));
	expect(chooseGrowth(points)).toEqual({ verdict: "undecided", reason, candidates: [] });
});
