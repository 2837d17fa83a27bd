import {
	type BackwardProblem,
	createBackwardProblem,
	headsOf,
	visibleKeys,
	visiblePairs,
} from "@attgrad/attention-problem";
import { Matrix, maxAbs, type RowSource, type Runtime } from "@attgrad/matrix-core";
import { countMonomials } from "../polynomial/monomials/feature-tree.ts";
import { attemptDegree, gradientNames } from "./attempt.ts";
import { largestOf } from "./part-bounds.ts";

/** An accuracy: of every entry, and of each gradient as a part of its largest entry. */
export interface BackwardAccuracy {
	readonly epsilon?: number | undefined;
	readonly relative?: number | undefined;
}

/** Whether polynomials are worth it: at which degree, or why not. */
export interface BackwardPlan {
	readonly degree?: number;
	readonly why: string;
}

/** Rows and keys of the sample that a degree is expected from. */
const SAMPLE = 384;

/** Highest degree that is looked at. */
const HIGHEST = 15;

/** Flops of an exponential. */
const EXPONENTIAL = 20;

/** How much longer a flop of the sums takes on kernels than one of the exact pass (d = 4, degree 6). */
const SLOWER = 1.2;

/** Flops of the exact pass that take as long as the sample and the beginning of the kernels. */
const BEGINNING = 8e7;

/** Flops of the exact backward pass in row blocks. */
export function exactWork({ batch, heads, n_q, n_k, d, d_v, visibility }: BackwardProblem<RowSource>): number {
	return batch * heads * visiblePairs(visibleKeys(visibility, n_q, n_k)) * (6 * (d + d_v) + EXPONENTIAL);
}

/** Flops of the backward pass by sums, at a degree; edges of a mask at their most. */
export function polynomialWork(
	{ batch, heads, keyHeads, n_q, n_k, d, d_v, visibility }: BackwardProblem<RowSource>,
	degree: number,
	chunk: number,
): number {
	const [K, raised] = [countMonomials(d, degree), countMonomials(d, degree + 1)];
	const edges = visibility.mask === "none" ? 0 : (visibility.window === undefined ? 1 : 2) * chunk;
	const query = raised * (8 * d_v + 17) + K * (2 * d + 2) + edges * (6 * (d + d_v) + 4 * EXPONENTIAL);
	const polynomial = 4 * 30 * (degree + 2) + (degree + 1) ** 3;
	const key = raised * (4 * d_v + 10) + K * (2 * d + 4 * d_v + 4);
	return batch * (heads * n_q * (query + polynomial) + keyHeads * n_k * key);
}

/**
 * Picks between sums of monomials and the exact pass, by flops and by the degree that a sample of the first head's queries and
 * keys needs. A sample proves nothing: the run at the degree does, or does not.
 */
export async function planBackward(
	problem: BackwardProblem<RowSource>,
	asked: BackwardAccuracy,
	chunk: number,
	runtime: Runtime,
): Promise<BackwardPlan> {
	if (asked.epsilon === undefined && asked.relative === undefined) return { why: "exact up to rounding" };
	const [speed, beginning] = runtime.kernel === "js" ? [1, 0] : [SLOWER, BEGINNING];
	const exact = exactWork(problem);
	const cheaper = (degree: number) => beginning + speed * polynomialWork(problem, degree, chunk) < exact;
	const sample = cheaper(1) ? sampleOf(problem) : undefined;
	for (let degree = 1; sample && degree <= HIGHEST && cheaper(degree); degree += 2) {
		const share = await expectedShare(problem, sample, asked, degree, runtime);
		if (share > 0.7) continue;
		const times = (exact / (beginning + speed * polynomialWork(problem, degree, chunk))).toPrecision(2);
		return { degree, why: `degree ${degree}, expected to be ${times} times as fast as the exact pass` };
	}
	return { why: "exact up to rounding, and expected to be faster than polynomials" };
}

/** Bounds of the sample over what is asked for, with its sums over queries and the weights of its keys brought to full size. */
async function expectedShare(
	{ n_q, n_k, heads, keyHeads }: BackwardProblem<RowSource>,
	sample: BackwardProblem,
	{ epsilon = Number.POSITIVE_INFINITY, relative = Number.POSITIVE_INFINITY }: BackwardAccuracy,
	degree: number,
	runtime: Runtime,
): Promise<number> {
	const attempt = await attemptDegree(sample, degree, SAMPLE, Number.POSITIVE_INFINITY, runtime);
	if ("above" in attempt) return Number.POSITIVE_INFINITY;
	const keys = ((heads / keyHeads) * n_q * sample.n_k) / (sample.n_q * n_k);
	let share = 0;
	for (const name of gradientNames) {
		const bound = largestOf(attempt.rows[name]);
		const size = maxAbs(attempt.gradients[name]);
		const part = relative < 1 && bound > 0 ? bound / (relative * size) : 0;
		share = Math.max(share, ((name === "dQ" ? 1 : keys) * bound) / epsilon, part);
	}
	return Number.isNaN(share) ? Number.POSITIVE_INFINITY : share;
}

/** Queries and keys of the first head, equally far apart, each of which sees all. */
function sampleOf(problem: BackwardProblem<RowSource>): BackwardProblem {
	const [{ Q, K, V, dO = V }] = headsOf(problem);
	const rows = (source: RowSource): Matrix => {
		const count = Math.min(SAMPLE, source.rows);
		const sample = Matrix.zeros(count, source.cols);
		for (let i = 0; i < count; i++) {
			const at = Math.floor((i * source.rows) / count);
			source.readRows(at, at + 1, sample.row(i));
		}
		return sample;
	};
	const { scale } = problem;
	return createBackwardProblem({ Q: rows(Q), K: rows(K), V: rows(V), dO: rows(dO) }, { scale });
}
