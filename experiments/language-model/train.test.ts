import { backwardPolynomial, polynomialOperatorOutput } from "@attgrad/approx-gradient";
import { createRuntime } from "@attgrad/matrix-core";
import { describe, expect, test } from "vitest";
import { certifiedCore } from "./cores/certified-core.ts";
import { exactCore } from "./cores/exact-core.ts";
import { createModel } from "./network/model.ts";
import { plainCore } from "./network/plain-core.ts";
import { recallTask } from "./tasks/recall.ts";
import { type TrainingPlan, train } from "./train.ts";

const runtime = await createRuntime({ kernel: "js" });
const task = recallTask(2);
const shape = { vocabulary: task.vocabulary, layers: 2, heads: 2, width: 4, bound: { kind: "norm", gain: 1 } } as const;
const plan = (core: TrainingPlan["core"], others: Partial<TrainingPlan> = {}): TrainingPlan => ({
	...{ model: createModel(shape, 1), task, sequences: 2, n: 20, steps: 12, rate: 0.01, seed: 3, core },
	...others,
});

test("training by the operator is training by the definition, and the same for the same seed", async () => {
	const courses = [
		await train(plan(plainCore)),
		await train(plan(exactCore(runtime))),
		await train(plan(exactCore(runtime))),
	];
	const [definition, operator, again] = courses.map(({ loss }) => loss);
	for (const [at, loss] of operator.entries()) expect(Math.abs(loss - definition[at])).toBeLessThan(1e-9);
	expect(again).toEqual(operator);
	const other = await train(plan(exactCore(runtime), { seed: 4 }));
	expect(other.loss).not.toEqual(operator);
});

test("certified passes keep what is proved of them, and learn nearly the same", async () => {
	const core = certifiedCore(runtime, 0.01);
	const proved: number[] = [];
	const course = await train(
		plan(core, {
			n: 150,
			before: (step) => {
				core.checking = true;
				if (step > 0) proved.push(...core.proved);
			},
		}),
	);
	expect(core.share).toBeGreaterThan(0);
	expect(core.share).toBeLessThanOrEqual(1);
	expect(proved).toHaveLength(24);
	expect(Math.max(...proved)).toBeLessThanOrEqual(0.01);
	expect(Math.min(...core.degrees)).toBeGreaterThan(0);
	const exact = await train(plan(exactCore(runtime), { n: 150 }));
	for (const [at, loss] of course.loss.entries()) expect(Math.abs(loss / exact.loss[at] - 1)).toBeLessThan(0.01);
});

describe("a pass that is further off than it proves ends the training", () => {
	const passes = { forward: polynomialOperatorOutput, backward: backwardPolynomial.run };
	const course = (broken: Partial<typeof passes>) => {
		const core = certifiedCore(runtime, 0.01, { ...passes, ...broken });
		core.checking = true;
		return train(plan(core, { n: 150, steps: 1 }));
	};

	test("sound passes do not", async () => {
		expect((await course({})).loss).toHaveLength(1);
	});

	test.each(["dQ", "dK", "dV"] as const)("%s", async (name) => {
		const backward: typeof passes.backward = async (...given) => {
			const result = await passes.backward(...given);
			result[name].data[0] += 2 * Number(result.certificate?.bounds[name]);
			return result;
		};
		await expect(course({ backward })).rejects.toMatchObject({
			status: "invalid",
			message: expect.stringMatching(new RegExp(`^language-model: ${name} is off by `)),
		});
	});

	test.each([
		["beyond its bound", 2],
		["not a number", Number.NaN],
	] as const)("an output that is %s", async (_, share) => {
		const forward: typeof passes.forward = async (...given) => {
			const result = await passes.forward(...given);
			result.output.data[0] += share * result.bound;
			return result;
		};
		await expect(course({ forward })).rejects.toMatchObject({ status: "invalid" });
	});
});
