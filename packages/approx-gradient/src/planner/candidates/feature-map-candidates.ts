import type { AnyGradientAlgorithm, AttentionProblem } from "@attgrad/attention-problem";
import { ComputationError, type RowSource } from "@attgrad/matrix-core";
import { partitionOf, SAMPLE_ROWS } from "../../feature-maps/clusters/partition.ts";
import { relativeTarget } from "../../feature-maps/polynomial/degree-choice.ts";
import { cheapestThreshold, supNorm, supportAt } from "../../feature-maps/support-basis/support.ts";
import { chebyshev } from "../../polynomial/families/chebyshev.ts";
import { roundingFloor } from "../../polynomial/families/rounding-floor.ts";
import { countMonomials } from "../../polynomial/monomials/feature-tree.ts";
import { queryBlocks } from "../../rows/row-blocks.ts";
import { spansOf } from "../../rows/spans.ts";
import { subProblem } from "../../rows/sub-problem.ts";
import { costAlgorithms } from "../costs/cost-algorithms.ts";
import type { Work } from "../costs/work.ts";
import type { PlanEntry } from "../plan.ts";
import type { PlanContext } from "./plan-context.ts";

/** The approximations by feature maps that can prove an epsilon. */
export const featureMapNames = ["support-basis", "clusters", "nystrom"] as const;

type FeatureMapName = (typeof featureMapNames)[number];

/** The work, degree and rank of a full run, predicted from a sample of rows. */
interface Foreseen {
	readonly work: Work;
	readonly detail: string;
	readonly degree?: number;
	readonly rank: number;
	/** Milliseconds of a choice before the run, which the model of a run with given options does not have. */
	readonly choice?: number;
}

/** How an algorithm's run is foreseen from a sample, and what no run has less of. */
interface Foresight {
	/** Rows that are looked at: all of them up to a number, so that a few of large scores, which set the radius of all, are among them. */
	rows(n: number): number;
	/** Rows of a smaller sample: what is out of reach there is so for all rows, where scores are larger. */
	readonly fewRows: number;
	/** About what looking at these takes, milliseconds. */
	cost(n: number): number;
	least(n: number, d: number): Work;
	foresee(context: PlanContext, rows: number): Promise<Foreseen>;
}

/** Rows up to which all are looked at where no row may be missed, and otherwise a sample. */
const ALL_ROWS = 2 ** 20;

const BLOCK_ROWS = 512;

const allOr =
	(rows: number) =>
	(n: number): number =>
		n <= ALL_ROWS ? n : rows;

/** The problem itself where it has no more rows than are looked at. */
const rowsOf = (problem: AttentionProblem<RowSource>, rows: number): AttentionProblem<RowSource> =>
	rows >= problem.n ? problem : subProblem(problem, rows);

/**
 * Milliseconds to choose the numbers of clusters, for each row of the sample: somewhat below the 0.17 to 0.21 of processor
 * time that `partitionOf` takes on a busy machine, at d = 2 to 8 and n = 512 to 16,384.
 */
const CLUSTERING = 0.15;

/** Nyström's rank on all rows may be this much above the sample's: it grows by this factor. */
const RANK_GROWTH = 1.5;

const outOfReach = (why: string): ComputationError => new ComputationError("invalid", why);

/** The degree of a Chebyshev expansion at a radius, and its sizes. */
function expansion(d: number, radius: number, delta: number) {
	const degree = chebyshev.degreeFor(radius, delta);
	if (roundingFloor(radius, "f64") > delta / 10 || !Number.isFinite(degree))
		throw outOfReach(`no degree proves epsilon at radius ${radius.toPrecision(3)}, predicted from a sample`);
	return { degree, size: countMonomials(d, degree), raisedSize: countMonomials(d, degree + 1) };
}

