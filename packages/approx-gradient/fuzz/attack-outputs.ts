import { type AttentionProblem, asDtype, computeOutput } from "@attgrad/attention-problem";
import { streamingForward } from "@attgrad/exact-gradient";
import { ComputationError, Matrix, maxAbs, multiply, seededRandom } from "@attgrad/matrix-core";
import { polynomialForward } from "../src/index.ts";
import { type Outcome, pick, plain, randomProblem, runtime } from "./attack.ts";

/** One random attack on the certificate of a layer's output. The seed says everything. */
export async function attackOutput(seed: number): Promise<Outcome> {
	const random = seededRandom(seed, "attack on an output");
	const { problem, name } = randomProblem(seed, random);
	const target =
		random.integer(0, 2) === 0 ? { epsilon: 10 ** random.uniform(-12, 0) } : { degree: random.integer(0, 14) };
	const options = { ...target, basis: pick(random, ["taylor", "chebyshev", "minimax"] as const) };
	const on = pick(random, [runtime, plain]);
	const description = `seed ${seed}: ${name} ${problem.A1.dtype} ${on.kernel} ${JSON.stringify(options)}`;
	const made = await computeOutput(polynomialForward, problem, options, on).catch((error: unknown) => {
		if (!(error instanceof ComputationError)) throw new Error(description, { cause: error });
		return error;
	});
	if (made instanceof ComputationError) return { status: "refused", description, reason: made.message };
	const { bound } = made.certificate!;
	if (bound === Number.POSITIVE_INFINITY) return { status: "unproven", description };
	const error = largestError(made.output, await aboutFirstValue(problem));
	return { status: error <= bound ? "held" : "violated", description, group: "output, a-posteriori", error, bound };
}

/**
 * The exact output about the value of key 0, which is apart: values with a large common offset would leave the rounding
 * of their sums in a plain reference, and it is larger than what the certificate allows.
 */
async function aboutFirstValue(problem: AttentionProblem): Promise<{ base: Matrix; rest: Matrix }> {
	const { n, d, A3, Y, ...others } = asDtype(problem, "f64");
	const rest = Matrix.zeros(n, d);
	const moved = Matrix.build(n, d, (l, a) => A3.at(l, a) - A3.at(0, a));
	await streamingForward({ ...others, n, d, Y, A3: moved }, (from, rows) => rest.data.set(rows.data, from * d));
	return { base: multiply(A3.slice(0, 1), Y), rest };
}

function largestError(output: Matrix, { base, rest }: { base: Matrix; rest: Matrix }): number {
	return maxAbs(Matrix.build(rest.rows, rest.cols, (j, i) => output.at(j, i) - base.at(0, i) - rest.at(j, i)));
}
