import { findAlgorithm, knownAlgorithms } from "@attgrad/algorithms/gradients";
import type { AnyGradientAlgorithm } from "@attgrad/attention-problem";
import { type GivenFlags, readFlags, refuseForeign } from "../../flags/flags.ts";

/** An algorithm with options that its schema has checked. */
export interface Selection {
	/** `polynomial/moment`. */
	readonly spelling: string;
	readonly algorithm: AnyGradientAlgorithm;
	readonly options: Readonly<Record<string, unknown>>;
}

/**
 * The algorithm of this spelling with the options given.
 * @throws UsageError for an unknown algorithm, an option that it does not have, or a value that its schema refuses
 */
export function selectAlgorithm(asked: string, given: GivenFlags): Selection {
	// A command says by itself what is to compute.
	const spelling = asked === "auto" && given["command"] !== undefined ? "command" : asked;
	const { algorithm, options, spelling: name } = findAlgorithm(spelling);
	refuseForeign(algorithm, knownAlgorithms, given);
	return { spelling: name, algorithm, options: readFlags(algorithm.options, given, options) };
}
