import { backwardPolynomial } from "@attgrad/approx-gradient";
import { defineAlgorithm } from "@attgrad/attention-problem";
import { backwardStreaming } from "@attgrad/exact-gradient";
import { ComputationError } from "@attgrad/matrix-core";
import { z } from "zod";

const reason = "it is the attention of a language model, and takes no problem of its own";

/** Attention of a language model by the exact operator, as rows name it. */
export const exactAttention = defineAlgorithm({
	name: "exact-attention",
	summary: "attention of a language model by the exact operator",
	exact: true,
	version: 1,
	modules: backwardStreaming.modules ?? [],
	options: z.strictObject({}),
	supports: () => ({ reason: `exact-attention: ${reason}` }),
	run: async () => {
		throw new ComputationError("skipped", `exact-attention: ${reason}`);
	},
});

/** Attention of a language model by polynomials, as rows name it. */
export const certifiedAttention = defineAlgorithm({
	name: "certified-attention",
	summary: "attention of a language model by polynomials, with a proof of each pass",
	exact: false,
	version: 1,
	modules: backwardPolynomial.modules ?? [],
	options: z.strictObject({
		relative: z.number().positive().describe("proved error of outputs and gradients against their largest entry"),
	}),
	supports: () => ({ reason: `certified-attention: ${reason}` }),
	run: async () => {
		throw new ComputationError("skipped", `certified-attention: ${reason}`);
	},
});
