import {
	bytesPerNumber,
	type Kernels,
	type KernelTask,
	Matrix,
	multiply,
	type Runtime,
	scale,
	withKernels,
} from "@attgrad/matrix-core";
import { JoinedSlots } from "../../kernels/joined-slots.ts";
import { putIndices, slotRanges } from "../../kernels/kernel-operands.ts";
import { type KernelPlan, kernelPlan } from "../../kernels/kernel-plan.ts";
import { keyMoments, type MomentsRun } from "../../kernels/kernel-route.ts";
import { keptTotalDegreeTree } from "../../monomials/total-degree.ts";
import { lowerConstants } from "../bounds/error-constants.ts";
import { gaussKernels } from "../gauss-kernels.ts";
import type { KernelRecords } from "../pairs/row-record.ts";
import { momentsInTwo } from "../precisions/moments-in-two.ts";
import { operandsInTwo } from "../precisions/queries-in-two.ts";
import type { GaussTotals } from "../totals.ts";
import type { GaussInput, GaussRun } from "./gauss-run.ts";
import { addToSquares, momentColumns } from "./key-columns.ts";
import { queryOperands } from "./query-operands.ts";
import { RowsApart } from "./rows-apart.ts";

/** Whether the totals of some rows, spread over all, show that a run is in vain. */
export type InVain = (totals: GaussTotals, rows: number) => boolean;

/** The part of the chunks of pass 2, and how many, after which it is asked whether the run is in vain. */
const ASKED = { part: 1 / 16, chunks: 3 };

/** Part of the time that pass 1 takes, for the progress. */
const KEY_SHARE = 0.4;

/**
 * `plainGaussRun` on kernels and threads, by the route `moment`. The result is the same for every number of threads.
 * @throws ComputationError out-of-memory when the kernels' memory cannot grow
 */
export async function gaussOnKernels(input: GaussInput, runtime: Runtime, isInVain?: InVain): Promise<GaussRun> {
	const { problem, tree, space, constants, doubleUpTo } = input;
	const { n, d } = problem;
	const shape = { n, d, dtype: doubleUpTo === undefined ? problem.A1.dtype : "f32" };
	const plan = kernelPlan(runtime.kernel, shape, tree, tree.raisedSize, momentColumns(constants));
	return withKernels(runtime, gaussKernels, async (kernels) => {
		const done = (rows: number): void => runtime.onProgress?.(rows, n);
		const extra = plan.columns - d - 1;
		const run: MomentsRun = (tasks, options) =>
			kernels.run(
				"gaussMoments",
				tasks.map((task) => ({ ...task, extra })),
				options,
			);
		const operands = { problem, frame: space.frame };
		const ofKeys = (rows: number): void => done(KEY_SHARE * rows);
		const ofOne = async () => ({ moments: await keyMoments(operands, plan, kernels, run, ofKeys) });
		const { moments, ...ofTerms } =
			doubleUpTo === undefined ? await ofOne() : await momentsInTwo(input, doubleUpTo, plan, kernels, ofKeys);
		addToSquares(moments, constants);
		return queries({ ...input, ...ofTerms }, moments, plan, kernels, isInVain, (rows) =>
			done(KEY_SHARE * n + (1 - KEY_SHARE) * rows),
		);
	});
}

