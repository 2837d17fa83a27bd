import {
	type CellContext,
	defineExperiment,
	type GridBlock,
	gradientError,
	type Measurement,
	referenceGradient,
} from "@attgrad/harness";
import { ComputationError, present } from "@attgrad/matrix-core";
import { figures } from "./figures.ts";
import { studentProblem } from "./teacher.ts";
import { train } from "./train.ts";

/** Certified error of the gradient per token: |g̃ − g| ≤ ε with ε = this · n. */
export const tolerances = [1e-2, 1e-6];

/** Largest n at which the last gradient is compared with the exact one. */
const COMPARED = 4096;

/** ‖A1 X‖∞ of the teachers: one that the student reaches early, and one that it grows towards. */
const teachers = [1.5, 6];

const blocks = (n: number, steps: number, { exactSteps = steps, B = teachers, threads = 1 } = {}): GridBlock[] => {
	const point = { n: [n], d: [4], B, threads: [threads] };
	return [
		{ ...point, algorithm: ["streaming"], distribution: [course(exactSteps)] },
		{
			...point,
			algorithm: ["polynomial/moment"],
			distribution: [course(steps)],
			epsilon: tolerances.map((tolerance) => Number((tolerance * n).toPrecision(6))),
		},
	];
};

/** How rows name what is trained. */
const course = (steps: number): string => `${steps} steps on uniform`;

/** Rows of the problem that is trained for a step before the clock runs, so that kernels are compiled. */
const WARM_ROWS = 256;

async function measure({ cell, algorithm, runtime }: CellContext): Promise<Measurement> {
	const steps = Number(/^(\d+) steps on uniform$/.exec(cell.distribution)?.[1]);
	if (!Number.isInteger(steps))
		throw new ComputationError("skipped", `training: nothing is trained on ${cell.distribution}`);
	await train(await studentProblem({ ...cell, n: WARM_ROWS }, runtime), 1, algorithm, cell.options, runtime);
	const start = await studentProblem(cell, runtime);
	const { course: noted, last, gradient } = await train(start, steps, algorithm, cell.options, runtime);
	const times = noted.milliseconds.slice().sort((a, b) => a - b);
	const isCompared = cell.n <= COMPARED && !algorithm.exact;
	const error = isCompared && gradientError(gradient, referenceGradient(last).gradient);
	const final = noted.degree.length - 1;
	return {
		time_ms: Number(times[Math.floor(times.length / 2)].toPrecision(6)),
		samples: times.length,
		loss: present(noted.loss.at(-1), "the loss of a step") * cell.n,
		...(error && { error_max: error.max, ...(error.relative !== undefined && { error_rel: error.relative }) }),
		...(final >= 0 && {
			degree: noted.degree[final],
			rank: noted.rank[final],
			radius: noted.radius[final],
			error_bound: Math.max(...noted.bound),
			bound_kind: "a-posteriori",
		}),
		extra: Object.fromEntries(
			Object.entries(noted).map(([name, values]: [string, number[]]) => [
				name,
				values.map((x) => (name === "loss" ? x : Number(x.toPrecision(6)))),
			]),
		),
	};
}

/** One layer learns another by gradient descent: with exact gradients, and with approximate ones at two certified errors. */
export default defineExperiment({
	name: "training",
	title: "Training with exact and with certified approximate gradients",
	question: "Does a layer learn the same by approximate gradients, how much sooner, and what happens as B grows?",
	module: import.meta.url,
	claims: [
		{
			statement: "ours",
			says: "Training by certified gradients follows training by exact ones.",
			figure: "loss-vs-step",
		},
		{
			statement: "ours",
			says: "At large n a certified step takes a small part of the time of an exact one.",
			figure: "loss-vs-time",
		},
	],
	grid: {
		quick: [...blocks(1024, 16), ...blocks(4096, 16)],
		full: [
			...blocks(4096, 32, { threads: 2 }),
			...blocks(16384, 32, { threads: 2 }),
			// An exact step takes seconds there: the first few only.
			...blocks(65536, 32, { exactSteps: 3, B: [1.5], threads: 2 }),
		],
	},
	effort: { quick: { budget: 0, timeLimit: 30_000 }, full: { budget: 0, timeLimit: 600_000 } },
	figures,
	measure,
});
