import {
	type AnyBackwardAlgorithm,
	type BackwardProblem,
	createBackwardProblem,
	headsOf,
	type OfEachGradient,
} from "@attgrad/attention-problem";
import { backwardDefinition, backwardStreaming } from "@attgrad/exact-gradient";
import { ComputationError, Matrix, type RowSource, type Runtime } from "@attgrad/matrix-core";
import { DEFAULT_RELATIVE } from "../../accuracy.ts";
import { countMonomials } from "../../polynomial/monomials/feature-tree.ts";
import { exactWork, planBackward, polynomialWork } from "../plan-backward.ts";
import { backwardPolynomial } from "../polynomial-backward.ts";
import { type BackwardAccuracy, expectedDegree, expectedShare, HIGHEST } from "./expected-degree.ts";

/** The plan of one backward algorithm for a layer. */
export interface BackwardEntry {
	readonly algorithm: string;
	/** Predicted time of one run: that of a sample on this machine, brought to full size by operation counts. */
	readonly milliseconds?: number;
	readonly degree?: number;
	readonly rank?: number;
	/** The proof that it would give; bounds are those expected from a sample. Absent where nothing is proved. */
	readonly certificate?: { readonly kind: "exact" | "a-posteriori"; readonly bounds?: OfEachGradient };
	/** Why it cannot be chosen. Absent for one that can. */
	readonly reason?: string;
}

/** The predicted cost of each algorithm for a layer, and the algorithm that `auto` takes. */
export interface BackwardEntries {
	/** Cheapest first, those that cannot be chosen last. */
	readonly entries: readonly BackwardEntry[];
	readonly chosen: string;
	readonly why: string;
	/** The accuracy that was planned for. */
	readonly asked: BackwardAccuracy;
}

/** Rows of the samples: that times are measured on, of the definition, and that bounds are expected from. */
const ROWS = { timed: 1024, definition: 256, bounds: 384 };

/** Flops of a sample that a look may take. */
const MOST_WORK = 1e9;

/**
 * Predicts what each backward algorithm takes for a layer, and what it proves, from samples of the first head that are computed on this
 * machine: some tenths of a second. The choice is the one that `auto` makes.
 */
export async function planBackwardEntries(
	problem: BackwardProblem<RowSource>,
	{ epsilon, relative }: BackwardAccuracy,
	runtime: Runtime,
): Promise<BackwardEntries> {
	const asked = epsilon === undefined ? { relative: relative ?? DEFAULT_RELATIVE } : { epsilon };
	const { chunk } = backwardPolynomial.options.parse({});
	const { degree, why } = await planBackward(problem, asked, chunk, runtime);
	const all = [
		await exactEntry(backwardStreaming, problem, ROWS.timed, runtime),
		await exactEntry(backwardDefinition, problem, ROWS.definition, runtime),
		await polynomialEntry(problem, asked, chunk, runtime),
	];
	const time = ({ milliseconds = Number.POSITIVE_INFINITY }: BackwardEntry): number => milliseconds;
	const entries = all.toSorted(
		(a, b) => Number(a.reason !== undefined) - Number(b.reason !== undefined) || time(a) - time(b),
	);
	return { entries, chosen: (degree === undefined ? backwardStreaming : backwardPolynomial).name, why, asked };
}

async function exactEntry(
	algorithm: AnyBackwardAlgorithm,
	problem: BackwardProblem<RowSource>,
	rows: number,
	runtime: Runtime,
): Promise<BackwardEntry> {
	const supported = algorithm.supports(problem, {});
	if (supported !== true) return { algorithm: algorithm.name, reason: supported.reason };
	const sample = sampleOf(problem, rows);
	const taken = await timeOf(() => algorithm.run(sample, {}, runtime));
	// the definition looks at all pairs
	const work = (one: BackwardProblem<RowSource>) =>
		exactWork(algorithm === backwardDefinition ? { ...one, visibility: { mask: "none" } } : one);
	const milliseconds = (taken * work(problem)) / work(sample);
	return { algorithm: algorithm.name, milliseconds, certificate: { kind: "exact" } };
}

