import type { Verb } from "../verb.ts";

/** `attgrad backward`: the gradients of an attention layer in its queries, keys and values. */
export const backwardVerb: Verb = {
	name: "backward",
	argument: {
		syntax: "<layer>",
		type: "string",
		describe:
			"an .npz file or a folder of .npy files with Q (n_q x d), K (n_k x d), V (n_k x d_v), dO (n_q x d_v), with axes for heads or (batch, heads) before, and optionally scale and lengths of packed sequences; or a stack of layers: E (n x d), weights Q, K, V (layers x d x d, or layers x heads x d x width with W_O, layers x heads x width x d) and dO (n x d)",
	},
	summary: "Compute dQ, dK and dV of an attention layer with masks and heads, or all gradients of a stack of layers",
	examples: [
		["backward layer.npz --mask causal --out grads.npz", "dQ, dK and dV, shaped like Q, K and V"],
		["backward layer.npz --mask causal --window 256 --threads 2", "each query sees the last 256 keys"],
		["backward layer.npz --scale '1/sqrt(d)' --with-output --json", "with the output and lse"],
		[
			"backward stack.npz --mask causal --residual --relative 0.004",
			"every gradient, with the mixed-stability certificate",
		],
	],
	flags: async () => [{ schema: (await import("./request.ts")).backwardFlags }],
	run: async (given) => {
		const { answerBackward } = await import("./run.ts");
		await answerBackward(given);
	},
};
