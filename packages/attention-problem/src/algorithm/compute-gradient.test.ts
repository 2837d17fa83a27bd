import { Matrix } from "@attgrad/matrix-core";
import { expect, test } from "vitest";
import { z } from "zod";
import { generateProblem } from "../generate/generate.ts";
import { defineAlgorithm } from "./algorithm.ts";
import { computeGradient } from "./compute-gradient.ts";

const problem = generateProblem({ distribution: "uniform", n: 3, d: 2, B: 1, seed: 1 });

const picky = defineAlgorithm({
	name: "picky",
	summary: "takes at most `most` rows",
	exact: true,
	version: 1,
	options: z.strictObject({ most: z.int().default(3) }),
	supports: ({ n }, { most }) => n <= most || { reason: `${n} rows are more than ${most}` },
	run: async (_, { most }, { kernel }) => ({ gradient: Matrix.zeros(2, 2), loss: most, rank: kernel.length }),
});

test("options have their defaults, and a runtime is made where none is given", async () => {
	const { loss, rank } = await computeGradient(picky, problem);
	expect(loss).toBe(3);
	expect(rank).toBeGreaterThan(0);
});

test("an algorithm that does not take the problem is a ComputationError with its reason", async () => {
	await expect(computeGradient(picky, problem, { most: 2 })).rejects.toMatchObject({
		status: "skipped",
		message: "3 rows are more than 2",
	});
});

test("an option that the algorithm does not have is refused", async () => {
	// @ts-expect-error: there is no such option
	await expect(computeGradient(picky, problem, { least: 2 })).rejects.toThrow("least");
});
