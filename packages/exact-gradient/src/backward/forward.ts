import { type AttentionOperands, type Head, headsOf, refuseUnless, visibleKeys } from "@attgrad/attention-problem";
import {
	allocateNumbers,
	bytesPerNumber,
	ComputationError,
	copyNumbers,
	firstNotFinite,
	Matrix,
	present,
	type RowSource,
	type Runtime,
	withKernels,
} from "@attgrad/matrix-core";
import { scaledOperands } from "../range/scaled-operands.ts";
import { backwardKernels } from "./backward-kernels.ts";
import { writeLse } from "./kernel-backward.ts";
import { type BackwardKernels, packedBytes, packHead } from "./packed-head.ts";
import { streamingOutput } from "./streaming.ts";
import { planStripes, type Stripe, type StripePlan } from "./stripes.ts";
import { FLOPS_OF_COLUMN, withinDays } from "./within-days.ts";

/** Bytes of packed heads that are in memory at once; stripes of a round. */
const MEMORY = { heads: 2 ** 28, stripes: 256 };

/** The output of every head, and ln Σ e^score of every query. */
export interface OperatorOutput {
	/** (batch · heads · n_q) x d_v, in the number type of the operands; 0 for a query that sees no key. */
	readonly output: Matrix;
	/** batch · heads · n_q numbers; −Infinity for a query that sees no key. */
	readonly lse: Float64Array;
}

/**
 * The exact output of the operator, softmax(scale · Q Kᵀ over visible keys) V, for every head: 2 (d + d_v) flops and one exponential a
 * visible pair, memory O(n (d + d_v)). Heads run side by side on the threads; the result is the same for every number of them.
 * @throws UsageError for so many visible pairs that they would take days; ComputationError where memory cannot grow, or an output is not finite
 */
export async function operatorForward(
	operands: AttentionOperands<RowSource>,
	runtime: Runtime,
): Promise<OperatorOutput> {
	refuseUnless(withinDays(operands, FLOPS_OF_COLUMN.forward));
	const scaled = scaledOperands(operands);
	const made = await outputOf(scaled?.operands ?? operands, runtime);
	const { output, lse } = scaled?.back(made) ?? made;
	const at = firstNotFinite(output.data, 0, output.data.length);
	if (at >= 0)
		throw new ComputationError("failed", `streaming: an entry of the output is not finite: ${output.data[at]}`);
	return { output: output.as(operands.Q.dtype), lse };
}

const outputOf = (operands: AttentionOperands<RowSource>, runtime: Runtime): Promise<OperatorOutput> =>
	runtime.kernel === "js"
		? streamingOutput(operands, runtime.onProgress)
		: withKernels(runtime, backwardKernels, (kernels) => kernelOutput(operands, kernels, runtime.allocateResult));

async function kernelOutput(
	operands: AttentionOperands<RowSource>,
	kernels: BackwardKernels,
	allocate = allocateNumbers,
): Promise<OperatorOutput> {
	const { n_q, n_k, d_v, batch, heads, keyHeads, Q } = operands;
	const { dtype } = Q;
	const made = {
		output: new Matrix(batch * heads * n_q, d_v, allocate(dtype, batch * heads * n_q * d_v)),
		lse: new Float64Array(batch * heads * n_q),
	};
	const intervals = visibleKeys(operands.visibility, n_q, n_k);
	const [panelRows] = await kernels.run("panelRows", [{}], { dtype });
	const plan = planStripes(intervals, operands, panelRows);
	const [lo, hi] = [intervals.lo, intervals.hi].map((numbers) => {
		const address = kernels.allocate("f32", numbers.length);
		kernels.indices(address, numbers.length).set(numbers);
		return address;
	});
	const all = headsOf(operands);
	const together = Math.max(1, Math.floor(MEMORY.heads / packedBytes(operands, bytesPerNumber(dtype))));
	for (let from = 0; from < batch * keyHeads; from += together) {
		const some = all.filter(({ keyIndex }) => keyIndex >= from && keyIndex < from + together);
		await kernels.scope(async () => {
			const jobs = new Map<number, number>();
			for (const head of some)
				if (!jobs.has(head.keyIndex))
					jobs.set(head.keyIndex, await packHead(head, operands, plan, { lo, hi, panelRows }, kernels, false));
			await outputsOf(some, jobs, operands, plan, kernels, made);
		});
		kernels.onProgress?.((present(some.at(-1), "a head").index + 1) * n_q, made.lse.length);
	}
	return made;
}

/** The outputs of some heads, whose keys are packed. */
async function outputsOf(
	heads: readonly Head<RowSource>[],
	jobs: ReadonlyMap<number, number>,
	{ n_q, d, d_v, Q: { dtype } }: AttentionOperands<RowSource>,
	{ stripes, chunk }: StripePlan,
	kernels: BackwardKernels,
	made: OperatorOutput,
): Promise<void> {
	const [firstJob] = jobs.values();
	const [scratch] = await kernels.run("scratchBytes", [{ job: firstJob, keys: chunk }], { dtype });
	const queue = heads.flatMap((head) =>
		stripes.map((stripe): Stripe & { head: Head<RowSource> } => ({ ...stripe, head })),
	);
	for (let first = 0; first < queue.length; first += MEMORY.stripes)
		await kernels.scope(async () => {
			const places = queue.slice(first, first + MEMORY.stripes).map(({ head, from, to }) => {
				const count = to - from;
				const place = {
					...{ head, from, count, Q: kernels.allocate(dtype, count * d) },
					...{ output: kernels.allocate(dtype, count * d_v), rowSums: kernels.allocate("f64", 2 * count) },
				};
				kernels.readRows(head.Q, from, to, dtype, place.Q);
				return place;
			});
			const tasks = places.map(({ head, from, count, Q, output, rowSums }) => {
				const job = present(jobs.get(head.keyIndex), `the job of key head ${head.keyIndex}`);
				return { job, Q, first: from, rows: count, outputs: output, rowSums };
			});
			await kernels.run("forwardStripe", tasks, { dtype, scratch });
			for (const { head, from, count, output, rowSums } of places) {
				const row = head.index * n_q + from;
				copyNumbers(kernels.view(dtype, output, count * d_v), made.output.slice(row, row + count).data);
				writeLse(kernels.view("f64", rowSums, 2 * count), made.lse.subarray(row, row + count));
			}
		});
}
