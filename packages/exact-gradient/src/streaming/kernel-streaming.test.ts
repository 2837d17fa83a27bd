import { asDtype } from "@attgrad/attention-problem";
import {
	availableKernels,
	createRuntime,
	type KernelName,
	Matrix,
	type RowSource,
	UsageError,
} from "@attgrad/matrix-core";
import { describe, expect, test } from "vitest";
import "@attgrad/matrix-core/testing";
import { streaming } from "../algorithms.ts";
import { instance } from "../testing/instances.ts";
import { kernelStreamingGradient } from "./kernel-streaming.ts";
import { streamingGradient } from "./streaming.ts";

const builds = (await availableKernels()).filter((kernel) => kernel !== "js");

async function gradientOn(
	kernel: KernelName,
	threads: number,
	...[problem, options = {}]: Parameters<typeof streamingGradient>
) {
	const runtime = await createRuntime({
		kernel,
		threads,
		...(options.onProgress && { onProgress: options.onProgress }),
	});
	try {
		return await kernelStreamingGradient(problem, options, runtime);
	} finally {
		await runtime.close();
	}
}

/** Rows that are read through the interface only. */
const behindRows = (matrix: Matrix): RowSource => ({
	rows: matrix.rows,
	cols: matrix.cols,
	dtype: matrix.dtype,
	readRows: (from, to, target) => matrix.readRows(from, to, target),
});

describe.each(builds)("%s", (kernel) => {
	const problem = instance({ n: 300, d: 5 });

	test("every number of threads gives the same result, to the last bit", async () => {
		const one = await gradientOn(kernel, 1, problem, { blockRows: 16 });
		for (const threads of [2, 3]) expect(await gradientOn(kernel, threads, problem, { blockRows: 16 })).toEqual(one);
	});

	test("the block size changes the result by rounding only", async () => {
		const { gradient, gradientY, loss } = await streamingGradient(problem);
		for (const blockRows of [1, 7, 64, 1000]) {
			const result = await gradientOn(kernel, 1, problem, { blockRows });
			// n · u = 3e-14; measured 1e-15
			expect(result.gradient).toBeAllclose(gradient, { rtol: 3e-14 });
			expect(result.gradientY).toBeAllclose(gradientY, { rtol: 3e-14 });
			expect(result.loss / loss).toBeCloseTo(1, 13);
		}
	});

	test("rows from a source give what matrices in memory give", async () => {
		const { A1, A2, A3, E } = problem;
		const rows = { A1: behindRows(A1), A2: behindRows(A2), A3: behindRows(A3), E: behindRows(E) };
		expect(await gradientOn(kernel, 2, { ...problem, ...rows })).toEqual(await gradientOn(kernel, 2, problem));
	});

	test("many keys in single precision lose no more than a few roundings", async () => {
		const large = asDtype(instance({ n: 3000, d: 8 }), "f32");
		const { gradient, loss } = await streamingGradient(large);
		const result = await gradientOn(kernel, 2, large);
		// sums run over chunks: the error is far below n · u = 2e-4
		expect(result.gradient).toBeAllclose(gradient, { rtol: 1e-5 });
		expect(result.loss / loss).toBeCloseTo(1, 6);
	});

	test.each([0, 1.5])("blockRows = %d is refused", async (blockRows) => {
		await expect(gradientOn(kernel, 1, problem, { blockRows })).rejects.toThrow(UsageError);
	});

	test("progress rises to n", async () => {
		const seen: number[] = [];
		await gradientOn(kernel, 2, instance({ n: 5000, d: 16 }), { onProgress: (done) => seen.push(done) });
		expect(seen.at(-1)).toBe(5000);
		expect(seen).toEqual([...seen].sort((a, b) => a - b));
	});
});

test.each(["A1", "A2", "A3", "E"] as const)("NaN in the rows of %s is a failure, not a result", async (name) => {
	const problem = instance({ n: 40, d: 3 });
	const broken = Matrix.build(40, 3, (i, j) => (i === 20 && j === 1 ? Number.NaN : problem[name].at(i, j)));
	const gradient = gradientOn(builds.at(-1), 2, { ...problem, [name]: broken });
	await expect(gradient).rejects.toThrow(/not finite/);
});

test("memory that does not suffice is out-of-memory, with what was needed", async () => {
	const runtime = await createRuntime({ kernel: builds[0], memoryLimit: 1e6 });
	const gradient = kernelStreamingGradient(instance({ n: 5000, d: 8 }), {}, runtime);
	await expect(gradient).rejects.toMatchObject({ status: "out-of-memory" });
	await runtime.close();
});

test("the algorithm runs on the runtime's kernel", async () => {
	const problem = instance({ n: 50, d: 3 });
	for (const kernel of await availableKernels()) {
		const runtime = await createRuntime({ kernel });
		const direct = kernel === "js" ? await streamingGradient(problem) : await gradientOn(kernel, 1, problem);
		expect(await streaming.run(problem, {}, runtime)).toEqual(direct);
		await runtime.close();
	}
});
