import { planForward } from "@attgrad/approx-gradient";
import { defineForward } from "@attgrad/attention-problem";
import { z } from "zod";

/**
 * For each layer the cheaper of exact and polynomial, as `planForward` says.
 * @param reasons gets a line for each layer that is run
 */
export const autoForward = (reasons: string[]) =>
	defineForward({
		name: "auto",
		summary: "the cheaper of streaming and polynomial",
		exact: false,
		options: z.strictObject({
			epsilon: z.number().positive().default(1e-6).describe("bound on max |o~ - o| to prove"),
		}),
		async run(layer, { epsilon }, runtime, sink) {
			const { algorithm, why, run } = await planForward(layer, epsilon, runtime);
			reasons.push(`${algorithm}: ${why}`);
			return run(sink);
		},
	});
