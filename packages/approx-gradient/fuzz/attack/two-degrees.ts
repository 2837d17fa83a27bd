import { truthOf } from "@attgrad/attention-problem/reference";
import type { Random, Runtime } from "@attgrad/matrix-core";
import { gaussUntilMissed } from "../../src/polynomial/gauss/gauss-gradient.ts";
import { gaussRequest } from "../../src/polynomial/gauss/gauss-request.ts";
import { profileOn } from "../../src/polynomial/method/method-of.ts";
import type { AttackedProblem } from "./problems.ts";
import { pick } from "./problems.ts";
import { claimOf, nothing, type Target } from "./target.ts";

/**
 * Polynomials by row with one degree less for rows of small reach: up to a random part of the radius. A run with an accuracy does that on many rows only.
 * Plain TypeScript has one degree for all rows.
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
				return result ? claimOf(result.certificate, result.gradient, () => truthOf(given).gradient) : nothing;
			},
		};
	},
};
