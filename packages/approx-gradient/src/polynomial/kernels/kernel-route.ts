import {
	bytesPerNumber,
	type Dtype,
	type Kernels,
	type KernelTask,
	Matrix,
	multiply,
	type Runtime,
	scale,
	withKernels,
} from "@attgrad/matrix-core";
import type { LossGradient } from "../../rows/gradient-sum.ts";
import { notPositive } from "../../rows/softmax-rows.ts";
import type { RouteInput, RouteOptions } from "../routes/route.ts";
import { raisedTable, runTable } from "./feature-tables.ts";
import { JoinedSlots } from "./joined-slots.ts";
import {
	keyMapOperands,
	type PolynomialKernels,
	putIndices,
	putNumbers,
	putRuns,
	queryOperands,
	slotRanges,
} from "./kernel-operands.ts";
import { type KernelPlan, kernelPlan } from "./kernel-plan.ts";
import { polynomialKernels } from "./polynomial-kernels.ts";

/** Routes that have kernels. */
export type KernelRouteName = "moment" | "reverse";

/** Part of the time that pass 1 takes, for the progress: 0.4 to 0.6 and 0.4 to 0.5 as measured, the more the higher the degree. */
const KEY_SHARE: Readonly<Record<KernelRouteName, number>> = { moment: 0.45, reverse: 0.4 };

/** Sums over all rows that certificates use, returned beside the gradient. */
export interface RunTotals {
	/** Σ_j |A1_ja|. */
	readonly inputSums: Float64Array;
	/** d x d: Σ_j |A1_ja| |c̃_ji|. */
	readonly residualSums: Matrix;
	/** Σ_l ω_l. */
	readonly totalWeight: number;
	/** The least normaliser D̃_j. */
	readonly leastNormaliser: number;
}

/**
 * The routes `moment` and `reverse` on kernels and threads: the same formulas as `moment.ts` and `reverse.ts`, features made
 * and used inside the cache, rows read in chunks so that n is bounded by time alone. Each of a fixed number of slots holds
 * the sums of its rows of every chunk, and slots are joined in order: the result is the same for every number of threads.
 * @throws ComputationError invalid for a normaliser that is not positive, out-of-memory when the kernels' memory cannot grow
 */
export async function runOnKernels(
	route: KernelRouteName,
	input: RouteInput,
	runtime: Runtime,
	{ onProgress = runtime.onProgress }: Pick<RouteOptions, "onProgress"> = {},
): Promise<LossGradient & RunTotals> {
	const { tree, problem } = input;
	const nodes = route === "moment" ? tree.raisedSize : tree.size;
	const plan = kernelPlan(runtime.kernel, { n: problem.n, d: problem.d, dtype: problem.A1.dtype }, tree, nodes);
	return withKernels(runtime, polynomialKernels, async (kernels) => {
		const { n } = problem;
		const share = KEY_SHARE[route];
		const moments = await keyMoments(input, plan, kernels, momentsOf(kernels), (rows) => onProgress?.(share * rows, n));
		return queries(route, input, moments, plan, kernels, (rows) => onProgress?.(n - (1 - share) * (n - rows), n));
	});
}

/** A task of pass 1. */
export type MomentsTask = KernelTask<typeof polynomialKernels, "keyMoments">;

/** Runs pass 1 on kernels: those of its module, or of another with the same signature. */
export type MomentsRun = (
	tasks: readonly MomentsTask[],
	options: { readonly dtype: Dtype; readonly scratch: number },
) => Promise<unknown>;

/** Pass 1 of the module `polynomial`. */
export const momentsOf =
	(kernels: PolynomialKernels): MomentsRun =>
	(tasks, options) =>
		kernels.run("keyMoments", tasks, options);

/** Pass 1: S[β, i] for the nodes of the plan, nodes x columns. */
export function keyMoments(
	{ problem, frame }: Pick<RouteInput, "problem" | "frame">,
	plan: KernelPlan,
	kernels: Kernels,
	run: MomentsRun,
	onProgress: (rows: number) => void,
): Promise<Float64Array> {
	const { n, d, A2, A3 } = problem;
	const dtype = problem.A1.dtype;
	const size = bytesPerNumber(dtype);
	return kernels.scope(async () => {
		const { nodes, columns } = plan;
		const shared = {
			...{ d, nodes, ...putRuns(kernels, plan.keyRuns), panels: plan.blockPanels },
			...keyMapOperands({ problem, frame }, kernels),
		};
		const chunkRows = Math.min(n, plan.slots * plan.slotRows);
		const used = slotRanges(chunkRows, plan).length;
		const length = nodes * columns;
		const sums = kernels.allocateZeros("f64", used * length);
		const joined = new JoinedSlots(length);
		const keysAt = kernels.rowReader(A2, dtype, chunkRows);
		const inputsAt = kernels.rowReader(A3, dtype, chunkRows);
		for (let from = 0; from < n; from += chunkRows) {
			const rows = Math.min(chunkRows, n - from);
			const keys = keysAt(from, from + rows);
			const inputs = inputsAt(from, from + rows);
			const tasks = slotRanges(rows, plan).map(([first, count], slot) => {
				const own = { keys: keys + first * d * size, inputs: inputs + first * d * size };
				return { rows: count, ...shared, ...own, S: sums + slot * length * 8 };
			});
			await run(tasks, { dtype, scratch: plan.keyScratch });
			joined.add(kernels.view("f64", sums, used * length));
			onProgress(from + rows);
		}
		const [total, byPlace] = [new Float64Array(length), joined.total()];
		for (let place = 0; place < nodes; place++)
			for (let column = 0, at = plan.keyRuns.order[place] * columns; column < columns; column++, at++)
				total[at] = byPlace[column * nodes + place];
		return total;
	});
}

