import type { BackwardProblem, OfEachGradient } from "@attgrad/attention-problem";
import {
	ComputationError,
	Matrix,
	type Numbers,
	nextTurn,
	type RowSource,
	type Runtime,
	withKernels,
} from "@attgrad/matrix-core";
import type { FeatureTree } from "../polynomial/monomials/feature-tree.ts";
import { keptTotalDegreeTree } from "../polynomial/monomials/total-degree.ts";
import { requireFinite } from "../rows/require-finite.ts";
import { cutChunks } from "./chunks.ts";
import { KernelRun } from "./kernels/kernel-run.ts";
import { operatorKernels } from "./kernels/operator-kernels.ts";
import { KeySweep } from "./key-sweep.ts";
import { makePart, ownRoom, type Part, type PartRows, partRows } from "./part.ts";
import { largestOf, type PartBounds, partBounds } from "./part-bounds.ts";
import { finishResults, type PartResults, partResults } from "./part-results.ts";
import { QuerySweep } from "./query-sweep.ts";

/** Gradients of all heads at a degree, in double precision, with their bounds. */
export interface Attempt {
	readonly degree: number;
	readonly gradients: OfEachGradient<Matrix>;
	readonly output: Matrix;
	readonly lse: Float64Array;
	readonly exactRows: number;
	/** A bound for each row, and the largest part of one that rounding accounts for. */
	readonly rows: OfEachGradient<Float64Array>;
	readonly floors: OfEachGradient;
	/** A bound on the length of the error of each row of the output. */
	readonly outputRows: Float64Array;
	/** The largest part of one that rounding accounts for, and the largest κ. */
	readonly outputFloor: number;
	readonly kappa: number;
}

/** The rows of an attempt, which its parts fill. */
type WholeRows = Omit<Attempt, "exactRows" | "floors" | "outputFloor" | "kappa">;

/** Names of the gradients. */
export const gradientNames = ["dQ", "dK", "dV"] as const;

/** Queries and keys of parts that are computed together. */
const BATCH = 2 ** 17;

/** Multiply-adds between two turns of the event loop: some 50 ms. */
const TURN = 3e7;

/** A part that is done: its gradients and their bounds. */
interface Done {
	readonly part: Part;
	readonly results: PartResults;
	readonly bounds: PartBounds;
}

/** The operands and limits of an attempt, and the function that takes each finished part. */
interface Task {
	readonly problem: BackwardProblem<RowSource>;
	readonly tree: FeatureTree;
	readonly chunk: number;
	readonly limit: number;
	readonly outputOnly: boolean;
	readonly finish: (done: Done) => void;
}

/** How an attempt is made. */
export interface AttemptOptions {
	/** Makes no gradients, for an upstream gradient of zeros. @default false */
	readonly outputOnly?: boolean;
	/** Called with the queries done, and all. */
	readonly onProgress?: Runtime["onProgress"];
}

/**
 * Computes the gradients at a degree, on the runtime's kernels and threads, or in plain TypeScript where it has none.
 * @param limit a bound on every entry above which there is no use in going on
 * @returns the attempt, or the bound that one part already is above the limit with
 */
export async function attemptDegree(
	problem: BackwardProblem<RowSource>,
	degree: number,
	chunk: number,
	limit: number,
	runtime: Runtime,
	{ outputOnly = false, onProgress }: AttemptOptions = {},
): Promise<Attempt | { readonly above: number }> {
	const tree = keptTotalDegreeTree(problem.d, degree);
	const all = emptyAttempt(problem, degree);
	let exactRows = 0;
	let rows = 0;
	const floors = { dQ: 0, dK: 0, dV: 0 };
	let [outputFloor, kappa] = [0, 0];
	const finish = ({ part, results, bounds }: Done): void => {
		place(part, results, bounds, all);
		for (const name of gradientNames) floors[name] = Math.max(floors[name], bounds.floors[name]);
		outputFloor = Math.max(outputFloor, bounds.outputFloor);
		kappa = Math.max(kappa, bounds.kappa);
		exactRows += results.exactRows;
		rows += part.group * part.queries;
		onProgress?.(rows, problem.batch * problem.heads * problem.n_q);
	};
	const task: Task = { problem, tree, chunk, limit, outputOnly, finish };
	for (const batch of batchesOf(problem)) {
		const above = await partsOn(runtime, batch, task);
		if (above !== undefined) return { above };
	}
	requireFinite("polynomial", outputOnly ? { output: all.output } : { ...all.gradients });
	return { ...all, floors, outputFloor, kappa, exactRows };
}

/** Parts in their order, together while they have at most `BATCH` rows. */
function* batchesOf(problem: BackwardProblem<RowSource>): Generator<PartRows[]> {
	let batch: PartRows[] = [];
	let rows = 0;
	for (const part of partRows(problem)) {
		const { heads, queries, keys } = part;
		const own = heads.length * (queries.to - queries.from) + keys.to - keys.from;
		if (batch.length > 0 && rows + own > BATCH) {
			yield batch;
			[batch, rows] = [[], 0];
		}
		batch.push(part);
		rows += own;
	}
	if (batch.length > 0) yield batch;
}

