import { backwardCases } from "@attgrad/attention-problem/testing";
import { maxAbs } from "@attgrad/matrix-core";
import { describe, expect, test } from "vitest";
import "@attgrad/matrix-core/testing";
import { backwardTolerance, backwardWays } from "../testing/backward-ways.ts";

describe.each(await backwardCases())("reference case $name", ({ problem, answers, lse }) => {
	test.each(backwardWays)("$name", async (way) => {
		const got = await way.run(problem);
		const tolerance = backwardTolerance(problem, way.roundoff);
		const pairs = { output: answers.O, dQ: answers.dQ, dK: answers.dK, dV: answers.dV };
		for (const [name, wanted] of Object.entries(pairs) as [keyof typeof pairs, typeof answers.O][]) {
			// 1e-12 of the largest entry; where cancellation leaves less than the terms round to, that.
			const atol = way.dtype === "f64" ? Math.max(1e-12 * maxAbs(wanted), Math.min(1e-12, tolerance[name])) : 0;
			expect(got[name].as("f64"), name).toBeAllclose(wanted, { rtol: 0, atol: atol || tolerance[name] });
		}
		for (const [j, wanted] of lse.entries()) {
			if (Number.isFinite(wanted)) expect(Math.abs(got.lse[j] - wanted)).toBeLessThanOrEqual(tolerance.lse);
			else expect(got.lse[j]).toBe(wanted);
		}
	});
});