async function polynomialEntry(
	problem: BackwardProblem<RowSource>,
	asked: BackwardAccuracy,
	chunk: number,
	runtime: Runtime,
): Promise<BackwardEntry> {
	const algorithm = backwardPolynomial.name;
	const [sample, timed] = [sampleOf(problem, ROWS.bounds), sampleOf(problem, ROWS.timed)];
	const whole = { ...sample, visibility: { mask: "none" } as const };
	let looked: { degree: number; share: number } | undefined;
	let large: number | undefined;
	const shares = expectedShare(problem, asked);
	const degree = await expectedDegree(
		problem,
		(own, attempt, sizes) => {
			const share = shares(own, attempt, sizes);
			looked = { degree: attempt.degree, share };
			return share;
		},
		runtime,
		(tried) => {
			const options = backwardPolynomial.options.parse({ degree: tried, chunk });
			const pays = polynomialWork(timed, tried, chunk) <= MOST_WORK;
			if (pays && backwardPolynomial.supports(problem, options) === true) return true;
			large = tried;
			return false;
		},
	);
	const best =
		looked && Number.isFinite(looked.share)
			? `degree ${looked.degree} proves ${looked.share.toPrecision(2)} times that`
			: "";
	const rank = countMonomials(problem.d, degree ?? large ?? HIGHEST);
	if (degree === undefined && large !== undefined) {
		const needed = `degree ${large}, K = ${rank}, would be needed at least, which does not pay`;
		return { algorithm, degree: large, rank, reason: [needed, best].filter(Boolean).join("; ") };
	}
	if (degree === undefined)
		return {
			algorithm,
			reason: [`no degree up to ${HIGHEST} proves what is asked for`, best].filter(Boolean).join(": "),
		};
	const options = backwardPolynomial.options.parse({ degree, chunk });
	const taken = await timeOf(() => backwardPolynomial.run(timed, options, runtime));
	const milliseconds = (taken * polynomialWork(problem, degree, chunk)) / polynomialWork(timed, degree, chunk);
	const bounds = await expectedBounds(problem, whole, degree, runtime);
	return { algorithm, degree, rank, milliseconds, certificate: { kind: "a-posteriori", ...(bounds && { bounds }) } };
}

/** Bounds of a sample, its sums over queries brought to full size; undefined where nothing is proved. */
async function expectedBounds(
	{ n_q, n_k, heads, keyHeads }: BackwardProblem<RowSource>,
	sample: BackwardProblem,
	degree: number,
	runtime: Runtime,
): Promise<OfEachGradient | undefined> {
	const options = backwardPolynomial.options.parse({ degree, chunk: ROWS.bounds });
	try {
		const { certificate } = await backwardPolynomial.run(sample, options, runtime);
		if (certificate?.kind !== "a-posteriori") return undefined;
		const keys = ((heads / keyHeads) * n_q * sample.n_k) / (sample.n_q * n_k);
		const { dQ, dK, dV } = certificate.bounds;
		return { dQ, dK: keys * dK, dV: keys * dV };
	} catch (error) {
		if (error instanceof ComputationError) return undefined;
		throw error;
	}
}

/** Rows of the first head, equally far apart, with the mask and window but as one sequence. */
function sampleOf(problem: BackwardProblem<RowSource>, most: number): BackwardProblem {
	const { scale, visibility, n_q, n_k } = problem;
	const [{ Q, K, V, dO = V }] = headsOf(problem);
	const rows = (source: RowSource, count: number): Matrix => {
		const sample = Matrix.zeros(count, source.cols, source.dtype);
		for (let i = 0; i < count; i++) {
			const at = Math.floor((i * source.rows) / count);
			source.readRows(at, at + 1, sample.row(i));
		}
		return sample;
	};
	const [queries, keys] = [Math.min(most, n_q), Math.min(most, n_k)];
	const { mask, window } = visibility;
	const given = { Q: rows(Q, queries), K: rows(K, keys), V: rows(V, keys), dO: rows(dO, queries) };
	return createBackwardProblem(given, {
		scale,
		visibility: { mask, ...(window !== undefined && { window: Math.min(window, most) }) },
	});
}

/** Milliseconds of a run: the faster of two, after one in which kernels are compiled. */
async function timeOf(run: () => Promise<unknown>): Promise<number> {
	await run();
	let best = Number.POSITIVE_INFINITY;
	for (let turn = 0; turn < 2; turn++) {
		const start = performance.now();
		await run();
		best = Math.min(best, performance.now() - start);
	}
	return best;
}
