import { join } from "node:path";
import { findAlgorithm } from "@attgrad/algorithms";
import { computeGradient, generateProblem, generateRows, writeProblem } from "@attgrad/attention-problem";
import { availableKernels, createRuntime } from "@attgrad/matrix-core";
import { expect, test } from "vitest";
import { attgrad, temporaryFolder } from "../../testing/command.ts";

const folder = temporaryFolder();

/** A million tokens: their rows are read six times, which takes less than the arithmetic. */
const point = { distribution: "uniform", n: 2 ** 20, d: 4, B: 1, seed: 1, dtype: "f64" } as const;
const path = join(folder, "million.npz");
const algorithm = "polynomial/reverse:degree=4";

test.each((await availableKernels()).filter((kernel) => kernel !== "js"))(
	"a gradient of a file takes at most three times as long as of matrices, kernel %s",
	async (kernel) => {
		await writeProblem(path, generateRows(point));
		const runtime = await createRuntime({ kernel });
		const choice = findAlgorithm(algorithm);
		const problem = generateProblem(point);
		const start = performance.now();
		await computeGradient(choice.algorithm, problem, choice.options, runtime);
		const inMemory = performance.now() - start;
		await runtime.close();
		const { stdout } = await attgrad([
			...["gradient", path, "--algorithm", "polynomial/reverse", "--degree", "4"],
			...["--kernel", kernel, "--json"],
		]);
		const { milliseconds } = JSON.parse(stdout) as { milliseconds: number };
		expect(milliseconds).toBeLessThan(3 * inMemory);
	},
);
