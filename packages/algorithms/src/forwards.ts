import { hybridForward, oneAccuracy, planForward, polynomialForward } from "@attgrad/approx-gradient";
import { type AnyForwardAlgorithm, defineForward } from "@attgrad/attention-problem";
import { exactForward } from "@attgrad/exact-gradient";
import { UsageError } from "@attgrad/matrix-core";
import { z } from "zod";

/** For each layer the cheaper of `streaming` and `polynomial`, as `planForward` predicts; `picked` says which. */
export const autoForward = defineForward({
	name: "auto",
	summary: "the cheaper of streaming and polynomial",
	exact: false,
	options: z
		.strictObject({
			epsilon: polynomialForward.options.shape.epsilon,
			relative: polynomialForward.options.shape.relative,
		})
		.refine(...oneAccuracy("auto")),
	async run(layer, asked, runtime, sink) {
		const { algorithm, why, run } = await planForward(layer, asked, runtime);
		runtime.onNotice?.(`auto: ${algorithm}, ${why}`);
		return { ...(await run(sink)), picked: { algorithm, why } };
	},
});

/** Every forward algorithm of the project. */
export const forwards: readonly AnyForwardAlgorithm[] = [autoForward, exactForward, polynomialForward, hybridForward];

/** Names that `findForward` takes; `exact` is another name of `streaming`. */
export const forwardNames: readonly string[] = ["auto", "exact", "streaming", "polynomial", "hybrid"];

/** The forward algorithm of a name. @throws UsageError for an unknown name, naming those that are known */
export function findForward(name: string): AnyForwardAlgorithm {
	const found = forwards.find((forward) => forward.name === (name === "exact" ? "streaming" : name));
	if (found) return found;
	throw new UsageError(`unknown forward algorithm: ${name} (known: ${forwardNames.join(", ")})`);
}
