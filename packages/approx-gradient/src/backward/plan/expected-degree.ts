import {
	type BackwardProblem,
	createBackwardProblem,
	headsOf,
	type OfEachGradient,
	visibleKeys,
	visiblePairs,
} from "@attgrad/attention-problem";
import { Matrix, maxAbs, type RowSource, type Runtime } from "@attgrad/matrix-core";
import { type Attempt, attemptDegree } from "../attempt.ts";
import { gradientNames } from "../attempt-rows.ts";
import { largestOf } from "../part-bounds.ts";

/** An accuracy: of every entry, and of each gradient as a part of its largest entry. */
export interface BackwardAccuracy {
	readonly epsilon?: number | undefined;
	readonly relative?: number | undefined;
}

/**
 * Keys of the sample that a degree is expected from: a share of all, within these numbers; and how many times fewer queries. Under a mask the largest
 * entries are of rows that see few keys, as a small sample's do.
 */
const SAMPLE = { share: 1 / 4, masked: 1 / 16, least: 64, most: 1024, fewer: 4 };

/** The degree that is looked at first, and the part of the sample that tells how gradients grow with the number of rows. */
const FIRST = 3;
const PART = 4;

/** Highest degree that is looked at. */
export const HIGHEST = 15;

/** Highest degree that is tried for an accuracy. */
export const HIGHEST_TRIED = 21;

/** Part of the rows of a sample that may be exact: a degree that leaves more to the exact pass is not expected to pay. */
const MOST_EXACT = 1 / 4;

/** Part of what is asked for that a sample's bounds must be below: those of all rows are about twice as large. */
const MARGIN = 0.35;

/** Powers of ten that a degree more divides bounds by at the most, nearly always. */
const MOST_GAINED = 1.5;

/** A power of the number of keys below which means are taken to be of random signs. */
const FALLS = -0.15;

/** A bound on outputs that are no larger: they may be zero. */
const NOTHING = 1e-12;

/** Rows from which a sample pays: fewer are tried at low degrees in less time. */
const LONG = 2048;

/** Gradients of a sample, and of a part of it: about their sizes. */
interface Sizes {
	readonly sample: Attempt;
	readonly part: Attempt;
}

/** Bounds of an attempt on a sample over what is asked for. */
export type ShareOf = (sample: BackwardProblem, attempt: Attempt, sizes: Sizes) => number;

/**
 * The least degree that is expected to prove an accuracy, from a sample of the first head's queries and keys; undefined where none is.
 * A sample proves nothing: a run at the degree does, or does not.
 * @param allowed whether a degree may be looked at; none is beyond the first that may not
 * @param outputOnly whether shares are of outputs, so that gradients are not made
 */
export async function expectedDegree(
	problem: BackwardProblem<RowSource>,
	shareOf: ShareOf,
	runtime: Runtime,
	allowed: (degree: number) => boolean = () => true,
	outputOnly = false,
): Promise<number | undefined> {
	if (!allowed(1)) return undefined;
	const share = problem.visibility.mask === "none" ? SAMPLE.share : SAMPLE.masked;
	const keys = Math.min(SAMPLE.most, Math.max(SAMPLE.least, share * problem.n_k));
	const sample = sampleOf(problem, keys);
	const first = allowed(FIRST) ? FIRST : 1;
	const whole = await attemptOn(sample, first, runtime, outputOnly);
	const part = await attemptOn(sampleOf(problem, keys / PART), first, runtime, outputOnly);
	const shareAt = async (degree: number): Promise<number> => {
		// Bounds do not need the gradients.
		const attempt = degree === first ? whole : await attemptOn(sample, degree, runtime, true);
		return shareOf(sample, attempt, { sample: whole, part });
	};
	return leastDegree(first, allowed, async (degree) => (await shareAt(degree)) / MARGIN);
}

/** The least degree whose share is at most 1, from one to start with; undefined where no degree that is allowed has such a share. */
async function leastDegree(
	first: number,
	allowed: (degree: number) => boolean,
	shareAt: (degree: number) => Promise<number>,
): Promise<number | undefined> {
	let below = 0;
	let degree = first;
	let share = await shareAt(degree);
	while (share > 1) {
		below = degree;
		const steps = Number.isFinite(share) ? Math.floor(Math.log10(share) / MOST_GAINED) : 1;
		degree = Math.min(HIGHEST, degree + Math.max(1, steps));
		while (degree > below && !allowed(degree)) degree--;
		if (degree === below) return undefined;
		share = await shareAt(degree);
	}
	while (degree - 1 > below && (await shareAt(degree - 1)) <= 1) degree--;
	return degree;
}

async function attemptOn(
	sample: BackwardProblem,
	degree: number,
	runtime: Runtime,
	outputOnly = false,
): Promise<Attempt> {
	const attempt = await attemptDegree(sample, degree, SAMPLE.most, Number.POSITIVE_INFINITY, runtime, { outputOnly });
	if ("above" in attempt) throw new Error("there is no limit");
	return attempt;
}

/**
 * The degree to try first for an accuracy: where there are many rows the one that a sample expects, otherwise 1.
 * @param fits whether there is memory for a degree
 */
