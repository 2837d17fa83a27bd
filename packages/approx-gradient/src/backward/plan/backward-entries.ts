import {
	type AnyBackwardAlgorithm,
	type BackwardProblem,
	type OfEachGradient,
	visibleKeys,
	visiblePairs,
} from "@attgrad/attention-problem";
import { backwardDefinition, backwardStreaming } from "@attgrad/exact-gradient";
import { ComputationError, type RowSource, type Runtime } from "@attgrad/matrix-core";
import { DEFAULT_RELATIVE } from "../../accuracy.ts";
import { calibratedModel } from "../../planner/costs/calibration.ts";
import { type CostModel, nominalModel } from "../../planner/costs/cost-model.ts";
import type { Work } from "../../planner/costs/work.ts";
import { countMonomials } from "../../polynomial/monomials/feature-tree.ts";
import { backwardHybrid } from "../hybrid/hybrid-backward.ts";
import { RANKS } from "../hybrid/ranks.ts";
import { planBackward, polynomialWork } from "../plan-backward.ts";
import { backwardPolynomial } from "../polynomial-backward.ts";
import { type BackwardAccuracy, expectedDegree, expectedShare, HIGHEST } from "./expected-degree.ts";
import { foreseeHybrid, hybridChoice, hybridTime } from "./hybrid-foresight.ts";
import { layerSample } from "./layer-sample.ts";

/** The plan of one backward algorithm for a layer. */
export interface BackwardEntry {
	readonly algorithm: string;
	/** Predicted time of one run on this machine. */
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

/** Rows of the samples: that bounds are expected from, and that a degree is looked at on. */
const ROWS = { bounds: 384, looked: 1024 };

/** Flops of a sample that a look may take. */
const MOST_WORK = 1e9;

/** The part of a row's time in sums of monomials that is its query's; the rest is its key's. */
const QUERY_SHARE = 2 / 3;

/**
 * Predicts what each backward algorithm takes for a layer, and what it proves, from the costs of this machine, which are measured once, and samples of
 * the first head: some tenths of a second. The choice is the one that `auto` makes.
 */
export async function planBackwardEntries(
	problem: BackwardProblem<RowSource>,
	{ epsilon, relative }: BackwardAccuracy,
	runtime: Runtime,
): Promise<BackwardEntries> {
	const asked = epsilon === undefined ? { relative: relative ?? DEFAULT_RELATIVE } : { epsilon };
	const { chunk } = backwardPolynomial.options.parse({});
	const { degree, why, share = 1 } = await planBackward(problem, asked, chunk, runtime);
	const lowRank = await hybridChoice(problem, asked, share, runtime);
	const names = ["backward/streaming", "backward/definition", "backward/polynomial"] as const;
	const model = await calibratedModel(runtime, problem.Q.dtype, names);
	const all = [
		exactEntry(backwardStreaming, "backward/streaming", problem, model),
		exactEntry(backwardDefinition, "backward/definition", problem, model),
		await polynomialEntry(problem, asked, { chunk, model }, runtime),
		await hybridEntry(problem, asked, runtime),
	];
	const time = ({ milliseconds = Number.POSITIVE_INFINITY }: BackwardEntry): number => milliseconds;
	const entries = all.toSorted(
		(a, b) => Number(a.reason !== undefined) - Number(b.reason !== undefined) || time(a) - time(b),
	);
	if (lowRank) return { entries, chosen: backwardHybrid.name, why: lowRank.why, asked };
	return { entries, chosen: (degree === undefined ? backwardStreaming : backwardPolynomial).name, why, asked };
}

function exactEntry(
	algorithm: AnyBackwardAlgorithm,
	cost: "backward/streaming" | "backward/definition",
	problem: BackwardProblem<RowSource>,
	model: CostModel,
): BackwardEntry {
	const supported = algorithm.supports(problem, {});
	if (supported !== true) return { algorithm: algorithm.name, reason: supported.reason };
	const milliseconds = model.timeOf(cost, workOf(problem));
	return { algorithm: algorithm.name, milliseconds, certificate: { kind: "exact" } };
}

/** The sizes that the time of a backward pass depends on; of a degree with its monomials. */
function workOf(
	{ batch, heads, keyHeads, n_q, n_k, d, d_v, visibility }: BackwardProblem<RowSource>,
	degree?: number,
): Work {
	const [queries, keys] = [batch * heads * n_q, batch * keyHeads * n_k];
	const edges = visibility.mask === "none" ? 0 : visibility.window === undefined ? 1 : 2;
	return {
		n: QUERY_SHARE * queries + (1 - QUERY_SHARE) * keys,
		...{ d, valueWidth: d_v, edges: edges * queries },
		pairs: batch * heads * visiblePairs(visibleKeys(visibility, n_q, n_k)),
		...(degree !== undefined && {
			...{ degree, size: countMonomials(d, degree), raisedSize: countMonomials(d, degree + 1) },
		}),
	};
}

async function polynomialEntry(
	problem: BackwardProblem<RowSource>,
	asked: BackwardAccuracy,
	{ chunk, model }: { chunk: number; model: CostModel },
	runtime: Runtime,
): Promise<BackwardEntry> {
	const algorithm = backwardPolynomial.name;
	const [sample, larger] = [layerSample(problem, ROWS.bounds), layerSample(problem, ROWS.looked)];
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
			const pays = polynomialWork(larger, tried, chunk) <= MOST_WORK;
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
	const milliseconds = model.timeOf("backward/polynomial", workOf(problem, degree));
	const bounds = await expectedBounds(problem, whole, degree, runtime);
	return { algorithm, degree, rank, milliseconds, certificate: { kind: "a-posteriori", ...(bounds && { bounds }) } };
}

/** Low rank for trained heads, looked at, and its cost measured, where its lowest rank nominally takes less than the exact pass. */
async function hybridEntry(
	problem: BackwardProblem<RowSource>,
	asked: BackwardAccuracy,
	runtime: Runtime,
): Promise<BackwardEntry> {
	const algorithm = backwardHybrid.name;
	const exact = (model: CostModel): number => model.timeOf("backward/streaming", workOf(problem));
	const pays = hybridTime(problem, nominalModel, RANKS[0], 0) < exact(nominalModel);
	const names = ["backward/streaming", "backward/hybrid"] as const;
	const model = pays ? await calibratedModel(runtime, problem.Q.dtype, names) : nominalModel;
	const foreseen = await foreseeHybrid(problem, asked, { model, most: exact(model) }, runtime);
	if (foreseen.reason !== undefined) return { algorithm, reason: foreseen.reason };
	const { milliseconds, rank } = foreseen;
	return { algorithm, milliseconds, rank, certificate: { kind: "a-posteriori" } };
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
