import { expect, test } from "vitest";
import { predictTime } from "./predict-time.ts";

const point = { options: { epsilon: 1e-6 }, d: 4, B: 1 };

test("exact grows like n², moment like n", () => {
	const ratio = (algorithm: string) =>
		predictTime({ ...point, algorithm, n: 2 ** 20 })! / predictTime({ ...point, algorithm, n: 2 ** 16 })!;
	// Sixteen times as many rows: 256 times the pairs, some of whose keys come from beyond the caches.
	expect(ratio("streaming")).toBeGreaterThan(256);
	expect(ratio("streaming")).toBeLessThan(300);
	// A larger n needs a degree or so more for the same absolute error.
	expect(ratio("polynomial/moment")).toBeGreaterThan(15);
	expect(ratio("polynomial/moment")).toBeLessThan(64);
});

test("auto takes what the faster of exact and moment takes", () => {
	for (const n of [2 ** 8, 2 ** 18]) {
		const [auto, exact, moment] = ["auto", "exact", "polynomial"].map((algorithm) =>
			predictTime({ ...point, algorithm, n }),
		);
		expect(auto).toBe(Math.min(exact!, moment!));
	}
});

test("a degree, a rank and settings of the spelling count", () => {
	const time = (algorithm: string, options: Record<string, unknown>) =>
		predictTime({ ...point, algorithm, options, n: 2 ** 14 })!;
	expect(time("polynomial/moment", { degree: 12 })).toBeGreaterThan(time("polynomial/moment", { degree: 4 }));
	expect(time("nystrom", { rank: 200 })).toBeGreaterThan(time("nystrom", { rank: 20 }));
	expect(time("polynomial/moment:basis=taylor", { degree: 4 })).toBe(time("polynomial/moment", { degree: 4 }));
	expect(time("polynomial", { route: "paper", degree: 4 })).toBe(time("polynomial/paper", { degree: 4 }));
});

test("an algorithm without a model has no prediction", () => {
	expect(predictTime({ ...point, algorithm: "mine", n: 100 })).toBeUndefined();
});
