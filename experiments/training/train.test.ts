import { polynomial } from "@attgrad/approx-gradient";
import { streaming } from "@attgrad/exact-gradient";
import { createRuntime } from "@attgrad/matrix-core";
import { expect, test } from "vitest";
import { studentProblem } from "./teacher.ts";
import { train } from "./train.ts";

const runtime = await createRuntime({ kernel: "js" });
const start = await studentProblem({ n: 200, d: 3, B: 2, seed: 1 }, runtime);
const exact = await train(start, 8, streaming, streaming.options.parse({}), runtime);

test("the loss falls by exact gradients, and the course has a number for each step and the start", () => {
	const { loss, milliseconds, B, degree } = exact.course;
	expect([loss, milliseconds, B].map(({ length }) => length)).toEqual([9, 9, 9]);
	expect(degree).toEqual([]);
	expect(loss.at(-1)).toBeLessThan(loss[0] / 1.2);
});

test("certified gradients keep their certificates and learn the same", async () => {
	const epsilon = 1e-4;
	const { course } = await train(start, 8, polynomial, polynomial.options.parse({ epsilon }), runtime);
	expect(Math.max(...course.bound)).toBeLessThanOrEqual(epsilon);
	expect(Math.max(...course.boundY)).toBeLessThan(1);
	// a step moves X by 20/n of the error at most, and the loss by the gradient times that
	for (const [step, loss] of course.loss.entries()) expect(loss / exact.course.loss[step]).toBeCloseTo(1, 5);
});