/** On kernels, or in plain TypeScript where there are none or the parts do not fit into their memory. */
async function partsOn(runtime: Runtime, batch: readonly PartRows[], task: Task): Promise<number | undefined> {
	if (runtime.kernel === "js") return plainParts(batch, task);
	try {
		return await kernelParts(batch, task, runtime);
	} catch (error) {
		if (!(error instanceof ComputationError && error.status === "out-of-memory")) throw error;
		return plainParts(batch, task);
	}
}

/** Parts one after the other; gives a bound that is above the limit, where one is. */
async function plainParts(
	batch: readonly PartRows[],
	{ problem, tree, chunk, limit, outputOnly, finish }: Task,
): Promise<number | undefined> {
	for (const rows of batch) {
		const part = makePart(problem, rows, ownRoom);
		const results = partResults(part);
		const chunks = cutChunks(part.intervals, part.keys, chunk);
		const pace = turns(tree, part, chunk);
		const sweep = new QuerySweep(part, chunks, tree, results, outputOnly);
		for (let c = 0; c < chunks.queryChunks; c++) {
			sweep.run(c);
			await pace();
		}
		const bounds = partBounds(part, results.errors);
		const above = largestBound(bounds);
		if (above > limit) return above;
		const keys = new KeySweep(part, chunks, tree, sweep.states, results);
		for (let e = outputOnly ? -1 : chunks.keyChunks - 1; e >= 0; e--) {
			keys.run(e);
			await pace();
		}
		finishResults(part, results);
		finish({ part, results, bounds });
	}
	return undefined;
}

/** The same on kernels: sweeps of all parts side by side, and rows that no polynomial serves between them. */
async function kernelParts(
	batch: readonly PartRows[],
	{ problem, limit, outputOnly, finish, ...task }: Task,
	runtime: Runtime,
): Promise<number | undefined> {
	return withKernels(runtime, operatorKernels, async (kernels) => {
		const run = await KernelRun.begin(kernels, problem, batch, { ...task, outputOnly, kernel: runtime.kernel });
		const bounds = await run.sweepQueries();
		const done = run.parts.map(({ part, results }, i) => ({ part, results, bounds: bounds[i] }));
		const above = Math.max(...done.map(({ bounds }) => largestBound(bounds)));
		if (above > limit) return above;
		if (!outputOnly) await run.sweepKeys();
		done.forEach(finish);
		return undefined;
	});
}

const largestBound = ({ rows }: PartBounds): number => Math.max(...gradientNames.map((name) => largestOf(rows[name])));

/** Lets others have a turn after every so much work. */
function turns({ raisedSize }: FeatureTree, { group, d, d_v }: Part, chunk: number): () => Promise<void> {
	let work = 0;
	return async () => {
		work += 3 * group * chunk * (raisedSize + 2 * chunk) * (d + 2 * d_v);
		if (work < TURN) return;
		work = 0;
		await nextTurn();
	};
}

function emptyAttempt(problem: BackwardProblem<RowSource>, degree: number): WholeRows {
	const { batch, heads, keyHeads, n_q, n_k, d, d_v } = problem;
	const [queries, keys] = [batch * heads * n_q, batch * keyHeads * n_k];
	const rows = () => ({ dQ: new Float64Array(queries), dK: new Float64Array(keys), dV: new Float64Array(keys) });
	return {
		degree,
		gradients: { dQ: Matrix.zeros(queries, d), dK: Matrix.zeros(keys, d), dV: Matrix.zeros(keys, d_v) },
		output: Matrix.zeros(queries, d_v),
		outputRows: new Float64Array(queries),
		lse: new Float64Array(queries).fill(Number.NEGATIVE_INFINITY),
		rows: rows(),
	};
}

/** Writes the results of a part, in the units of the problem, to their rows. */
function place(part: Part, results: PartResults, bounds: PartBounds, all: WholeRows): void {
	const { group, queries, queryAt, keyAt, d, d_v } = part;
	const { dQ, dK, dV } = all.gradients;
	for (let head = 0; head < group; head++) {
		const to = queryAt[head];
		const place = (from: Float64Array, width: number, into: Numbers): void =>
			into.set(from.subarray(head * queries * width, (head + 1) * queries * width), to * width);
		place(results.dQ, d, dQ.data);
		place(results.output, d_v, all.output.data);
		place(results.lse, 1, all.lse);
		place(bounds.rows.dQ, 1, all.rows.dQ);
		place(bounds.output, 1, all.outputRows);
	}
	dK.data.set(results.dK, keyAt * d);
	dV.data.set(results.dV, keyAt * d_v);
	for (const name of ["dK", "dV"] as const) all.rows[name].set(bounds.rows[name], keyAt);
}
