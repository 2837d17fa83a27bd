import { availableKernels, kernelNames } from "@attgrad/matrix-core";
import { expect, test } from "vitest";
import { attgrad } from "../../testing/command.ts";

test("doctor tells the kernels of this machine, its programs and what disturbs it", async () => {
	const { code, stdout } = await attgrad(["doctor", "--json"]);
	expect(code).toBe(0);
	const { findings, warnings } = JSON.parse(stdout) as {
		findings: { name: string; found: boolean; detail: string }[];
		warnings: string[];
	};
	const found = findings.filter(({ found }) => found).map(({ name }) => name);
	const kernels = (await availableKernels()).map((name) => `kernel ${name}`);
	expect(found.filter((name) => name.startsWith("kernel "))).toEqual(kernels);
	const named = findings.map(({ name }) => name);
	for (const kernel of kernelNames) expect(named).toContain(`kernel ${kernel}`);
	for (const name of [
		"node",
		"processor",
		"memory",
		"browser",
		"python",
		"numpy",
		"torch",
		"onnxruntime",
		"slurm",
		"SAT solver",
		"cache",
	])
		expect(named).toContain(name);
	expect(warnings.every((line) => line.startsWith("warning: "))).toBe(true);
});
