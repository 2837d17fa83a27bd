import { truthOf } from "@attgrad/attention-problem/reference";
import { Matrix, type Random, type Runtime } from "@attgrad/matrix-core";
import { gaussUntilMissed } from "../../src/polynomial/gauss/gauss-gradient.ts";
import { gaussRequest } from "../../src/polynomial/gauss/gauss-request.ts";
import { profileOn } from "../../src/polynomial/method/method-of.ts";
import type { AttackedProblem } from "./problems.ts";
import { pick } from "./problems.ts";
import type { Target } from "./target.ts";

/**
 * Polynomials by row of one degree less for the rows of a reach up to a random part of the radius, which a run with an accuracy takes on many rows only. Plain
 * TypeScript has one degree for all rows.
 */
export const twoDegrees: Target = {
	name: "polynomial by rows, two degrees",
	prepare({ given, problem }: AttackedProblem, random: Random) {
		const degree = random.integer(2, random.integer(0, 3) > 0 ? 5 : 9);
		const form = pick(random, ["l1", "v2"] as const);
		const part = random.uniform(0, 1.2);
		return {
			options: { degree, form, part },
			async run(runtime: Runtime) {
				const request = gaussRequest(problem, await profileOn(problem, runtime), runtime, form);
				const lowerReach = part * request.space.radius;
				const { result } = await gaussUntilMissed(request, degree, Number.POSITIVE_INFINITY, lowerReach);
				const { kind = "none", bound = Number.POSITIVE_INFINITY } = result?.certificate ?? {};
				const gradient = result?.gradient ?? Matrix.zeros(problem.d, problem.d);
				const error = kind === "none" ? Number.NaN : truthOf(given).gradient.distanceTo(gradient);
				return { kind, bound, error };
			},
		};
	},
};
