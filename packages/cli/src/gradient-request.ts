import type { AnyGradientAlgorithm } from "@attgrad/attention-problem";
import { findAlgorithm, knownAlgorithms } from "@attgrad/harness";
import { UsageError } from "@attgrad/matrix-core";
import type { z } from "zod";
import { flagName, type GivenFlags, readFlags } from "./flags.ts";
import { autoFlags } from "./gradient-flags.ts";

/** An algorithm with options that its schema has checked. */
export interface Selection {
	/** `polynomial/moment`. */
	readonly spelling: string;
	readonly algorithm: AnyGradientAlgorithm;
	readonly options: Readonly<Record<string, unknown>>;
}

/** What a call asks for: a selection, or that one be picked which meets epsilon. */
export type GradientRequest = Selection | { readonly spelling: "auto"; readonly epsilon: number };

/**
 * What the call asks for.
 * @throws UsageError for an unknown algorithm, an option that it does not have, or a value that its schema refuses
 */
export function readRequest(asked: string, given: GivenFlags): GradientRequest {
	// A command says by itself what is to compute.
	const spelling = asked === "auto" && given["command"] !== undefined ? "command" : asked;
	if (spelling === "auto") {
		refuseForeign("auto", autoFlags, given);
		return { spelling, ...readFlags(autoFlags, given) };
	}
	return selectAlgorithm(spelling, given);
}

/** The algorithm of this spelling with the options given. @throws UsageError as `readRequest` does */
export function selectAlgorithm(spelling: string, given: GivenFlags): Selection {
	const { algorithm, options, spelling: name } = findAlgorithm(spelling);
	refuseForeign(algorithm.name, algorithm.options, given);
	return { spelling: name, algorithm, options: readFlags(algorithm.options, given, options) };
}

/** @throws UsageError naming the first option given that belongs to other algorithms only */
function refuseForeign(name: string, schema: z.ZodObject, given: GivenFlags): void {
	const own = flagNames(schema);
	const foreign = knownAlgorithms.flatMap(({ options }) => flagNames(options)).filter((flag) => !own.includes(flag));
	const wrong = foreign.find((flag) => given[flag] !== undefined);
	if (wrong === undefined) return;
	const has = own.length > 0 ? `it has ${own.map((flag) => `--${flag}`).join(", ")}` : "it has none";
	throw new UsageError(`${name} has no option --${wrong} (${has})`);
}

function flagNames(schema: z.ZodObject): string[] {
	return Object.keys(schema.shape).map(flagName);
}