/** Arguments of pass 2 that both routes take. */
type QueryTask = KernelTask<typeof polynomialKernels, "queryReverse">;

/** The kernel of a route's pass 2, its own operands in the kernels' memory. */
function queryKernel(
	route: KernelRouteName,
	{ problem, tree, weights }: RouteInput,
	moments: Float64Array,
	{ panelBytes }: KernelPlan,
	kernels: PolynomialKernels,
): (tasks: readonly QueryTask[], scratch: number) => Promise<Float64Array> {
	const { dtype } = problem.A1;
	if (route === "reverse") return (tasks, scratch) => kernels.run("queryReverse", tasks, { dtype, scratch });
	const own = {
		raisedNodes: tree.raisedSize,
		moments: putNumbers(kernels, dtype, moments),
		weight: putNumbers(kernels, dtype, weights),
		raised: putIndices(kernels, raisedTable(tree, panelBytes)),
	};
	return (tasks, scratch) => {
		const complete = tasks.map((task) => ({ ...task, ...own }));
		return kernels.run("queryMoment", complete, { dtype, scratch });
	};
}

/** Pass 2: gradient, loss and totals from the moments. */
export async function queries(
	route: KernelRouteName,
	input: RouteInput,
	moments: Float64Array,
	plan: KernelPlan,
	kernels: PolynomialKernels,
	onProgress: (rows: number) => void,
): Promise<LossGradient & RunTotals> {
	const { problem, tree, frame } = input;
	const { n, d, A1, E } = problem;
	const dtype = A1.dtype;
	const size = bytesPerNumber(dtype);
	// The route by moments multiplies features of every node.
	const runs = route === "moment" ? runTable(tree, tree.size) : plan.keyRuns;
	const shared = {
		...{ d, nodes: tree.size, ...putRuns(kernels, runs) },
		valueCentre: putNumbers(kernels, "f64", frame.valueCentre),
		...queryOperands(input, moments, runs.order, kernels),
	};
	const kernel = queryKernel(route, input, moments, plan, kernels);
	const sumCount = 1 + d + 2 * d * d;
	const totals = kernels.allocateZeros("f64", plan.slots * (sumCount + 2));
	const all = kernels.view("f64", totals, plan.slots * (sumCount + 2));
	const joined = new JoinedSlots(sumCount + 2);
	let leastNormaliser = Number.POSITIVE_INFINITY;
	const leastAt = (slot: number): number => (slot + 1) * (sumCount + 2) - 1;
	for (let slot = 0; slot < plan.slots; slot++) all[leastAt(slot)] = Number.POSITIVE_INFINITY;
	const chunkRows = Math.min(n, plan.slots * plan.slotRows);
	const inputsAt = kernels.rowReader(A1, dtype, chunkRows);
	const targetsAt = kernels.rowReader(E, dtype, chunkRows);
	const scratch = plan.queryScratch(runs, route === "moment" ? tree.raisedSize : runs.made);
	for (let from = 0; from < n; from += chunkRows) {
		const rows = Math.min(chunkRows, n - from);
		const inputs = inputsAt(from, from + rows);
		const targets = targetsAt(from, from + rows);
		const slots = slotRanges(rows, plan);
		const tasks = slots.map(([first, count], slot) => {
			const own = { A1: inputs + first * d * size, E: targets + first * d * size };
			return { rows: count, ...shared, ...own, totals: totals + slot * (sumCount + 2) * 8 };
		});
		const bad = await kernel(tasks, scratch);
		const slot = bad.findIndex((row) => row >= 0);
		if (slot >= 0)
			throw notPositive(
				"polynomial",
				from + slots[slot][0] + bad[slot],
				all[slot * (sumCount + 2) + sumCount],
				"raise the degree",
			);
		for (let at = 0; at < plan.slots; at++) {
			leastNormaliser = Math.min(leastNormaliser, all[leastAt(at)]);
			all[leastAt(at)] = 0;
		}
		joined.add(all);
		for (let at = 0; at < plan.slots; at++) all[leastAt(at)] = Number.POSITIVE_INFINITY;
		onProgress(from + rows);
	}
	const sums = joined.total();
	const inFrame = new Matrix(d, d, sums.slice(1 + d, 1 + d + d * d));
	return {
		gradient: scale(multiply(inFrame, frame.queryMap), problem.scale),
		loss: sums[0],
		inputSums: sums.slice(1, 1 + d),
		residualSums: new Matrix(d, d, sums.slice(1 + d + d * d, sumCount)),
		totalWeight: moments[d],
		leastNormaliser,
	};
}
