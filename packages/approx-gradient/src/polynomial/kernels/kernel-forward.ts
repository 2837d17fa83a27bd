import type { RowSink } from "@attgrad/attention-problem";
import { bytesPerNumber, type Runtime, withKernels } from "@attgrad/matrix-core";
import { notPositive } from "../../rows/softmax-rows.ts";
import { type ForwardTotals, shiftedRows } from "../routes/forward.ts";
import type { RouteInput } from "../routes/route.ts";
import { type PolynomialKernels, putNumbers, putRuns, queryOperands, slotRanges } from "./kernel-operands.ts";
import { type KernelPlan, kernelPlan } from "./kernel-plan.ts";
import { keyMoments, momentsOf } from "./kernel-route.ts";
import { polynomialKernels } from "./polynomial-kernels.ts";

/**
 * `forwardRows` on kernels and threads: pass 1 of the routes, then outputs alone. The same for every number of threads.
 * @throws ComputationError invalid for a normaliser that is not positive, out-of-memory when the kernels' memory cannot grow
 */
export function forwardOnKernels(input: RouteInput, sink: RowSink, runtime: Runtime): Promise<ForwardTotals> {
	const { tree, problem } = input;
	const plan = kernelPlan(runtime.kernel, { n: problem.n, d: problem.d, dtype: problem.A1.dtype }, tree, tree.size);
	return withKernels(runtime, polynomialKernels, async (kernels) => {
		// Both passes take about the same.
		const half = (done: number) => runtime.onProgress?.(done / 2, problem.n);
		const moments = await keyMoments(input, plan, kernels, momentsOf(kernels), half);
		const leastNormaliser = await outputs(input, moments, plan, kernels, sink, (done) => half(problem.n + done));
		return { totalWeight: moments[problem.d], leastNormaliser };
	});
}

/** Pass 2: the outputs, and the least normaliser. */
async function outputs(
	input: RouteInput,
	moments: Float64Array,
	plan: KernelPlan,
	kernels: PolynomialKernels,
	sink: RowSink,
	onProgress: (rows: number) => void,
): Promise<number> {
	const { problem, tree, frame } = input;
	const { n, d, A1 } = problem;
	const dtype = A1.dtype;
	const size = bytesPerNumber(dtype);
	const shared = {
		...{ d, nodes: tree.size, ...putRuns(kernels, plan.keyRuns) },
		...queryOperands(input, moments, plan.keyRuns.order, kernels),
	};
	const ranges = putNumbers(kernels, "f64", new Float64Array(2 * plan.slots).fill(Number.POSITIVE_INFINITY));
	const rangeView = kernels.view("f64", ranges, 2 * plan.slots);
	const chunkRows = Math.min(n, plan.slots * plan.slotRows);
	const inputsAt = kernels.rowReader(A1, dtype, chunkRows);
	const made = kernels.allocate(dtype, chunkRows * d);
	const scratch = (plan.keyRuns.made + 7 * d + 1 + (d + 1) * plan.keyRuns.products) * plan.panelBytes;
	for (let from = 0; from < n; from += chunkRows) {
		const rows = Math.min(chunkRows, n - from);
		const inputs = inputsAt(from, from + rows);
		const slots = slotRanges(rows, plan);
		const tasks = slots.map(([first, count], slot) => {
			const own = { A1: inputs + first * d * size, outputs: made + first * d * size };
			return { rows: count, ...shared, ...own, range: ranges + slot * 16 };
		});
		const bad = await kernels.run("forwardPass", tasks, { dtype, scratch });
		const slot = bad.findIndex((row) => row >= 0);
		if (slot >= 0)
			throw notPositive("polynomial", from + slots[slot][0] + bad[slot], rangeView[2 * slot], "raise the degree");
		sink(from, shiftedRows(kernels.view(dtype, made, rows * d), frame.valueCentre));
		onProgress(from + rows);
	}
	let least = Number.POSITIVE_INFINITY;
	for (let slot = 0; slot < plan.slots; slot++) least = Math.min(least, rangeView[2 * slot + 1]);
	return least;
}
