import { backwardNames, backwards, findBackward } from "@attgrad/algorithms";
import type { AnyBackwardAlgorithm, ScaleSetting } from "@attgrad/attention-problem";
import { z } from "zod";
import { type GivenFlags, readFlags, refuseForeign } from "../../flags/flags.ts";
import { checkWindow, operatorFlags, readScale } from "../../flags/operator-flags.ts";
import { dtype, json, runtimeFlags } from "../../flags/runtime-flags.ts";

const own = z.object({
	algorithm: z
		.enum(backwardNames as [string, ...string[]])
		.default("auto")
		.describe("auto picks; exact is another name of streaming"),
	...operatorFlags,
	dtype,
	...runtimeFlags,
	residual: z.boolean().default(false).describe("each layer of a stack adds its input to its output"),
	withOutput: z.boolean().default(false).describe("also write the output O and lse"),
	out: z.string().min(1).optional().describe("file to write the gradients to, .npz"),
	json,
});

/** The flags of `attgrad backward`: its own and those of the algorithms. */
export const backwardFlags = z.object(
	Object.assign(
		{},
		...backwards.toReversed().map(({ options }) => z.object(options.shape).partial().shape),
		own.shape,
	) as typeof own.shape,
);

/** A call of `attgrad backward`, read. */
export interface BackwardRequest extends Omit<z.output<typeof own>, "algorithm" | "scale"> {
	readonly algorithm: AnyBackwardAlgorithm;
	readonly options: Readonly<Record<string, unknown>>;
	readonly scale: ScaleSetting | undefined;
}

/** @throws UsageError for a value that is refused, or an option that the algorithm does not have */
export function readBackwardRequest(given: GivenFlags): BackwardRequest {
	const flags = readFlags(own, given);
	checkWindow(flags);
	const algorithm = findBackward(flags.algorithm);
	refuseForeign(algorithm, backwards, given);
	return { ...flags, algorithm, scale: readScale(flags.scale), options: readFlags(algorithm.options, given) };
}
