import { type AttentionOperands, createOperands, headArray } from "@attgrad/attention-problem";
import { backwardStreaming, operatorForward } from "@attgrad/exact-gradient";
import type { Runtime } from "@attgrad/matrix-core";
import type { AttentionCore, HeadRows } from "../network/attention.ts";

/** Attention and its gradients by the exact operator, on the kernels of a runtime. */
export const exactCore = (runtime: Runtime): AttentionCore => ({
	async run(rows) {
		const operands = causalOperands(rows);
		const { output } = await operatorForward(operands, runtime);
		return { output, backward: (dO) => backwardStreaming.run({ ...operands, dO }, {}, runtime) };
	},
});

/** The rows of all heads as operands of causal attention with scale 1. */
export function causalOperands({ Q, K, V, batch, heads, n }: HeadRows): AttentionOperands {
	const [q, k, v] = [Q, K, V].map((rows) => headArray([batch, heads, n, rows.cols], rows.data));
	return createOperands({ Q: q, K: k, V: v }, { scale: 1, visibility: { mask: "causal" } });
}
