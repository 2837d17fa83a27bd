import { type CellContext, defineExperiment, type GridBlock, type Measurement } from "@attgrad/harness";
import { ComputationError, UsageError } from "@attgrad/matrix-core";
import { certifiedAttention, exactAttention } from "./attention-algorithms.ts";
import { certifiedCore } from "./cores/certified-core.ts";
import { exactCore } from "./cores/exact-core.ts";
import { figures } from "./figures.ts";
import { createModel } from "./network/model.ts";
import { paperTask } from "./tasks/next-character.ts";
import { train } from "./train.ts";

/** Proved errors of outputs and gradients of attention, each against its largest entry. */
export const accuracies = [0.1, 0.001];

/** Heads of the one layer, and the bound on their scores. */
const HEADS = 2;
const GAIN = 1;

/** Tokens of a batch that is not longer than one sequence. */
const TOKENS = 1024;

/** Steps between two comparisons with exact gradients. */
const CHECKED = 20;

/** A block of trainings: exact, and certified at each accuracy. */
function blocks(n: number, steps: number, seed: readonly number[]): GridBlock[] {
	const width = 4;
	const point = { n: [n], d: [width], B: [Math.sqrt(width * GAIN)], seed, distribution: [courseOf(steps)] };
	return [
		{ ...point, algorithm: [exactAttention.name] },
		{ ...point, algorithm: [certifiedAttention.name], relative: accuracies },
	];
}

/** How rows name what is trained. */
const courseOf = (steps: number): string => `${steps} steps of next character`;

async function measure({ cell, runtime }: CellContext): Promise<Measurement> {
	const steps = Number(/^(\d+) steps of next character$/.exec(cell.distribution)?.[1]);
	if (!Number.isInteger(steps))
		throw new ComputationError("skipped", `language-model: nothing is trained on ${cell.distribution}`);
	if (cell.algorithm !== exactAttention.name && cell.algorithm !== certifiedAttention.name)
		throw new UsageError(`language-model: unknown attention: ${cell.algorithm}`);
	const { d: width, n, seed, relative, B } = cell;
	const task = paperTask();
	const shape = { vocabulary: task.vocabulary, layers: 1, heads: HEADS, width };
	const model = createModel({ ...shape, bound: { kind: "norm", gain: (B * B) / width } }, seed);
	const certified = relative === undefined ? undefined : certifiedCore(runtime, relative);
	const proved: number[] = [];
	let checked = 0;
	const course = await train({
		...{ model, task, n, steps, seed, rate: 0.02, sequences: Math.max(1, Math.floor(TOKENS / n)) },
		core: certified ?? exactCore(runtime),
		before(step) {
			if (!certified) return;
			if (step > 0) proved.push(Math.max(...certified.proved));
			certified.checking = step % CHECKED === CHECKED - 1;
			if (certified.checking && step < steps) checked++;
		},
	});
	// The first step compiles kernels, and those that are checked run both passes.
	const times = course.milliseconds.filter((_, at) => at > 0 && !(certified && at % CHECKED === CHECKED - 1));
	const sorted = times.toSorted((a, b) => a - b);
	return {
		time_ms: rounded(sorted[Math.floor(sorted.length / 2)]),
		time_min_ms: rounded(sorted[0]),
		samples: sorted.length,
		loss: course.loss[steps - 1],
		...(certified && { degree: Math.max(...certified.degrees), rank: Math.max(...certified.ranks) }),
		extra: {
			loss: course.loss,
			milliseconds: course.milliseconds.map(rounded),
			...(certified && { proved: proved.map(rounded), checked, largestShareOfBound: rounded(certified.share) }),
		},
	};
}

const rounded = (x: number): number => Number(x.toPrecision(6));

/** One language model learns by exact attention, and by attention whose outputs and gradients are proved to two accuracies. */
export default defineExperiment({
	name: "language-model",
	title: "A language model trained by exact and by certified attention",
	question: "Does a language model learn the same by certified gradients as by exact ones, and in less time?",
	module: import.meta.url,
	claims: [
		{
			statement: "ours",
			says: "A language model learns the same by certified gradients as by exact ones.",
			figure: "loss-vs-step",
		},
		{
			statement: "ours",
			says: "At large n a whole certified step of a language model is faster than an exact one.",
			figure: "loss-vs-time",
		},
	],
	algorithms: [exactAttention, certifiedAttention],
	grid: {
		quick: [...blocks(256, 40, [1, 2, 3]), ...blocks(8192, 21, [1])],
		full: [...blocks(512, 100, [1, 2, 3]), ...blocks(16384, 60, [1])],
	},
	effort: { quick: { budget: 0, timeLimit: 60_000 }, full: { budget: 0, timeLimit: 1_200_000 } },
	figures,
	measure,
});
