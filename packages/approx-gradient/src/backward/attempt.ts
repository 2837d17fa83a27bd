import type { BackwardProblem, OfEachGradient } from "@attgrad/attention-problem";
import { ComputationError, Matrix, nextTurn, type RowSource, type Runtime } from "@attgrad/matrix-core";
import type { FeatureTree } from "../polynomial/monomials/feature-tree.ts";
import { keptTotalDegreeTree } from "../polynomial/monomials/total-degree.ts";
import { cutChunks } from "./chunks.ts";
import { KeySweep } from "./key-sweep.ts";
import { type Part, partsOf } from "./part.ts";
import { type PartBounds, partBounds } from "./part-bounds.ts";
import { type PartResults, partResults } from "./part-results.ts";
import { QuerySweep } from "./query-sweep.ts";

/** Gradients of all heads at a degree, in double precision, with their bounds. */
export interface Attempt {
	readonly degree: number;
	readonly gradients: OfEachGradient<Matrix>;
	readonly output: Matrix;
	readonly lse: Float64Array;
	readonly exactRows: number;
	/** A bound for each row, and the part of it that rounding accounts for. */
	readonly rows: OfEachGradient<Float64Array>;
	readonly floors: OfEachGradient<Float64Array>;
	/** A bound on the length of the error of each row of the output. */
	readonly outputRows: Float64Array;
}

/** Names of the gradients. */
export const gradientNames = ["dQ", "dK", "dV"] as const;

/** Multiply-adds between two turns of the event loop: some 50 ms. */
const TURN = 3e7;

/**
 * Computes the gradients at a degree.
 * @param limit a bound on every entry above which there is no use in going on
 * @param outputOnly leaves dK and dV as they are, for an upstream gradient of zeros
 * @returns the attempt, or the bound that one part already is above the limit with
 */
export async function attemptDegree(
	problem: BackwardProblem<RowSource>,
	degree: number,
	chunk: number,
	limit: number,
	runtime: Pick<Runtime, "onProgress">,
	outputOnly = false,
): Promise<Attempt | { readonly above: number }> {
	const tree = keptTotalDegreeTree(problem.d, degree);
	const all = emptyAttempt(problem, degree);
	let exactRows = 0;
	let done = 0;
	for (const part of partsOf(problem)) {
		const results = partResults(part);
		const chunks = cutChunks(part.intervals, part.keys, chunk);
		const pace = turns(tree, part, chunk);
		const sweep = new QuerySweep(part, chunks, tree, results, outputOnly);
		for (let c = 0; c < chunks.queryChunks; c++) {
			sweep.run(c);
			await pace();
		}
		const bounds = partBounds(part, results.errors);
		const above = Math.max(...gradientNames.map((name) => largestOf(bounds.rows[name])));
		if (above > limit) return { above };
		const keys = new KeySweep(part, chunks, tree, sweep.states, results);
		for (let e = outputOnly ? -1 : chunks.keyChunks - 1; e >= 0; e--) {
			keys.run(e);
			await pace();
		}
		place(part, results, bounds, all);
		exactRows += results.exactRows;
		done += part.group * part.queries;
		runtime.onProgress?.(done, problem.batch * problem.heads * problem.n_q);
	}
	for (const name of gradientNames) requireFinite(name, all.gradients[name]);
	return { ...all, exactRows };
}

/** The largest number; Infinity where one is none. */
export function largestOf(numbers: Float64Array): number {
	let most = 0;
	for (let i = 0; i < numbers.length; i++) if (!(numbers[i] <= most)) most = numbers[i];
	return Number.isNaN(most) ? Number.POSITIVE_INFINITY : most;
}

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

function emptyAttempt(problem: BackwardProblem<RowSource>, degree: number): Omit<Attempt, "exactRows"> {
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
		floors: rows(),
	};
}

/** Writes the results of a part to their rows, in the units of the problem. */
function place(part: Part, results: PartResults, bounds: PartBounds, all: Omit<Attempt, "exactRows">): void {
	const { group, queries, queryAt, keyAt, d, d_v, q, nu, keyScale, keyCentre, valueCentre, scale } = part;
	const { dQ, dK, dV } = all.gradients;
	for (let head = 0; head < group; head++)
		for (let j = 0; j < queries; j++) {
			const [row, to] = [head * queries + j, queryAt[head] + j];
			for (let b = 0; b < d; b++) dQ.data[to * d + b] = results.dQ[row * d + b] * (scale / keyScale);
			all.rows.dQ[to] = bounds.rows.dQ[row];
			all.floors.dQ[to] = bounds.floors.dQ[row];
			all.outputRows[to] = bounds.output[row];
			if (results.lse[row] === Number.NEGATIVE_INFINITY) continue;
			for (let i = 0; i < d_v; i++) all.output.data[to * d_v + i] = results.output[row * d_v + i] + valueCentre[i];
			let shift = 0;
			for (let b = 0; b < d; b++) shift += (q[row * d + b] + nu[b]) * keyScale * keyCentre[b];
			all.lse[to] = results.lse[row] + shift;
		}
	for (let at = 0; at < results.dK.length; at++) dK.data[keyAt * d + at] = results.dK[at] * keyScale;
	dV.data.set(results.dV, keyAt * d_v);
	for (const name of ["dK", "dV"] as const) {
		all.rows[name].set(bounds.rows[name], keyAt);
		all.floors[name].set(bounds.floors[name], keyAt);
	}
}

/** @throws ComputationError naming the first number that is not finite */
function requireFinite(name: string, { data, cols }: Matrix): void {
	for (let at = 0; at < data.length; at++)
		if (!Number.isFinite(data[at]))
			throw new ComputationError(
				"failed",
				`polynomial: ${name} is not finite: ${data[at]} in row ${Math.floor(at / cols)}, column ${at % cols}`,
			);
}
