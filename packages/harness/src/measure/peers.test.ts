import { execFileSync } from "node:child_process";
import { findAlgorithm, pythonWith } from "@attgrad/algorithms";
import { generateProblem } from "@attgrad/attention-problem";
import { ComputationError, createRuntime } from "@attgrad/matrix-core";
import { afterAll, expect, test } from "vitest";
import { passGate } from "./gate.ts";

const runtime = await createRuntime({ kernel: "js" });
afterAll(() => runtime.close());

function hasPython(modules: readonly string[]): boolean {
	try {
		execFileSync(pythonWith(...modules), ["-c", `import ${modules.join(", ")}`], { stdio: "ignore" });
		return true;
	} catch {
		return false;
	}
}

for (const [name, modules] of [
	["numpy", ["numpy"]],
	["torch", ["numpy", "torch"]],
	["onnxruntime", ["numpy", "onnx", "onnxruntime"]],
] as const) {
	const isThere = hasPython(modules);
	const peer = findAlgorithm(name).algorithm;
	const gate = (problem: ReturnType<typeof generateProblem>) => passGate(peer, problem, {}, runtime);

	test.skipIf(!isThere).each([
		["uniform", 1, 1, "f64"],
		["biased", 63, 3, "f64"],
		["heavy-tailed", 300, 5, "f64"],
		["clustered", 111, 4, "f32"],
	] as const)(
		`${name} passes the gate on %s problems with n = %i, d = %i, %s (skipped where no python3 has it)`,
		async (distribution, n, d, dtype) => {
			await gate(generateProblem({ distribution, n, d, B: 1, seed: 1, dtype }));
		},
	);

	test.runIf(!isThere)(`${name} is skipped with the reason where no python3 has it`, async () => {
		const refusal = gate(generateProblem({ distribution: "uniform", n: 5, d: 2, B: 1, seed: 1 }));
		await expect(refusal).rejects.toThrow(ComputationError);
		await expect(refusal).rejects.toMatchObject({ status: "skipped", message: expect.stringMatching(/needs|python3/) });
	});
}
