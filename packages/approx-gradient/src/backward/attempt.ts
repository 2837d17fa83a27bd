import type { BackwardProblem } from "@attgrad/attention-problem";
import {
	ComputationError,
	type Kernels,
	nextTurn,
	type RowSource,
	type Runtime,
	withKernels,
} from "@attgrad/matrix-core";
import type { FeatureTree } from "../polynomial/monomials/feature-tree.ts";
import { keptTotalDegreeTree } from "../polynomial/monomials/total-degree.ts";
import { AttemptRows, type Done, type GradientRows, gradientNames } from "./attempt-rows.ts";
import { cutChunks } from "./chunks.ts";
import { KernelRun } from "./kernels/kernel-run.ts";
import { operatorKernels } from "./kernels/operator-kernels.ts";
import { KeySweep } from "./key-sweep.ts";
import { exactLeftRows, type LeftRows } from "./left-rows.ts";
import { makePart, ownRoom, type Part, type PartRows, partRows, piecesOf } from "./part.ts";
import { type PartBounds, partBounds } from "./part-bounds.ts";
import { finishResults, partResults } from "./part-results.ts";
import { QuerySweep } from "./query-sweep.ts";

/** Gradients of all heads at a degree. */
export interface Attempt extends GradientRows {
	readonly degree: number;
}

/** Queries and keys of parts that are computed together. */
const BATCH = 2 ** 17;

/** Pieces that the queries of a part are cut into where memory is short, one count after the other, and queries of one at the least. Keys are made ready and summed again for each. */
const PIECES = [1, 2, 4, 8];
const LEAST_QUERIES = 256;

/** Multiply-adds between two turns of the event loop: some 50 ms. */
const TURN = 3e7;

/** The operands and limits of an attempt, and what takes the results of its parts. */
interface Task {
	readonly problem: BackwardProblem<RowSource>;
	readonly tree: FeatureTree;
	readonly chunk: number;
	readonly limit: number;
	readonly outputOnly: boolean;
	readonly rows: AttemptRows;
	/** Called when parts are done. */
	readonly onDone: () => void;
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
	const rows = new AttemptRows(problem);
	const onDone = (): void => onProgress?.(rows.queries, problem.batch * problem.heads * problem.n_q);
	const task: Task = { problem, tree, chunk, limit, outputOnly, rows, onDone };
	for (const batch of batchesOf(problem)) {
		const above = await partsOn(runtime, batch, task);
		if (above !== undefined) return { above };
	}
	return { degree, ...rows.finished(outputOnly) };
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

/** On kernels, or in plain TypeScript where there are none; parts that do not fit into their memory are computed one by one, and in pieces. */
async function partsOn(runtime: Runtime, batch: readonly PartRows[], task: Task): Promise<number | undefined> {
	if (runtime.kernel === "js") return plainParts(batch, task);
	const [first] = batch;
	for (const count of PIECES) {
		if (count > 1 && (batch.length > 1 || first.queries.to - first.queries.from < count * LEAST_QUERIES)) break;
		const takeBack = task.rows.mark();
		try {
			return await inTurn(count === 1 ? [batch] : piecesOf(first, count).map((piece) => [piece]), (parts) =>
				kernelParts(parts, task, runtime),
			);
		} catch (error) {
			if (!(error instanceof ComputationError && error.status === "out-of-memory")) throw error;
			takeBack();
		}
	}
	if (batch.length === 1) return plainParts(batch, task);
	return inTurn(
		batch.map((part) => [part]),
		(parts) => partsOn(runtime, parts, task),
	);
}

/** Computes some parts after others, until a bound is above the limit: gives it. */
async function inTurn(
	batches: readonly (readonly PartRows[])[],
	compute: (parts: readonly PartRows[]) => Promise<number | undefined>,
): Promise<number | undefined> {
	for (const parts of batches) {
		const above = await compute(parts);
		if (above !== undefined) return above;
	}
	return undefined;
}

/** Parts one after the other; gives a bound that is above the limit, where one is. */
async function plainParts(
	batch: readonly PartRows[],
	{ problem, tree, chunk, limit, outputOnly, rows: all, onDone }: Task,
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
		all.placeQueries({ part, results, bounds });
		all.placeKeys({ part, results, bounds });
		onDone();
	}
	return undefined;
}

/** The same on kernels: sweeps of all parts side by side, then the rows that no polynomial serves. */
async function kernelParts(batch: readonly PartRows[], task: Task, runtime: Runtime): Promise<number | undefined> {
	const { problem, limit, rows, onDone } = task;
	const swept = await withKernels(runtime, operatorKernels, (kernels) => sweepParts(kernels, batch, task, runtime));
	if ("above" in swept) return swept.above;
	for (const left of swept.left) rows.addExact(left, await exactLeftRows(problem, left, runtime));
	const above = rows.largestBound;
	if (swept.left.length > 0 && above > limit) return above;
	onDone();
	return undefined;
}

/** Sweeps over queries and keys; gives the rows that are left, or a bound that is above the limit. */
async function sweepParts(
	kernels: Kernels<typeof operatorKernels>,
	batch: readonly PartRows[],
	{ problem, limit, outputOnly, rows, ...task }: Task,
	runtime: Runtime,
): Promise<{ readonly above: number } | { readonly left: readonly LeftRows[] }> {
	if (runtime.kernel === "js") throw new Error("kernel js has no operator kernels");
	const run = await KernelRun.begin(kernels, problem, batch, { ...task, outputOnly, kernel: runtime.kernel });
	const boundsOf = await run.sweepQueries();
	let done: Done[] = [];
	const finishQueries = (): void => {
		const bounds = boundsOf();
		done = run.parts.map(({ part, results }, i) => ({ part, results, bounds: bounds[i] }));
	};
	const placeQueries = (): void => {
		if (done.length === 0) finishQueries();
		for (const part of done) rows.placeQueries(part);
	};
	if (limit < Number.POSITIVE_INFINITY) {
		finishQueries();
		const above = Math.max(...done.map(({ bounds }) => largestBound(bounds)));
		if (above > limit) return { above };
	}
	if (outputOnly) placeQueries();
	else await run.sweepKeys(placeQueries);
	if (!outputOnly) for (const part of done) rows.placeKeys(part);
	return { left: run.left };
}

const largestBound = ({ largest }: PartBounds): number => Math.max(...gradientNames.map((name) => largest[name]));

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