export async function firstDegree(
	problem: BackwardProblem<RowSource>,
	shareOf: ShareOf,
	runtime: Runtime,
	fits: (degree: number) => boolean,
	outputOnly = false,
): Promise<number> {
	const { batch, heads, n_q, n_k } = problem;
	const isLong = batch * heads * Math.max(n_q, n_k) >= LONG;
	return (isLong ? await expectedDegree(problem, shareOf, runtime, fits, outputOnly) : undefined) ?? 1;
}

/**
 * Shares of the gradients, brought from a sample to all rows. Weights are in proportion to 1 / keys, and bounds on dK and dV are sums over queries. Without
 * a causal mask gradients are sums of terms that cancel more or less: how they grow is told by a part of the sample. Under one, the largest entries
 * are those of early keys, however many there are. A degree at which many rows of the sample are exact is not expected to prove anything.
 * @param names gradients whose accuracy counts
 */
export function expectedShare(
	{ n_q, n_k, heads, keyHeads, visibility }: BackwardProblem<RowSource>,
	{ epsilon = Number.POSITIVE_INFINITY, relative = Number.POSITIVE_INFINITY }: BackwardAccuracy,
	names: readonly (keyof OfEachGradient)[] = gradientNames,
): ShareOf {
	const pairs = visiblePairs(visibleKeys(visibility, n_q, n_k));
	return (sample, attempt, sizesOf) => {
		if (attempt.exactRows > MOST_EXACT * sample.n_q) return Number.POSITIVE_INFINITY;
		// Rows that see each other, as many times as the sample has.
		const queries = ((heads / keyHeads) * pairs) / n_k / sample.n_q;
		const keys = pairs / n_q / sample.n_k;
		let share = 0;
		for (const name of names) {
			const bound = largestOf(attempt.rows[name]);
			const [gradient, ofPart] = [sizesOf.sample.gradients[name], sizesOf.part.gradients[name]];
			const size = maxAbs(gradient);
			const growth = visibility.mask === "none" ? growthOf(gradient, ofPart) : 0;
			const [bounds, sizes] =
				name === "dQ"
					? [1, Math.max(1, keys) ** growth]
					: [queries / keys, (queries / keys) * Math.max(1, queries) ** growth];
			const part = relative < 1 && bound > 0 ? (bounds * bound) / (relative * sizes * size) : 0;
			share = Math.max(share, (bounds * bound) / epsilon, part);
		}
		return Number.isNaN(share) ? Number.POSITIVE_INFINITY : share;
	};
}

/**
 * Shares of the bounds on outputs, brought from a sample to all rows. Means of more keys are smaller where signs are random: how much, a part of the
 * sample tells. A degree at which many rows of the sample are exact is not expected to prove anything: a full run would take the time of the exact pass.
 */
export function outputShare(
	{ n_q, n_k, visibility }: BackwardProblem<RowSource>,
	{ epsilon = Number.POSITIVE_INFINITY, relative = Number.POSITIVE_INFINITY }: BackwardAccuracy,
): ShareOf {
	return (sample, { outputRows, exactRows }, { sample: { output }, part }) => {
		if (exactRows > MOST_EXACT * sample.n_q) return Number.POSITIVE_INFINITY;
		// The largest bound of many rows is above that of few.
		const bound = largestOf(outputRows) * Math.max(1, n_q / sample.n_q) ** (1 / 8);
		const size = maxAbs(output);
		// An output that cannot be told from zero: an absolute error is proved of it.
		if (bound <= NOTHING && size <= bound) return 0;
		const growth = visibility.mask === "none" ? growthOf(output, part.output) : 0;
		const share = bound / (relative * size * Math.max(1, n_k / sample.n_k) ** growth);
		return Number.isNaN(share) ? Number.POSITIVE_INFINITY : Math.max(bound / epsilon, share);
	};
}

/**
 * The power of the number of rows with which entries grow: 0 where terms have one sign, -1/2 where signs are random. Few rows tell it badly, and their
 * largest entries worse than their mean square: one that falls at all is that of random signs.
 */
function growthOf(sample: Matrix, part: Matrix): number {
	const growth = Math.log(meanSize(sample) / meanSize(part)) / Math.log(PART);
	if (growth < FALLS) return -0.5;
	return Number.isNaN(growth) ? 0 : Math.min(0, growth);
}

/** Root of the mean square of the entries, whatever their sizes. */
function meanSize(matrix: Matrix): number {
	const largest = maxAbs(matrix);
	let sum = 0;
	for (const x of matrix.data) sum += (x / largest) ** 2;
	return largest * Math.sqrt(sum / matrix.data.length);
}

/** Some keys of the first head, equally far apart, and fewer queries, each of which sees all. */
function sampleOf(problem: BackwardProblem<RowSource>, keys: number): BackwardProblem {
	const [{ Q, K, V, dO = V }] = headsOf(problem);
	const rows = (source: RowSource, most: number): Matrix => {
		const count = Math.min(Math.ceil(most), source.rows);
		const sample = Matrix.zeros(count, source.cols);
		for (let i = 0; i < count; i++) {
			const at = Math.floor((i * source.rows) / count);
			source.readRows(at, at + 1, sample.row(i));
		}
		return sample;
	};
	const { scale } = problem;
	const queries = keys / SAMPLE.fewer;
	const given = { Q: rows(Q, queries), K: rows(K, keys), V: rows(V, keys), dO: rows(dO, queries) };
	return createBackwardProblem(given, { scale });
}
