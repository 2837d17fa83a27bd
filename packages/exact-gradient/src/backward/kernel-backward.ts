import { type BackwardProblem, type Head, headsOf, type KeyIntervals, visibleKeys } from "@attgrad/attention-problem";
import {
	ComputationError,
	copyNumbers,
	type Dtype,
	type KernelTask,
	type RowSource,
	type Runtime,
	withKernels,
} from "@attgrad/matrix-core";
import { backwardKernels } from "./backward-kernels.ts";
import { type BackwardKernels, packedBytes, packHead, type SharedMemory } from "./packed-head.ts";
import { emptyResults, type HeadResults } from "./results.ts";
import { planStripes, type Stripe, type StripePlan } from "./stripes.ts";

/** Bytes of packed heads that are in memory at once, and of stripes' parts of dK and dV; stripes of a round. */
const MEMORY = { heads: 2 ** 28, parts: 2 ** 28, stripes: 64 };

/** Keys of a task that joins stripes. */
const JOIN_KEYS = 512;

/** Gradients and output of all heads, and half the squared norm of the residuals where there are some. */
export interface KernelBackward extends HeadResults {
	readonly loss: number;
}

/** Options of `kernelBackward`. */
export interface KernelBackwardOptions {
	/** Whether dO holds targets, and the upstream gradient is the output less those. @default false */
	readonly residual?: boolean;
	/** The keys that each query of a head sees. @default those of the problem's visibility */
	readonly intervals?: KeyIntervals;
	/** Zeroed storage of the results, where they are those of a request. @default fresh memory */
	readonly allocate?: Runtime["allocateResult"];
}

/**
 * The backward pass by the kernels on all threads, in the number type of the operands: 6 (d + d_v) flops and one exponential a visible
 * pair; memory O(n (d + d_v)) for the operands and the parts of dK and dV, and blockRows · n numbers for each thread. Stripes of
 * queries of several heads run side by side; the parts that they have in dK and dV are added in a fixed order, in double precision, so that
 * the result is the same for every number of threads.
 * @throws ComputationError where memory cannot grow
 */
export async function kernelBackward(
	problem: BackwardProblem<RowSource>,
	runtime: Runtime,
	options: KernelBackwardOptions = {},
): Promise<KernelBackward> {
	try {
		return await withKernels(runtime, backwardKernels, (kernels) => new Pass(problem, kernels, options).run());
	} catch (error) {
		if (!(error instanceof ComputationError && error.status === "out-of-memory")) throw error;
		const { n_q, n_k } = problem;
		throw new ComputationError(
			"out-of-memory",
			`streaming: ${error.message} at n_q = ${n_q}, n_k = ${n_k}; fewer threads or --dtype f32 need less, --algorithm polynomial needs no ${n_q} x ${n_k} pairs`,
		);
	}
}

/** A stripe of one head, and which of the batch's packed heads it attends. */
interface HeadStripe extends Stripe {
	readonly head: Head<RowSource>;
	readonly packed: PackedHead;
}

/** A head of keys in kernel memory, with the sums of its gradients in double precision. */
interface PackedHead {
	readonly keyIndex: number;
	readonly job: number;
	readonly dK: number;
	readonly dV: number;
}

/** Addresses of the rows of a stripe. */
interface StripeRows {
	readonly Q: number;
	readonly dO: number;
	readonly dQ: number;
	readonly output: number;
	readonly rowSums: number;
	readonly part: number;
}

/** One backward pass on the kernels. */
class Pass {
	readonly #problem: BackwardProblem<RowSource>;
	readonly #kernels: BackwardKernels;
	readonly #residual: boolean;
	readonly #intervals: KeyIntervals;
	readonly #results: HeadResults;
	readonly #dtype: Dtype;
	readonly #size: number;
	/** Numbers of a row of a part: of dK, then of dV, each padded. */
	#partWidth = 0;
	#loss = 0;
	#rowsDone = 0;

