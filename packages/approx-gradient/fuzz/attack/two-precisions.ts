import { type AttentionProblem, distributions, generateProblem } from "@attgrad/attention-problem";
import { truthOf } from "@attgrad/attention-problem/reference";
import type { Random, Runtime } from "@attgrad/matrix-core";
import { gaussUntilMissed } from "../../src/polynomial/gauss/gauss-gradient.ts";
import { gaussRequest, servesTwoPrecisions } from "../../src/polynomial/gauss/gauss-request.ts";
import { profileOn } from "../../src/polynomial/method/method-of.ts";
import type { AttackedProblem } from "./problems.ts";
import { pick } from "./problems.ts";
import type { Target } from "./target.ts";

const requestFor = async (problem: AttentionProblem, runtime: Runtime) =>
	gaussRequest(problem, await profileOn(problem, runtime), runtime, "l1");

/**
 * Polynomials by row with monomials of high degree in single precision, often with a degree less for some rows. Where a problem's sizes do not allow
 * that, one of ordinary sizes takes its place.
 */
export const twoPrecisions: Target = {
	name: "polynomial by rows, two precisions",
	prepare(attacked: AttackedProblem, random: Random) {
		const doubleUpTo = random.integer(3, 5);
		const degree = doubleUpTo + random.integer(1, 3);
		const lowerReach = random.integer(0, 1) === 0 ? undefined : 2 * random.uniform();
		const ordinary = {
			...{ distribution: pick(random, distributions), n: random.integer(1, 20), d: random.integer(2, 4) },
			...{ B: 0.1 * 20 ** random.uniform(), seed: random.integer(0, 2 ** 31 - 1) },
		};
		return {
			options: { degree, doubleUpTo, lowerReach, ordinary },
			async run(runtime: Runtime) {
				let request = await requestFor(attacked.problem, runtime);
				let { given } = attacked;
				if (!servesTwoPrecisions(request)) {
					given = generateProblem(ordinary);
					request = await requestFor(given, runtime);
				}
				const none = { kind: "none", bound: Number.POSITIVE_INFINITY, error: Number.NaN } as const;
				if (!servesTwoPrecisions(request)) return none;
				const inTwo = { ...request, doubleUpTo };
				const { result } = await gaussUntilMissed(inTwo, degree, Number.POSITIVE_INFINITY, lowerReach);
				if (!result?.certificate) return none;
				const { kind, bound } = result.certificate;
				return { kind, bound, error: truthOf(given).gradient.distanceTo(result.gradient) };
			},
		};
	},
};
