import { type AttentionProblem, distributions, generateProblem } from "@attgrad/attention-problem";
import { truthOf } from "@attgrad/attention-problem/reference";
import { Matrix, type Random, type Runtime } from "@attgrad/matrix-core";
import { gaussUntilMissed } from "../../src/polynomial/gauss/gauss-gradient.ts";
import { gaussRequest, servesTwoPrecisions } from "../../src/polynomial/gauss/gauss-request.ts";
import { profileOn } from "../../src/polynomial/method/method-of.ts";
import type { AttackedProblem } from "./problems.ts";
import { pick } from "./problems.ts";
import { claimOf, nothing, type Target } from "./target.ts";

const requestFor = async (problem: AttentionProblem, runtime: Runtime) =>
	gaussRequest(problem, await profileOn(problem, runtime), runtime, "l1");

/** Sizes of a problem, often near the limits of two precisions: coordinates of 4, values of 1e-6 and 1e6, residuals at the end of single precision. */
const sizesOf = (random: Random) => ({
	...{ distribution: pick(random, distributions), n: random.integer(1, 20), d: random.integer(2, 4) },
	...{ B: 0.1 * pick(random, [20, 40]) ** random.uniform(), seed: random.integer(0, 2 ** 31 - 1) },
	value: pick(random, [1, 1e-6, 1e6]) ** random.uniform(),
	target: pick(random, [1, 1e12, 1e38]) ** random.uniform(),
});

/** A problem of a distribution whose values, and whose targets beside them, are made larger or smaller. */
function problemOf({ value, target, ...sizes }: ReturnType<typeof sizesOf>): AttentionProblem {
	const problem = generateProblem(sizes);
	const by = (matrix: Matrix, factor: number): Matrix =>
		Matrix.build(matrix.rows, matrix.cols, (row, column) => factor * matrix.at(row, column));
	return { ...problem, A3: by(problem.A3, value), E: by(problem.E, value * target) };
}

/**
 * Polynomials by row with monomials of high degree in single precision, often with a degree less for some rows. Where a problem's sizes do not allow
 * that, another one takes its place, which mostly does.
 */
export const twoPrecisions: Target = {
	name: "polynomial by rows, two precisions",
	prepare(attacked: AttackedProblem, random: Random) {
		const doubleUpTo = random.integer(3, 5);
		const degree = Math.min(12, doubleUpTo + random.integer(1, pick(random, [3, 3, 9])));
		const lowerReach = random.integer(0, 1) === 0 ? undefined : 2 * random.uniform();
		const instead = sizesOf(random);
		return {
			options: { degree, doubleUpTo, lowerReach, instead },
			async run(runtime: Runtime) {
				let request = await requestFor(attacked.problem, runtime);
				let { given } = attacked;
				if (!servesTwoPrecisions(request)) {
					given = problemOf(instead);
					request = await requestFor(given, runtime);
				}
				if (!servesTwoPrecisions(request)) return nothing;
				const inTwo = { ...request, doubleUpTo };
				const { result } = await gaussUntilMissed(inTwo, degree, Number.POSITIVE_INFINITY, lowerReach);
				return result ? claimOf(result.certificate, result.gradient, () => truthOf(given).gradient) : nothing;
			},
		};
	},
};