const foresights: Readonly<Record<FeatureMapName, Foresight>> = {
	"support-basis": {
		rows: allOr(512),
		fewRows: 256,
		cost: (n) => 10 + (n <= ALL_ROWS ? 2e-3 * n : 0),
		least: (n, d) => ({ n, d, size: 1, raisedSize: d + 1 }),
		async foresee({ problem, epsilon }, rows) {
			const { n, d } = problem;
			const sample = rowsOf(problem, rows);
			const spans = spansOf(sample);
			const delta = relativeTarget(sample, spans, (epsilon * sample.n) / n);
			const support = supportAt(sample, cheapestThreshold(sample, spans, undefined, delta));
			let heavyQueries = 0;
			for (const { queries } of queryBlocks(sample, BLOCK_ROWS))
				for (let j = 0; j < queries.rows; j++)
					if (supNorm(queries.row(j)) > support.threshold * sample.scale) heavyQueries++;
			if (heavyQueries === sample.n) throw outOfReach("every row would be heavy: that is the exact method, and slower");
			const heavy = Math.round(((support.heavyKeys.length + heavyQueries) * n) / sample.n);
			const { degree, size, raisedSize } = expansion(d, support.queryNorm * support.keyNorm, delta);
			return {
				work: { n, d, size, raisedSize, heavy },
				detail: `degree ${degree}, K = ${size}, ${heavy} heavy rows`,
				degree,
				rank: size,
			};
		},
	},
	clusters: {
		// Of a sample clusters are found on half, and measured on all: those that are not known are farther from the centres.
		rows: allOr(4096),
		fewRows: 256,
		cost: (n) => 250 + (n <= ALL_ROWS ? 4e-3 * n : 0),
		least: (n, d) => ({ n, d, size: 1, raisedSize: d + 1, clusters: 2 }),
		async foresee({ problem, epsilon }, rows) {
			const { n, d } = problem;
			const sample = rowsOf(problem, rows);
			const spans = spansOf(sample);
			const delta = relativeTarget(sample, spans, (epsilon * sample.n) / n);
			const { radius, nu, mu } = partitionOf(sample, spans, { delta });
			const { degree, size, raisedSize } = expansion(d, radius, delta);
			const clusters = nu.rows + mu.rows;
			return {
				work: { n, d, size, raisedSize, clusters },
				detail: `degree ${degree}, K = ${size}, ${nu.rows} + ${mu.rows} clusters`,
				degree,
				rank: size,
				choice: CLUSTERING * Math.min(n, SAMPLE_ROWS),
			};
		},
	},
	nystrom: {
		rows: () => 192,
		fewRows: 64,
		cost: () => 80,
		least: (n, d) => ({ n, d, size: Math.min(n, 16) }),
		async foresee({ problem, epsilon, runtime }, rows) {
			const { n, d } = problem;
			const sample = subProblem(problem, rows);
			const { algorithm } = costAlgorithms.nystrom;
			const options = algorithm.options.parse({ epsilon: (epsilon * sample.n) / n });
			// The failure of a run on the sample is about the sample's epsilon.
			const { rank: sampleRank = sample.n } = await algorithm.run(sample, options, runtime).catch((failure) => {
				throw failure instanceof ComputationError
					? outOfReach(`no rank proves epsilon on a sample of ${sample.n} rows`)
					: failure;
			});
			const rank = Math.ceil(RANK_GROWTH * sampleRank);
			return { work: { n, d, size: rank }, detail: `rank about ${rank}`, rank };
		},
	},
};

/** About what looking at an algorithm takes, and what it takes at least, milliseconds. */
export function outlook(
	{ problem: { n, d }, model }: PlanContext,
	name: FeatureMapName,
): { cost: number; least: number } {
	const { cost, least } = foresights[name];
	return { cost: cost(n), least: model.timeOf(name, least(n, d)) };
}

/** The time that an algorithm by feature maps takes to prove the error, as far as few rows tell; Infinity where it does not. */
export async function timeToProve(context: PlanContext, name: FeatureMapName): Promise<number> {
	const { fewRows, foresee } = foresights[name];
	if (context.problem.A1.dtype === "f32") return Number.POSITIVE_INFINITY;
	try {
		const { work } = await foresee(context, fewRows);
		return context.model.timeOf(name, work);
	} catch (failure) {
		if (!(failure instanceof ComputationError)) throw failure;
		return Number.POSITIVE_INFINITY;
	}
}

/** The plan of an algorithm by feature maps, predicted from a sample of rows. */
export async function featureMapEntry(context: PlanContext, name: FeatureMapName): Promise<PlanEntry> {
	const { problem, epsilon, asked, runtime, model } = context;
	const { rows, foresee } = foresights[name];
	const { algorithm }: { algorithm: AnyGradientAlgorithm } = costAlgorithms[name];
	try {
		const { work, detail, degree, rank, choice = 0 } = await foresee(context, rows(problem.n));
		return {
			algorithm: name,
			options: asked,
			detail,
			milliseconds: choice + model.timeOf(name, work),
			...(degree !== undefined && { degree }),
			rank,
			certificate: { kind: "a-posteriori", bound: epsilon },
			run: (other = epsilon) => algorithm.run(problem, algorithm.options.parse({ epsilon: other }), runtime),
		};
	} catch (failure) {
		if (!(failure instanceof ComputationError)) throw failure;
		return { algorithm: name, options: asked, detail: "", reason: failure.message };
	}
}
