import { type AttentionProblem, computeOutput, createProblem, projectedLayer } from "@attgrad/attention-problem";
import { exactForward } from "@attgrad/exact-gradient";
import { Matrix, maxAbs, multiply, type Runtime, scale, seededRandom } from "@attgrad/matrix-core";

/** Scale of the student's weights before the first step. */
const START = { X: 0.1, Y: 0.5 };

/** The task of a student: the size of the problem, the teacher's B and the seed of both. */
export interface TeacherTask {
	readonly n: number;
	readonly d: number;
	/** ‖A1 X‖∞ of the teacher. */
	readonly B: number;
	readonly seed: number;
}

/**
 * One layer of self-attention that is to learn another's outputs: A1 = A2 = A3 = H with entries uniform in [-1, 1), targets
 * E = attention of H by the teacher's X and Y, whose queries have ‖H X‖∞ = B. The student starts small.
 */
export async function studentProblem({ n, d, B, seed }: TeacherTask, runtime: Runtime): Promise<AttentionProblem> {
	const random = (name: string) => seededRandom(seed, "training", name);
	const inputs = random("H");
	const H = Matrix.build(n, d, () => inputs.uniform(-1, 1));
	const normal = (name: string, size: number) => {
		const entries = random(name);
		return Matrix.build(d, d, () => size * entries.normal());
	};
	const direction = normal("teacher X", 1);
	const queries = scale(multiply(H, direction), B / maxAbs(multiply(H, direction)));
	const teacher = { ...projectedLayer({ Q: queries, K: H, V: H }), Y: normal("teacher Y", 1) };
	const { output: E } = await computeOutput(exactForward, teacher, {}, runtime);
	return createProblem({ A1: H, A2: H, A3: H, E, X: normal("X", START.X), Y: normal("Y", START.Y) });
}
