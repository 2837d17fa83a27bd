import { findForward, forwardNames } from "@attgrad/algorithms";
import { hybridForward, polynomialForward } from "@attgrad/approx-gradient";
import type { AnyForwardAlgorithm, ScaleSetting } from "@attgrad/attention-problem";
import { z } from "zod";
import { type GivenFlags, readFlags, refuseForeign } from "../../flags/flags.ts";
import { checkWindow, operatorFlags, readScale } from "../../flags/operator-flags.ts";
import { dtype, json, runtimeFlags } from "../../flags/runtime-flags.ts";

const own = z.object({
	algorithm: z
		.enum(forwardNames)
		.default("auto")
		.describe("auto picks for each layer; exact is another name of streaming"),
	layers: z
		.int()
		.min(1)
		.optional()
		.describe("number of layers: the first of stacked weights, or one layer repeated; default: all"),
	...operatorFlags,
	dtype,
	...runtimeFlags,
	out: z.string().min(1).optional().describe("file to write the output to, .npy"),
	json,
});

/** The flags of `attgrad forward`: its own and those of the algorithms. */
export const forwardFlags = z.object({
	...own.shape,
	...hybridForward.options.shape,
	...polynomialForward.options.shape,
});

/** A call of `attgrad forward`, read. */
export interface ForwardRequest extends Omit<z.output<typeof own>, "scale"> {
	readonly scale: ScaleSetting | undefined;
	/** The algorithm of that name. */
	readonly forward: AnyForwardAlgorithm;
	readonly options: Readonly<Record<string, unknown>>;
}

/** @throws UsageError for a value that is refused, or an option that the algorithm does not have */
export function readForwardRequest(given: GivenFlags): ForwardRequest {
	const flags = readFlags(own, given);
	checkWindow(flags);
	const forward = findForward(flags.algorithm);
	refuseForeign(forward, [polynomialForward, hybridForward], given);
	return { ...flags, forward, scale: readScale(flags.scale), options: readFlags(forward.options, given) };
}
