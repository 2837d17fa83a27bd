import { findAlgorithm } from "@attgrad/algorithms";
import { calibratedModel, predictTime } from "@attgrad/approx-gradient";
import {
	type CellContext,
	cellProblem,
	defineExperiment,
	describeRegime,
	type FigureFacts,
	type GridBlock,
	type Measurement,
	measureCell,
	numberText,
	type Row,
	type Series,
} from "@attgrad/harness";
import { ComputationError, present } from "@attgrad/matrix-core";
import { crossing, predictedCrossing, type TimesAt } from "./crossing.ts";

/** The size of a cell's own problem, on which the correctness gate runs; n* is looked for on others. */
const CELL_SIZE = 512;

/** Sizes between which n* is looked for; the most depends on the effort. */
const LEAST_SIZE = 64;
const MOST_SIZE = { quick: 2 ** 13, full: 2 ** 15 };

/** Budgets of the presets, by which `measure` tells how far to go. */
const BUDGET = { quick: 50, full: 200 };

/** Predictions that are off by less than this are worth a measurement. */
const FAR = 4;

/** Runs of each at a size, one after the other; the fastest counts. */
const RUNS = 3;

const block = (d: number[], B: number[], epsilon: number[]): GridBlock => ({
	algorithm: ["polynomial/moment"],
	n: [CELL_SIZE],
	d,
	B,
	epsilon,
});

/** The usual measurement at 512 tokens, and n*, measured and predicted. */
async function measure(context: CellContext): Promise<Measurement> {
	const { cell, runtime, budget } = context;
	const model = await calibratedModel(runtime, cell.dtype, ["streaming", "polynomial/moment"]);
	const timeOf = (algorithm: string) => (n: number) =>
		present(predictTime({ ...cell, algorithm, n }, model), `the predicted time of ${algorithm}`);
	const predicted = predictedCrossing(timeOf("streaming"), timeOf("polynomial/moment"));
	const most = budget > BUDGET.quick ? MOST_SIZE.full : MOST_SIZE.quick;
	if (predicted > FAR * most)
		throw new ComputationError("skipped", `n* is predicted at ${Math.round(predicted)}, far beyond n = ${most}`);
	const measurement = await measureCell(context);
	const measured = crossing(await timesAround(context, Math.min(predicted, most), most));
	if (measured === undefined)
		throw new ComputationError(
			"skipped",
			`the exact method is faster up to n = ${most}${Number.isFinite(predicted) ? `; predicted n* ${Math.round(predicted)}` : ""}`,
		);
	return { ...measurement, extra: { n_star: measured, n_star_predicted: predicted } };
}

/** Times at powers of two around a guess, down and up until they lie on both sides of the crossing. */
async function timesAround(context: CellContext, guess: number, most: number): Promise<TimesAt[]> {
	const start = Math.min(most, Math.max(LEAST_SIZE, 2 ** Math.round(Math.log2(guess))));
	const times = [await timesAt(context, start)];
	const isFaster = ({ exact, polynomial }: TimesAt): boolean => polynomial < exact;
	const up = !isFaster(times[0]);
	for (let n = up ? 2 * start : start / 2; n >= LEAST_SIZE && n <= most; n = up ? 2 * n : n / 2) {
		const found = await timesAt(context, n);
		times.push(found);
		if (isFaster(found) === up) break;
	}
	return times;
}

/** The fastest of a few runs of both, in turn; one run that is long is enough. */
async function timesAt({ cell, algorithm, runtime, budget }: CellContext, n: number): Promise<TimesAt> {
	const problem = cellProblem(cell, n);
	const exact = findAlgorithm("streaming").algorithm;
	const run = {
		exact: () => exact.run(problem, exact.options.parse({}), runtime),
		polynomial: () => algorithm.run(problem, cell.options, runtime),
	};
	const best = { exact: Number.POSITIVE_INFINITY, polynomial: Number.POSITIVE_INFINITY };
	for (let round = 0; round <= RUNS; round++)
		for (const name of ["exact", "polynomial"] as const) {
			if (round > 1 && best[name] > budget) continue;
			const time = await timed(run[name]);
			// The first run compiles, and counts only where it is long.
			if (round > 0 || time > budget) best[name] = Math.min(best[name], time);
		}
	return { n, ...best };
}

