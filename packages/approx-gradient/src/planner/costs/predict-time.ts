import { polynomialFamilies } from "../../polynomial/families/index.ts";
import { countMonomials } from "../../polynomial/monomials/feature-tree.ts";
import { type CostModel, nominalModel } from "./cost-model.ts";
import { type CostName, isCostName } from "./costs.ts";
import type { Work } from "./work.ts";

/** A run known by its point alone, without data: a cell of a sweep. */
export interface PlannedRun {
	/** `streaming`, `polynomial/moment`; settings after a colon are not looked at. */
	readonly algorithm: string;
	/** The algorithm's options, with or without defaults. */
	readonly options: Readonly<Record<string, unknown>>;
	readonly n: number;
	readonly d: number;
	readonly B: number;
}

/** Values that algorithms use for options that are not set (their own defaults). */
const DEFAULTS = { rank: 128, features: 256, epsilon: 1e-6 };

/** Uniform entries in [-B, B] have a largest ‖q‖ ‖k‖ of about this much of B² after centring: less, the more there are. */
const radiusShare = (d: number): number => Math.max(0.4, 1.05 - 0.11 * Math.log2(d));

/** Polynomials of a higher degree, or of more features, are never run. */
const LARGEST_DEGREE = 60;
const MOST_FEATURES = 2 ** 24;

/**
 * Milliseconds that one run of an algorithm takes, from its point alone: the degree of a polynomial by a closed form for
 * uniform data. Undefined for an algorithm without a model (one of the user's). Cost some microseconds.
 *
 * @param model `nominalModel` gives the same number on every machine: for sharing out a sweep. With
 * `await calibratedModel(runtime, dtype, …)` it is a time on this one: for dry runs.
 */
export function predictTime(run: PlannedRun, model: CostModel = nominalModel): number | undefined {
	const spelling = run.algorithm.split(":")[0];
	if (spelling === "auto") {
		const choices = ["streaming", "polynomial/moment"] as const;
		return Math.min(...choices.map((name) => model.timeOf(name, workOf(name, run))));
	}
	const route = typeof run.options["route"] === "string" ? run.options["route"] : "moment";
	const name = spelling === "polynomial" ? `polynomial/${route}` : spelling === "exact" ? "streaming" : spelling;
	return isCostName(name) ? model.timeOf(name, workOf(name, run)) : undefined;
}

/** The sizes of a run, as far as its point tells them. */
function workOf(name: CostName, { options, n, d, B }: PlannedRun): Work {
	const given = (option: string): number | undefined =>
		typeof options[option] === "number" ? options[option] : undefined;
	const ofDegree = (degree: number) => ({
		size: Math.min(MOST_FEATURES, countMonomials(d, degree)),
		raisedSize: Math.min(MOST_FEATURES, countMonomials(d, degree + 1)),
	});
	const monomials = () => ofDegree(given("degree") ?? likelyDegree(n, d, B, given("epsilon") ?? DEFAULTS.epsilon));
	switch (name) {
		case "definition":
		case "dense":
		case "streaming":
			return { n, d };
		case "nystrom":
		case "hybrid":
			return { n, d, size: Math.min(n, given("rank") ?? (given("epsilon") ? monomials().size : DEFAULTS.rank)) };
		case "random-features":
			return { n, d, size: given("features") ?? DEFAULTS.features };
		case "linear-attention":
			return { n, d, ...ofDegree(2) };
		case "clusters":
			return { n, d, ...monomials(), clusters: (given("queryClusters") ?? 2) + (given("keyClusters") ?? 2) };
		default:
			return { n, d, ...monomials() };
	}
}

/**
 * The degree that uniform data of bound B needs for epsilon: paper.md 7.1 with |A1| of mean B/2, half-ranges B and 1 of keys and
 * values and |c| of mean 1/2 comes to τ n B².
 */
function likelyDegree(n: number, d: number, B: number, epsilon: number): number {
	const tau = Math.min(0.5, epsilon / (n * B * B));
	const degree = polynomialFamilies.chebyshev.degreeFor(radiusShare(d) * B * B, tau / (1 + tau));
	return Math.min(LARGEST_DEGREE, degree);
}