	constructor(
		problem: BackwardProblem<RowSource>,
		kernels: BackwardKernels,
		{ residual = false, intervals, allocate }: KernelBackwardOptions,
	) {
		this.#problem = problem;
		this.#kernels = kernels;
		this.#residual = residual;
		this.#intervals = intervals ?? visibleKeys(problem.visibility, problem.n_q, problem.n_k);
		this.#dtype = problem.Q.dtype;
		this.#size = this.#dtype === "f64" ? 8 : 4;
		this.#results = emptyResults(problem, this.#dtype, allocate);
	}

	async run(): Promise<KernelBackward> {
		const problem = this.#problem;
		const { n_k, d, d_v, batch, keyHeads } = problem;
		const intervals = this.#intervals;
		const dtype = this.#dtype;
		const [panelRows] = await this.#kernels.run("panelRows", [{}], { dtype });
		const widths = [{ count: d }, { count: d_v }];
		const [width, valueWidth] = await this.#kernels.run("paddedWidth", widths, { dtype });
		this.#partWidth = width + valueWidth;
		const plan = planStripes(intervals, problem, panelRows);
		const shared = { lo: this.#put(intervals.lo), hi: this.#put(intervals.hi), panelRows };
		const heads = headsOf(problem);
		const bytes = packedBytes(problem, this.#size) + n_k * (d + d_v) * 8;
		const together = Math.max(1, Math.floor(MEMORY.heads / bytes));
		for (let from = 0; from < batch * keyHeads; from += together) {
			const some = heads.filter(({ keyIndex }) => keyIndex >= from && keyIndex < from + together);
			await this.#kernels.scope(() => this.#batch(some, plan, shared));
		}
		return { ...this.#results, loss: this.#loss };
	}

	/** Some heads of keys, with all queries that attend them. */
	async #batch(heads: readonly Head<RowSource>[], plan: StripePlan, shared: SharedMemory): Promise<void> {
		const { n_k, d, d_v } = this.#problem;
		const kernels = this.#kernels;
		const packed = new Map<number, PackedHead>();
		for (const head of heads) {
			const { keyIndex } = head;
			if (packed.has(keyIndex)) continue;
			const [dK, dV] = [kernels.allocateZeros("f64", n_k * d), kernels.allocateZeros("f64", n_k * d_v)];
			const job = await packHead(head, this.#problem, plan, shared, kernels, this.#residual);
			packed.set(keyIndex, { keyIndex, job, dK, dV });
		}
		const stripes = heads.flatMap((head) => {
			const own = packed.get(head.keyIndex) as PackedHead;
			return plan.stripes.map((stripe): HeadStripe => ({ ...stripe, head, packed: own }));
		});
		const blocks = [{ job: stripes[0].packed.job, keys: plan.mostKeys }];
		const [scratch] = await kernels.run("scratchBytes", blocks, { dtype: this.#dtype });
		for (const round of this.#rounds(stripes)) await kernels.scope(() => this.#round(round, scratch));
		for (const { keyIndex, dK, dV } of packed.values()) {
			const key = keyIndex * n_k;
			copyNumbers(kernels.view("f64", dK, n_k * d), this.#results.dK.slice(key, key + n_k).data);
			copyNumbers(kernels.view("f64", dV, n_k * d_v), this.#results.dV.slice(key, key + n_k).data);
		}
	}

	/** Stripes in their order, as many in a round as fit in the memory for parts. */
	*#rounds(stripes: readonly HeadStripe[]): Generator<readonly HeadStripe[]> {
		let [first, bytes] = [0, 0];
		for (const [at, { keyFrom, keyTo }] of stripes.entries()) {
			const more = (keyTo - keyFrom) * this.#partWidth * this.#size;
			if (at - first === MEMORY.stripes || (at - first >= 2 && bytes + more > MEMORY.parts)) {
				yield stripes.slice(first, at);
				[first, bytes] = [at, 0];
			}
			bytes += more;
		}
		yield stripes.slice(first);
	}

	/** Computes stripes, takes their rows out of the memory, and adds their parts to dK and dV. */
	async #round(stripes: readonly HeadStripe[], scratch: number): Promise<void> {
		const rows = stripes.map((stripe) => this.#bring(stripe));
		const count = stripes.reduce((sum, { from, to }) => sum + to - from, 0);
		const tasks = stripes.map(({ packed, from, to, keyFrom, keyTo }, i) => {
			const { output: outputs, ...own } = rows[i];
			return { job: packed.job, first: from, rows: to - from, from: keyFrom, to: keyTo, outputs, ...own };
		});
		const losses = await this.#kernels.run("backwardStripe", tasks, {
			dtype: this.#dtype,
			scratch,
			onProgress: (done) => this.#report((count * done) / tasks.length),
		});
		for (const loss of losses) this.#loss += loss;
		for (const [i, stripe] of stripes.entries()) this.#fetch(stripe, rows[i]);
		await this.#join(stripes, rows);
		this.#rowsDone += count;
		this.#report(0);
	}

	#report(more: number): void {
		this.#kernels.onProgress?.(Math.round(this.#rowsDone + more), this.#results.lse.length);
	}

	/** Reads the rows of a stripe into kernel memory, with room for its results. */
	#bring({ head, from, to, keyFrom, keyTo }: HeadStripe): StripeRows {
		const { d, d_v } = this.#problem;
		const kernels = this.#kernels;
		const count = to - from;
		const room = (width: number) => kernels.allocate(this.#dtype, count * width);
		const made = {
			...{ Q: room(d), dO: room(d_v), dQ: room(d), output: room(d_v) },
			rowSums: kernels.allocate("f64", 2 * count),
			part: kernels.allocate(this.#dtype, (keyTo - keyFrom) * this.#partWidth),
		};
		kernels.readRows(head.Q, from, to, this.#dtype, made.Q);
		if (head.dO) kernels.readRows(head.dO, from, to, this.#dtype, made.dO);
		return made;
	}

	/** Copies what a stripe made of its own rows into the results. */
	#fetch({ head, from, to }: HeadStripe, { dQ, output, rowSums }: StripeRows): void {
		const { n_q, d, d_v } = this.#problem;
		const kernels = this.#kernels;
		const [first, count] = [head.index * n_q + from, to - from];
		copyNumbers(kernels.view(this.#dtype, dQ, count * d), this.#results.dQ.slice(first, first + count).data);
		copyNumbers(kernels.view(this.#dtype, output, count * d_v), this.#results.output.slice(first, first + count).data);
		writeLse(kernels.view("f64", rowSums, 2 * count), this.#results.lse.subarray(first, first + count));
	}

	/** dK and dV += the parts of the stripes, in their order. */
	async #join(stripes: readonly HeadStripe[], rows: readonly StripeRows[]): Promise<void> {
		const { n_k, d, d_v } = this.#problem;
		const tasks: KernelTask<typeof backwardKernels, "joinStripes">[] = [];
		for (const packed of new Set(stripes.map(({ packed }) => packed))) {
			const parts = stripes.flatMap((stripe, i) =>
				stripe.packed === packed ? [stripe.keyFrom, stripe.keyTo, rows[i].part] : [],
			);
			const table = this.#put(Int32Array.from(parts));
			const shared = { table, count: parts.length / 3, d, dv: d_v, dK: packed.dK, dV: packed.dV };
			for (let from = 0; from < n_k; from += JOIN_KEYS)
				tasks.push({ ...shared, from, to: Math.min(n_k, from + JOIN_KEYS) });
		}
		await this.#kernels.run("joinStripes", tasks, { dtype: this.#dtype });
	}

	/** Whole numbers in kernel memory. */
	#put(numbers: Int32Array): number {
		const address = this.#kernels.allocate("f32", numbers.length);
		this.#kernels.indices(address, numbers.length).set(numbers);
		return address;
	}
}

/** ln Σ e^score of rows, from the scores that were subtracted and the sums: 2 numbers a row. */
export function writeLse(rowSums: Float64Array, lse: Float64Array): void {
	for (let j = 0; j < lse.length; j++)
		lse[j] = rowSums[2 * j + 1] > 0 ? rowSums[2 * j] + Math.log(rowSums[2 * j + 1]) : Number.NEGATIVE_INFINITY;
}
