import { type CellContext, defineExperiment, type GridBlock, type Measurement } from "@attgrad/harness";
import { ComputationError, seededRandom } from "@attgrad/matrix-core";
import { exactCore } from "../language-model/cores/exact-core.ts";
import type { EntryBound } from "../language-model/network/bound-entries.ts";
import { createModel } from "../language-model/network/model.ts";
import { recallTask } from "../language-model/tasks/recall.ts";
import { accuracyOf, train } from "../language-model/train.ts";
import { figures } from "./figures.ts";
import { EPSILON, type HeadFacts, probe } from "./probe.ts";

/** Pairs of the recall, and heads and width of the one layer. */
const PAIRS = 4;
const HEADS = 4;
const WIDTH = 4;

/** The training of a preset. */
interface Course {
	readonly n: number;
	readonly sequences: number;
	readonly steps: number;
	/** Tokens of the sequence on which heads are timed. */
	readonly timed: number;
	/** Times along a training that heads are measured. */
	readonly looks: number;
}

const courses: Readonly<Record<string, Course>> = {
	short: { n: 64, sequences: 8, steps: 300, timed: 4096, looks: 4 },
	long: { n: 128, sequences: 16, steps: 600, timed: 16384, looks: 8 },
};

/** Ways to bound the norms of queries and keys: a gain for each, none for free entries. */
interface Bounds {
	readonly norm: readonly number[];
	readonly cap: readonly number[];
}

function blocks(name: keyof typeof courses, { norm, cap }: Bounds): GridBlock[] {
	const point = { algorithm: ["streaming"], n: [courses[name].n], d: [WIDTH], seed: [1, 2, 3] };
	const bounded = (kind: string, gains: readonly number[]): GridBlock => ({
		...point,
		// No score passes the gain, no entry √(d gain) where scores are divided by d.
		B: gains.map((gain) => Math.sqrt(WIDTH * gain)),
		distribution: [`${name} recall, ${kind}`],
	});
	return [
		bounded("norm", norm),
		...(cap.length > 0 ? [bounded("cap", cap)] : []),
		// Free entries have no bound; an axis takes no 0.
		{ ...point, B: [1], distribution: [`${name} recall, free`] },
	];
}

async function measure({ cell, runtime }: CellContext): Promise<Measurement> {
	const { n, d, B, seed } = cell;
	const [, name = "", kind = ""] = /^(\w+) recall, (free|norm|cap)$/.exec(cell.distribution) ?? [];
	const course = courses[name];
	if (!course) throw new ComputationError("skipped", `training-entries: nothing is trained on ${cell.distribution}`);
	const task = recallTask(PAIRS);
	const bound: EntryBound = kind === "free" ? { kind: "none" } : { kind: kind as "norm" | "cap", gain: B ** 2 / d };
	const model = createModel({ vocabulary: task.vocabulary, layers: 1, heads: HEADS, width: d, bound }, seed);
	const core = exactCore(runtime);
	const sequence = task.batch(1, course.timed, seededRandom(seed, "probe"));
	// Free entries are followed along the training; bounded ones are looked at when it is over.
	const every = kind === "free" ? course.steps / course.looks : course.steps;
	const looks: { step: number; heads: HeadFacts[] }[] = [];
	const plan = { model, task, n, core, sequences: course.sequences, steps: course.steps, rate: 0.02, seed };
	const { loss, accuracy, milliseconds } = await train({
		...plan,
		async before(step) {
			if (step % every === 0 && (kind === "free" || step > 0))
				looks.push({ step, heads: await probe(model, sequence, runtime) });
		},
	});
	const times = milliseconds.toSorted((a, b) => a - b);
	return {
		time_ms: rounded(times[Math.floor(times.length / 2)]),
		samples: times.length,
		loss: loss[course.steps - 1],
		extra: {
			...{ gain: bound.kind === "none" ? null : bound.gain, pairs: PAIRS, timed: course.timed, epsilon: EPSILON },
			accuracy: rounded(await accuracyOf(plan, 8, seed)),
			losses: looks.map(({ step }) => rounded(loss[Math.min(step, course.steps - 1)])),
			accuracies: looks.map(({ step }) => rounded(accuracy[Math.min(step, course.steps - 1)])),
			looks: looks.map(({ step, heads }) => ({ step, heads: heads.map(roundedFacts) })),
		},
	};
}

const rounded = (x: number): number => Number(x.toPrecision(6));

const roundedFacts = (facts: HeadFacts): HeadFacts =>
	Object.fromEntries(Object.entries(facts).map(([name, x]) => [name, rounded(x)])) as unknown as HeadFacts;

/** The sizes of queries and keys of a network that learns, and what they cost: free, and kept below a bound. */
export default defineExperiment({
	name: "training-entries",
	title: "The size of entries along training",
	question: "Does training push entries beyond the threshold, and what does it cost to keep them below?",
	module: import.meta.url,
	claims: [
		{
			statement: "ours",
			says: "Recall that is trained with entries below √ln n is worse than above it.",
			figure: "accuracy-vs-B",
		},
		{
			statement: "ours",
			says: "Below the threshold a certified backward pass of a trained head is cheap; far above it none proves anything.",
			figure: "time-vs-B",
		},
	],
	grid: {
		quick: blocks("short", { norm: [0.5, 2, 8], cap: [] }),
		full: blocks("long", { norm: [0.5, 1, 2, 4, 8, 16], cap: [0.5, 1, 2, 4, 8, 16] }),
	},
	effort: { quick: { budget: 0, timeLimit: 60_000 }, full: { budget: 0, timeLimit: 1_200_000 } },
	figures,
	measure,
});
