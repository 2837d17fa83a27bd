import type { AnyGradientAlgorithm } from "@attgrad/attention-problem";
import { findAlgorithm, knownAlgorithms } from "@attgrad/harness/gradient";
import { UsageError } from "@attgrad/matrix-core";
import type { z } from "zod";
import { flagName, type GivenFlags, readFlags } from "./flags.ts";

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
