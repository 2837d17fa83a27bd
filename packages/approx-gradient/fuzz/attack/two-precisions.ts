import { truthOf } from "@attgrad/attention-problem/reference";
import type { Random, Runtime } from "@attgrad/matrix-core";
import { gaussUntilMissed } from "../../src/polynomial/gauss/gauss-gradient.ts";
import { gaussRequest, servesTwoPrecisions } from "../../src/polynomial/gauss/gauss-request.ts";
import { profileOn } from "../../src/polynomial/method/method-of.ts";
import type { AttackedProblem } from "./problems.ts";
import type { Target } from "./target.ts";

/** Polynomials by row with monomials of high degree in single precision, often with a degree less for some rows; in double precision alone where a problem does not allow that. */
export const twoPrecisions: Target = {
	name: "polynomial by rows, two precisions",
	prepare({ given, problem }: AttackedProblem, random: Random) {
		const doubleUpTo = random.integer(3, 5);
		const degree = doubleUpTo + random.integer(1, 3);
		const lowerReach = random.integer(0, 1) === 0 ? undefined : 2 * random.uniform();
		return {
			options: { degree, doubleUpTo, lowerReach },
			async run(runtime: Runtime) {
				const request = gaussRequest(problem, await profileOn(problem, runtime), runtime, "l1");
				if (!servesTwoPrecisions(request)) return { kind: "none", bound: Number.POSITIVE_INFINITY, error: Number.NaN };
				const { result } = await gaussUntilMissed(
					{ ...request, doubleUpTo },
					degree,
					Number.POSITIVE_INFINITY,
					lowerReach,
				);
				const { kind = "none", bound = Number.POSITIVE_INFINITY } = result?.certificate ?? {};
				const error = kind === "none" || !result ? Number.NaN : truthOf(given).gradient.distanceTo(result.gradient);
				return { kind, bound, error };
			},
		};
	},
};
