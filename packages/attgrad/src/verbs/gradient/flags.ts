import { findAlgorithm, knownAlgorithms } from "@attgrad/algorithms/gradients";
import { z } from "zod";
import { dtype, json, runtimeFlags } from "../../flags/runtime-flags.ts";
import type { FlagGroup } from "../verb.ts";

/** The flags of `attgrad gradient`, without those of the algorithms. */
export const gradientFlags = z.object({
	algorithm: z.string().default("auto").describe("auto, or a name that attgrad list shows, like polynomial/moment"),
	dtype,
	...runtimeFlags,
	wrt: z
		.string()
		.default("X")
		.describe("matrices to differentiate by, separated by commas: any of X, Y, A1, A2, A3, E; each counts once"),
	out: z
		.string()
		.min(1)
		.optional()
		.describe("file to write the gradient to, .npy; .npz with --wrt of other matrices than X"),
	json,
});

/** The flags of all algorithms; one that several have is described by the first. None is required here. */
export function algorithmFlags(): z.ZodObject {
	return z.object(Object.assign({}, ...knownAlgorithms.toReversed().map(({ options }) => options.shape))).partial();
}

/**
 * The flags of algorithms, with a heading: those of one alone where a call that asks for help names it.
 * @throws UsageError where it names one that there is not
 */
export function algorithmGroup(helpWords: readonly string[]): FlagGroup {
	const at = helpWords.findIndex((word) => word === "--algorithm" || word.startsWith("--algorithm="));
	const name = helpWords[at]?.split("=")[1] ?? (at < 0 ? undefined : helpWords[at + 1]);
	if (name === undefined || name === "auto" || name.startsWith("-"))
		return { schema: algorithmFlags(), heading: "Options of algorithms (--algorithm NAME --help: those of one):" };
	const { algorithm } = findAlgorithm(name);
	return { schema: algorithm.options, heading: `Options of ${algorithm.name}, ${algorithm.summary}:` };
}