/** Milliseconds of a run on one thread: its processor time where that is less, for it is blind to other processes. */
async function timed(run: () => Promise<unknown>): Promise<number> {
	const before = process.cpuUsage();
	const start = performance.now();
	await run();
	const wall = performance.now() - start;
	const { user, system } = process.cpuUsage(before);
	return Math.min(wall, (user + system) / 1000);
}

const fromExtra =
	(name: string) =>
	({ extra }: Row): number | undefined =>
		typeof extra?.[name] === "number" ? extra[name] : undefined;

const measuredStar = fromExtra("n_star");
const predictedStar = fromExtra("n_star_predicted");

const epsilonOf = ({ epsilon }: Row): number | undefined => epsilon;
const heading = ([row]: readonly Row[]): string =>
	`error certified to be at most ${numberText(present(row.epsilon, "the epsilon of a panel"))}`;

/** 530, 2.1k. */
const shortSize = (n: number): string => (n < 1000 ? String(Math.round(n)) : `${(n / 1000).toPrecision(2)}k`);

/** The crossovers that were found, with their predictions. */
const starsIn = (rows: readonly Row[]) =>
	rows.flatMap((row) => {
		const [measured, predicted] = [measuredStar(row), predictedStar(row)];
		return measured === undefined || predicted === undefined ? [] : [{ measured, predicted }];
	});

function title({ rows }: FigureFacts): string {
	const stars = starsIn(rows).map(({ measured }) => measured);
	if (stars.length === 0) return "No crossover was found";
	return `The polynomial is faster from ${shortSize(Math.min(...stars))} tokens on at small d and B, from ${shortSize(Math.max(...stars))} on at large ones`;
}

/** The factor by which predictions are off, its median and its largest. */
function titleOfPredictions({ rows }: FigureFacts): string {
	const factors = starsIn(rows)
		.map(({ measured, predicted }) => predicted / measured)
		.map((ratio) => Math.max(ratio, 1 / ratio))
		.sort((a, b) => a - b);
	if (factors.length === 0) return "No crossover was found";
	const median = factors[Math.floor(factors.length / 2)];
	return `The cost model predicts the crossover within a factor of ${median.toFixed(1)} in the median, ${Math.max(...factors).toFixed(1)} at most`;
}

const series = (kind: Series["kind"], y: Series["y"]): Series => ({
	name: ({ d }) => `d = ${d}`,
	kind,
	x: ({ B }) => B,
	y,
});

/** The n of a row is that of its gate, not the n* that figures are about. */
const regime = (rows: readonly Row[]) => describeRegime(rows, ["n"]);

const caveat =
	"n* is where the moment route takes as long as the exact method. × skipped: the exact method is faster at every size that was " +
	"tried, or n* is predicted far beyond them; × invalid: no degree certifies that error.";

export default defineExperiment({
	name: "crossover",
	title: "From how many tokens on the polynomial is faster",
	question: "At which n does the certified polynomial overtake the exact gradient, and does the cost model foresee it?",
	module: import.meta.url,
	claims: [
		{
			statement: "ours",
			says: "From which n on the polynomial is faster is known before it is measured.",
			figure: "crossover-predicted",
		},
	],
	grid: {
		quick: [block([2, 4, 6], [0.25, 0.5, 1, 1.5], [1e-3])],
		full: [block([2, 3, 4, 5, 6, 8], [0.25, 0.5, 1, 1.5, 2], [1e-3, 1e-6])],
	},
	effort: {
		quick: { budget: BUDGET.quick, timeLimit: 20_000 },
		full: { budget: BUDGET.full, timeLimit: 60_000 },
	},
	measure,
	figures: [
		{
			form: "heat-map",
			name: "crossover",
			title,
			regime,
			caveat,
			x: { title: "bound B of the entries of queries and keys", scale: "linear" },
			y: { title: "width d", scale: "linear" },
			cells: (row) => {
				const value = measuredStar(row);
				return row.B === undefined ? [] : [{ x: row.B, y: row.d, value }];
			},
			colour: { title: "crossover n* (tokens)", kind: "sequential", scale: "log" },
			text: shortSize,
			panels: { value: epsilonOf, heading },
		},
		{
			name: "crossover-predicted",
			title: titleOfPredictions,
			regime,
			caveat,
			x: { title: "bound B of the entries of queries and keys", scale: "linear" },
			y: { title: "crossover n* (tokens)", scale: "powers-of-two" },
			series: [series("measured", measuredStar), series("predicted", predictedStar)],
			panels: { value: epsilonOf, heading },
		},
	],
});
