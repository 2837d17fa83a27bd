import { backwardPolynomial, operandSample, servesSample } from "@attgrad/approx-gradient";
import { type BackwardProblem, createBackwardProblem } from "@attgrad/attention-problem";
import { backwardStreaming } from "@attgrad/exact-gradient";
import { ComputationError, type Matrix, maxAbs, type Runtime } from "@attgrad/matrix-core";
import { exactCore } from "../language-model/cores/exact-core.ts";
import type { AttentionCore, HeadRows } from "../language-model/network/attention.ts";
import { type Batch, type LanguageModel, lossOf } from "../language-model/network/model.ts";
import { clearGradients } from "../language-model/network/parameter.ts";

/** Proved error of the gradients of a head, each against its largest entry. */
export const EPSILON = 0.01;

/** Highest degree that is tried. */
export const HIGHEST = 11;

/** Runs of which the time of a pass is the least. */
const RUNS = 3;

/** Sizes of the entries of a head, and what its backward pass takes. */
export interface HeadFacts {
	/** √(d max|Q| max|K|): the bound on the entries of queries and keys where scores are <q, k>/d and both have the same. */
	readonly B: number;
	/** Largest half-range of a query's scores over the keys that it sees. */
	readonly radius: number;
	/** Least degree, and its K, that proves EPSILON and serves nearly all rows; absent where none up to HIGHEST does. */
	readonly degree?: number;
	readonly rank?: number;
	/** Milliseconds of dQ, dK and dV at that degree with their proof, and by the exact operator. */
	readonly certified?: number;
	readonly exact: number;
}

/** The facts of every head, layer by layer, on one sequence that a model reads. */
export async function probe(model: LanguageModel, batch: Batch, runtime: Runtime): Promise<HeadFacts[]> {
	const seen: BackwardProblem[] = [];
	clearGradients(model.parameters);
	await lossOf(model, batch, recording(exactCore(runtime), seen));
	clearGradients(model.parameters);
	const facts: HeadFacts[] = [];
	for (const head of seen) facts.push(await factsOf(head, runtime));
	return facts;
}

/** A core that hands on to another, and keeps the problem of each head of the first sequence, last layer first. */
function recording(core: AttentionCore, seen: BackwardProblem[]): AttentionCore {
	return {
		async run(rows, layer) {
			const made = await core.run(rows, layer);
			return {
				output: made.output,
				backward(dO) {
					seen.push(...headsOf(rows, dO));
					return made.backward(dO);
				},
			};
		},
	};
}

function headsOf({ Q, K, V, heads, n }: HeadRows, upstream: Matrix): BackwardProblem[] {
	return Array.from({ length: heads }, (_, head) => {
		const cut = (rows: Matrix): Matrix => rows.slice(head * n, (head + 1) * n).copy();
		const given = { Q: cut(Q), K: cut(K), V: cut(V), dO: cut(upstream) };
		return createBackwardProblem(given, { scale: 1, visibility: { mask: "causal" } });
	});
}

async function factsOf(problem: BackwardProblem, runtime: Runtime): Promise<HeadFacts> {
	const { Q, K, d } = problem;
	const exact = await timeOf(() => backwardStreaming.run(problem, {}, runtime));
	const sizes = { B: Math.sqrt(d * maxAbs(Q) * maxAbs(K)), radius: radiusOf(problem), exact };
	const sample = operandSample(problem);
	if (!(await servesSample(sample, HIGHEST, runtime))) return sizes;
	for (let degree = 1; degree <= HIGHEST; degree += 2) {
		if (!(await servesSample(sample, degree, runtime))) continue;
		const options = { ...backwardPolynomial.options.parse({ degree }), relative: EPSILON };
		try {
			const { rank } = await backwardPolynomial.run(problem, options, runtime);
			const certified = await timeOf(() => backwardPolynomial.run(problem, options, runtime));
			return { ...sizes, degree, rank: Number(rank), certified };
		} catch (error) {
			if (!(error instanceof ComputationError)) throw error;
		}
	}
	return sizes;
}

/** The least time of some runs, milliseconds. */
async function timeOf(run: () => Promise<unknown>): Promise<number> {
	let least = Number.POSITIVE_INFINITY;
	for (let i = 0; i < RUNS; i++) {
		const start = performance.now();
		await run();
		least = Math.min(least, performance.now() - start);
	}
	return least;
}

/** Largest half-range of a query's scores, of a causal head. O(n² d). */
export function radiusOf({ Q, K, d, scale }: BackwardProblem): number {
	let radius = 0;
	for (let j = 0; j < Q.rows; j++) {
		let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
		for (let l = 0; l <= j; l++) {
			let score = 0;
			for (let b = 0; b < d; b++) score += Q.data[j * d + b] * K.data[l * d + b];
			least = Math.min(least, score);
			most = Math.max(most, score);
		}
		radius = Math.max(radius, (scale * (most - least)) / 2);
	}
	return radius;
}
