import { generateProblem } from "@attgrad/attention-problem";
import { mapEntries } from "@attgrad/matrix-core";
import { expect, test } from "vitest";
import { requireOrdinaryValues } from "./value-sizes.ts";

test("values and targets at which norms of products lose digits are refused by name", () => {
	const problem = generateProblem({ distribution: "uniform", n: 7, d: 2, B: 1, seed: 1 });
	expect(() => requireOrdinaryValues("nystrom", problem)).not.toThrow();
	for (const factor of [1e-160, 1e160]) {
		const scaled = (name: "A3" | "E") => ({ ...problem, [name]: mapEntries(problem[name], (x) => factor * x) });
		expect(() => requireOrdinaryValues("nystrom", scaled("A3"))).toThrow(/^nystrom: .* A3 Y is about /);
		expect(() => requireOrdinaryValues("nystrom", scaled("E"))).toThrow(/^nystrom: .* E is about /);
	}
	expect(() => requireOrdinaryValues("nystrom", { ...problem, E: mapEntries(problem.E, () => 0) })).not.toThrow();
});