/** Pass 2: gradient, loss and totals from the moments. */
async function queries(
	input: GaussInput,
	moments: Float64Array,
	plan: KernelPlan,
	kernels: Kernels<typeof gaussKernels>,
	isInVain: InVain | undefined,
	onProgress: (rows: number) => void,
): Promise<GaussRun> {
	const { problem, space } = input;
	const { n, d, A1, E } = problem;
	const { dtype } = A1;
	const size = bytesPerNumber(dtype);
	const pass = passOf(input, moments, plan, kernels);
	const sumCount = 1 + d + 2 * d * d;
	const length = sumCount + (d + 2) * d + 1;
	const places = pass.maps.length * plan.slots;
	const totals = kernels.allocateZeros("f64", places * length);
	const chunkRows = Math.min(n, plan.slots * plan.slotRows);
	const inputsAt = kernels.rowReader(A1, dtype, chunkRows);
	const targetsAt = kernels.rowReader(E, dtype, chunkRows);
	const flagWords = Math.ceil(chunkRows / 4);
	const flags = putIndices(kernels, new Int32Array(flagWords));
	const apart = pass.maps.length > 1 ? new RowsApart(input, pass.maps[0], chunkRows, plan, kernels) : undefined;
	const sink = input.records?.onKernels(kernels, slotRanges(chunkRows, plan).length);
	const sample = (): Promise<KernelRecords> => {
		const own = { A1: inputsAt(0, chunkRows), E: targetsAt(0, chunkRows), flags };
		const sizes = { rows: chunkRows, scratch: pass.scratch, length };
		return someRecords(input, { ...pass.inOne[0].shared, ...own, ...noPairs }, sizes, plan, kernels);
	};
	const pairs = sink ? await sink.prepare(await sample()) : [];
	const exactRows: number[] = [];
	const joined = new JoinedSlots(length);
	let largestKappa = 0;
	let done = 0;
	const chunks = Math.ceil(n / chunkRows);
	const asked = Math.max(ASKED.chunks, Math.ceil(ASKED.part * chunks));
	for (const [at, chunk] of spreadOrder(chunks).entries()) {
		const from = chunk * chunkRows;
		const rows = Math.min(chunkRows, n - from);
		const inputs = inputsAt(from, from + rows);
		const targets = targetsAt(from, from + rows);
		const slots = slotRanges(rows, plan);
		const blocks = apart
			? await apart.split(inputs, targets, slots)
			: slots.map(([first, count]) => [{ first, count, A1: inputs + first * d * size, E: targets + first * d * size }]);
		const tasks = blocks.flatMap((ofSlot, slot) =>
			ofSlot.flatMap(({ first, count, A1, E }, at) => {
				if (count === 0) return [];
				const own = { A1, E, flags: flags + first, totals: totals + (at * plan.slots + slot) * length * 8 };
				return [{ at, slot, rows: count, first: from + first, ...own }];
			}),
		);
		const left = await pass.run(tasks, pairs);
		const all = kernels.view("f64", totals, places * length);
		largestKappa = Math.max(largestKappa, takeLast(all, length));
		joined.add(all);
		if (left.some((count) => count > 0))
			takeFlags(kernels.indices(flags, flagWords), (at) => from + (apart?.rowAt(at) ?? at), exactRows);
		done += rows;
		onProgress(done);
		if (at + 1 === asked && done < n && isInVain?.(totalsOf(joined.total(), d, exactRows, largestKappa), done)) break;
	}
	sink?.finish();
	const sums = joined.total();
	const gradient = new Matrix(d, d, sums.slice(1 + d, 1 + d + d * d));
	return {
		gradient: scale(multiply(gradient, space.frame.queryMap), problem.scale),
		loss: sums[0],
		totals: totalsOf(sums, d, exactRows, largestKappa),
		rows: done,
	};
}

/** Rows of one degree of a slot: what a task of pass 2 has of its own, the number of the degree and that of the slot. */
type RowsTask = Pick<QueryTask, "rows" | "A1" | "E" | "flags" | "totals" | "first"> & {
	readonly at: number;
	readonly slot: number;
};

/** Pass 2 in one precision or in two: its arguments by degree, the bytes of scratch of a thread, and the kernel. */
function passOf(input: GaussInput, moments: Float64Array, plan: KernelPlan, kernels: Kernels<typeof gaussKernels>) {
	const { doubleUpTo } = input;
	const { dtype } = input.problem.A1;
	const isOne = doubleUpTo === undefined;
	const inOne = isOne ? byDegrees(input, (own) => queryOperands(own, moments, plan, kernels)) : [];
	const inTwo = isOne ? [] : byDegrees(input, (own) => operandsInTwo(own, moments, plan, kernels));
	const degrees = [...inOne, ...inTwo];
	const scratch = Math.max(...degrees.map((own) => own.scratch));
	const run = (tasks: readonly RowsTask[], pairs: readonly object[]): Promise<Float64Array> =>
		isOne
			? kernels.run(
					"gaussQueries",
					tasks.map(({ at, slot, ...own }) => ({ ...inOne[at].shared, ...noPairs, ...pairs[slot], ...own })),
					{ dtype, scratch },
				)
			: kernels.run(
					"gaussQueriesInTwo",
					tasks.map(({ at, slot, first, ...own }) => ({ ...inTwo[at].shared, ...own })),
					{ scratch },
				);
	return { inOne, maps: degrees.map(({ shared }) => shared), scratch, run };
}

