import { polynomialGradientY } from "@attgrad/approx-gradient";
import {
	type AnyGradientAlgorithm,
	type AttentionProblem,
	boundMet,
	type GradientResult,
} from "@attgrad/attention-problem";
import { Matrix, type Runtime } from "@attgrad/matrix-core";

/** Step sizes per token, and the part of the last step that is taken again. */
const RATES = { X: 20, Y: 3, momentum: 0.5 };

/** The record of the training before each step: one list for each quantity. */
export interface Course {
	/** L / n. */
	readonly loss: number[];
	/** Wall-clock time of both gradients of the step, milliseconds. */
	readonly milliseconds: number[];
	/** ‖A1 X‖∞. */
	readonly B: number[];
	/** R, degree and K of the gradient in X; empty for an exact algorithm. */
	readonly radius: number[];
	readonly degree: number[];
	readonly rank: number[];
	/** The certified bound on the error of each entry of dL/dX, and of dL/dY. */
	readonly bound: number[];
	readonly boundY: number[];
}

/** The course of a training, and the weights and the gradient at its end. */
export interface Trained {
	readonly course: Course;
	readonly last: AttentionProblem;
	readonly gradient: Matrix;
}

/** Gradient descent with momentum on X and Y, by the gradients of an algorithm; the loss is taken per token. */
export async function train(
	start: AttentionProblem,
	steps: number,
	algorithm: AnyGradientAlgorithm,
	options: Readonly<Record<string, unknown>>,
	runtime: Runtime,
): Promise<Trained> {
	const { n, d } = start;
	const course: Course = {
		...{ loss: [], milliseconds: [], B: [], radius: [], degree: [], rank: [], bound: [], boundY: [] },
	};
	const move = { X: Matrix.zeros(d, d), Y: Matrix.zeros(d, d) };
	let problem = start;
	for (let step = 0; ; step++) {
		const before = performance.now();
		const result = await algorithm.run(problem, options, runtime);
		const { gradientY, bound } = await gradientInY(problem, result, runtime);
		const { certificate } = result;
		course.milliseconds.push(performance.now() - before);
		course.loss.push(result.loss / n);
		course.B.push(boundMet(problem).queries);
		if (certificate && result.degree !== undefined && result.rank !== undefined && bound !== undefined) {
			course.radius.push(certificate.radius);
			course.degree.push(result.degree);
			course.rank.push(result.rank);
			course.bound.push(certificate.bound);
			course.boundY.push(bound);
		}
		if (step === steps) return { course, last: problem, gradient: result.gradient };
		const moved = (name: "X" | "Y", gradient: Matrix): Matrix => {
			const by = move[name].data;
			for (let at = 0; at < by.length; at++) by[at] = RATES.momentum * by[at] - (RATES[name] / n) * gradient.data[at];
			return Matrix.build(d, d, (i, j) => problem[name].at(i, j) + by[i * d + j]);
		};
		problem = { ...problem, X: moved("X", result.gradient), Y: moved("Y", gradientY) };
	}
}

/** dL/dY: the algorithm's own, or a forward pass at the degree that the gradient in X took. */
async function gradientInY(
	problem: AttentionProblem,
	{ gradientY, degree }: GradientResult,
	runtime: Runtime,
): Promise<{ gradientY: Matrix; bound?: number }> {
	if (gradientY) return { gradientY };
	const approximate = await polynomialGradientY(problem, { degree }, runtime);
	return { gradientY: approximate.gradientY, bound: approximate.certificate.bound };
}
