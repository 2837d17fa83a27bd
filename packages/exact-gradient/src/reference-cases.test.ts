import { referenceCases } from "@attgrad/attention-problem/testing";
import { describe, expect, test } from "vitest";
import "@attgrad/matrix-core/testing";
import * as objects from "./definition.ts";
import { denseIntermediates } from "./dense.ts";
import { doubleWays } from "./testing/ways.ts";

const cases = referenceCases();
/** Relative to the largest entry; the answers were worked out in extended precision. */
const closeness = { rtol: 1e-12 };

describe.each(doubleWays)("$name", (way) => {
	const taken = cases.filter(({ problem: { n, d } }) => n ** 2 * d ** 2 <= way.largestTensor);

	test.each(taken)("$name: gradient, gradient in Y and loss of the reference to 1e-12", async (reference) => {
		const { gradient, gradientY, loss } = await way.run(reference.problem);
		expect(gradient).toBeAllclose(reference.gradX, closeness);
		expect(gradientY).toBeAllclose(reference.gradY, closeness);
		expect(Math.abs(loss - reference.loss)).toBeLessThanOrEqual(1e-12 * reference.loss);
	});
});

describe("f, c, q and p of the reference to 1e-12", () => {
	const detailed = cases.filter(({ f }) => f !== undefined);

	test("there are such cases", () => expect(detailed.length).toBeGreaterThanOrEqual(5));

	test.each(detailed)("$name", ({ problem, f, c, q, p }) => {
		for (const found of [denseIntermediates(problem), fromDefinitions(problem)]) {
			expect(found.f).toBeAllclose(f!, closeness);
			expect(found.c).toBeAllclose(c!, closeness);
			expect(found.q).toBeAllclose(q!, closeness);
			expect(found.p).toBeAllclose(p!, closeness);
		}
	});
});

const fromDefinitions = (problem: Parameters<typeof objects.f>[0]) => ({
	f: objects.f(problem),
	c: objects.c(problem),
	q: objects.q(problem),
	p: objects.p(problem),
});
