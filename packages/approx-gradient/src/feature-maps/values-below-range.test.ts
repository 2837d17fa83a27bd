import { type AttentionProblem, generateProblem } from "@attgrad/attention-problem";
import { truthOf } from "@attgrad/attention-problem/reference";
import { createRuntime, mapEntries } from "@attgrad/matrix-core";
import { expect, test } from "vitest";
import { hybrid } from "./hybrid/hybrid.ts";
import { nystrom } from "./nystrom/nystrom.ts";

const runtime = await createRuntime({ kernel: "js" });

test.each([
	["hybrid", (problem: AttentionProblem) => hybrid.run(problem, hybrid.options.parse({ rank: 2 }), runtime)],
	["nystrom", (problem: AttentionProblem) => nystrom.run(problem, nystrom.options.parse({ rank: 2 }), runtime)],
] as const)(
	"%s counts what values A3 Y lose below the normal range, beside keys that make them large again",
	async (_, run) => {
		const given = generateProblem({ distribution: "uniform", n: 6, d: 2, B: 0.3, seed: 3 });
		const times = (name: "A2" | "A3" | "E" | "X" | "Y", factor: number) => mapEntries(given[name], (x) => factor * x);
		const problem = {
			...given,
			...{ A2: times("A2", 1e238), X: times("X", 1e-238) },
			...{ A3: times("A3", 1e-216), Y: times("Y", 1e-114), E: times("E", 1e-44) },
		};
		const { gradient, certificate } = await run(problem);
		const error = truthOf(problem).gradient.distanceTo(gradient);
		expect(error).toBeGreaterThan(0);
		expect(certificate?.bound).toBeGreaterThanOrEqual(error);
	},
);
