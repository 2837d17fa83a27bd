import { type BackwardProblem, visibleKeys, visiblePairs } from "@attgrad/attention-problem";
import type { RowSource, Runtime } from "@attgrad/matrix-core";
import { countMonomials } from "../polynomial/monomials/feature-tree.ts";
import { type BackwardAccuracy, expectedDegree, expectedShare, type ShareOf } from "./plan/expected-degree.ts";

/** Whether polynomials are worth it: at which degree, or why not. */
export interface BackwardPlan {
	readonly degree?: number;
	/** The next degree, where it is worth it should this one not do. */
	readonly next?: number;
	readonly why: string;
	/** Its time over that of the exact pass, where there is a degree. */
	readonly share?: number;
}

/** Flops of an exponential. */
const EXPONENTIAL = 20;

/** How much longer a flop of the sums takes on kernels than one of the exact pass (d = 4, degree 6). */
const SLOWER = 1.2;

/** Flops of the exact pass that take as long as the sample and the beginning of the kernels. */
const BEGINNING = 4e7;

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
 * @param shares of what is asked for; default: of all three gradients
 */
export async function planBackward(
	problem: BackwardProblem<RowSource>,
	asked: BackwardAccuracy,
	chunk: number,
	runtime: Runtime,
	shares: ShareOf = expectedShare(problem, asked),
): Promise<BackwardPlan> {
	if (asked.epsilon === undefined && asked.relative === undefined) return { why: "exact up to rounding" };
	const [speed, beginning] = runtime.kernel === "js" ? [1, 0] : [SLOWER, BEGINNING];
	const exact = exactWork(problem);
	const cheaper = (degree: number) => beginning + speed * polynomialWork(problem, degree, chunk) < exact;
	const degree = await expectedDegree(problem, shares, runtime, cheaper);
	if (degree === undefined)
		return {
			why: "exact up to rounding, and expected to be faster than polynomials and the sample that chooses their degree",
		};
	const share = (beginning + speed * polynomialWork(problem, degree, chunk)) / exact;
	return {
		...{ degree, share },
		...(cheaper(degree + 1) && { next: degree + 1 }),
		why: `degree ${degree}, expected to be ${(1 / share).toPrecision(2)} times as fast as the exact pass`,
	};
}