/**
 * Arguments of pass 2 by degree: where rows of small reach have one less, those come first. Moments and roundings are those of the higher one; of
 * their monomials one degree more is in single precision.
 */
function byDegrees<Operands>(input: GaussInput, operandsOf: (input: GaussInput) => Operands): Operands[] {
	const { constants, tree, lowerReach } = input;
	const own = operandsOf(input);
	if (lowerReach === undefined) return [own];
	const { degree } = lowerConstants(constants);
	const lower = { ...input, tree: keptTotalDegreeTree(tree.d, degree), constants: lowerConstants(constants) };
	return [operandsOf(lower), own];
}

/** The largest of the last numbers of each `length`, which are set to 0. */
function takeLast(numbers: Float64Array, length: number): number {
	let most = 0;
	for (let last = length - 1; last < numbers.length; last += length) {
		most = Math.max(most, numbers[last]);
		numbers[last] = 0;
	}
	return most;
}

/** Rows of which records are looked at before the others, in so many ranges. */
const SAMPLE = { rows: 512, ranges: 8 } as const;

/** Neither records nor pairs. */
const noPairs = { records: 0, pairConstants: 0, choices: 0, pairTable: 0, seed: 0, pairTotals: 0, first: 0 };

type QueryTask = KernelTask<typeof gaussKernels, "gaussQueries">;

/** The records of some rows from all over the first chunk. */
async function someRecords(
	{ problem, records }: GaussInput,
	task: Omit<QueryTask, "rows" | "totals">,
	{ rows, scratch, length }: { readonly rows: number; readonly scratch: number; readonly length: number },
	{ panelBytes }: KernelPlan,
	kernels: Kernels<typeof gaussKernels>,
): Promise<KernelRecords> {
	const { dtype } = problem.A1;
	const size = bytesPerNumber(dtype);
	const many = rows > SAMPLE.rows ? SAMPLE.ranges : 1;
	const each = Math.min(rows, SAMPLE.rows) / many;
	const recordLength = upTo(each, panelBytes / size) * (records?.places.length ?? 0);
	const [to, totals] = [kernels.allocate("f64", many * recordLength), kernels.allocateZeros("f64", many * length)];
	const ranges = Array.from({ length: many }, (_, range) => ({ rows: each, address: to + range * recordLength * 8 }));
	const tasks = ranges.map(({ address }, range) => {
		const from = Math.floor((range * rows) / many);
		const own = {
			A1: task.A1 + from * problem.d * size,
			E: task.E + from * problem.d * size,
			flags: task.flags + from,
		};
		return { ...task, ...own, rows: each, totals: totals + range * length * 8, records: address };
	});
	await kernels.run("gaussQueries", tasks, { dtype, scratch });
	return { lanes: panelBytes / 8, ranges };
}

/** The totals of a certificate from the sums of pass 2. */
function totalsOf(sums: Float64Array, d: number, exactRows: readonly number[], largestKappa: number): GaussTotals {
	const sumCount = 1 + d + 2 * d * d;
	const terms = sums.slice(sumCount);
	return {
		inputSums: sums.slice(1, 1 + d),
		residualSums: sums.slice(1 + d + d * d, sumCount),
		l1: terms.slice(0, d),
		spread: Float64Array.from({ length: d * d }, (_, at) => terms[(1 + (at % d)) * d + Math.floor(at / d)]),
		grown: terms.slice((d + 1) * d, (d + 2) * d),
		exactRows: exactRows.toSorted((a, b) => a - b),
		largestKappa,
	};
}

/** The numbers 0..count - 1, each far from those before it, so that the first ones are spread over all. */
function spreadOrder(count: number): number[] {
	let step = Math.max(1, Math.round(count * 0.6180339887498949));
	const divisor = (a: number, b: number): number => (b === 0 ? a : divisor(b, a % b));
	while (divisor(step, count) > 1) step++;
	return Array.from({ length: count }, (_, at) => (at * step) % count);
}

const upTo = (x: number, multiple: number): number => Math.ceil(x / multiple) * multiple;

/** Appends the rows that have a flag, and takes the flags back. */
function takeFlags(words: Int32Array, rowOf: (at: number) => number, exactRows: number[]): void {
	const bytes = new Uint8Array(words.buffer, words.byteOffset, 4 * words.length);
	for (let at = bytes.indexOf(1); at >= 0; at = bytes.indexOf(1, at + 1)) exactRows.push(rowOf(at));
	bytes.fill(0);
}
