import { relativeOption } from "@attgrad/approx-gradient";
import { z } from "zod";
import { operatorFlags } from "../../flags/operator-flags.ts";
import { dtype, json, runtimeFlags } from "../../flags/runtime-flags.ts";

/** The flags of `attgrad plan`. */
export const planFlags = z.object({
	epsilon: z.number().positive().optional().describe("error to prove for every entry of the gradient"),
	relative: relativeOption,
	...operatorFlags,
	dtype,
	...runtimeFlags,
	json,
});
