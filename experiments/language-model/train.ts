import { seededRandom } from "@attgrad/matrix-core";
import { createAdam } from "./network/adam.ts";
import type { AttentionCore } from "./network/attention.ts";
import { type LanguageModel, lossOf } from "./network/model.ts";
import { clearGradients } from "./network/parameter.ts";
import type { Task } from "./tasks/task.ts";

/** How a model is trained. */
export interface TrainingPlan {
	readonly model: LanguageModel;
	readonly task: Task;
	/** Sequences of a batch, and their length. */
	readonly sequences: number;
	readonly n: number;
	readonly steps: number;
	/** Step size of Adam after the first ten steps; it falls to a tenth of it. */
	readonly rate: number;
	/** Of the data. */
	readonly seed: number;
	readonly core: AttentionCore;
	/** Told before each step, and once after the last. */
	before?(step: number): Promise<void> | void;
}

/** The record of the steps: one list for each quantity. */
export interface TrainingCourse {
	/** Mean cross-entropy of the step's batch, before the step. */
	readonly loss: number[];
	/** Part of the targets that have the largest logit. */
	readonly accuracy: number[];
	/** Time of the step: forward, backward and Adam. */
	readonly milliseconds: number[];
}

/** Steps in which the step size grows to its full size. */
const WARM_UP = 10;

/** Trains a model by Adam, in place; the same for the same seed. */
export async function train(plan: TrainingPlan): Promise<TrainingCourse> {
	const { model, task, sequences, n, steps, rate, seed, core } = plan;
	const course: TrainingCourse = { loss: [], accuracy: [], milliseconds: [] };
	const step = createAdam(model.parameters, { rate });
	const random = seededRandom(seed, "batches");
	for (let at = 0; at < steps; at++) {
		await plan.before?.(at);
		const batch = task.batch(sequences, n, random);
		const start = performance.now();
		clearGradients(model.parameters);
		const { loss, counted, correct } = await lossOf(model, batch, core);
		step(Math.min(1, (at + 1) / WARM_UP) * (1 - (0.9 * at) / steps));
		course.milliseconds.push(performance.now() - start);
		course.loss.push(loss);
		course.accuracy.push(correct / Math.max(1, counted));
	}
	await plan.before?.(steps);
	return course;
}

/** Part of the targets of fresh batches that a model predicts. */
export async function accuracyOf(
	{ model, task, sequences, n, core }: Pick<TrainingPlan, "model" | "task" | "sequences" | "n" | "core">,
	batches: number,
	seed: number,
): Promise<number> {
	const random = seededRandom(seed, "fresh batches");
	let [right, all] = [0, 0];
	for (let i = 0; i < batches; i++) {
		const { correct, counted } = await lossOf(model, task.batch(sequences, n, random), core, { backward: false });
		right += correct;
		all += counted;
	}
	return right / all;
}
