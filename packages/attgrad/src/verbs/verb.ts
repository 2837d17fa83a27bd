import type { Argv, CommandModule, Options, PositionalOptions } from "yargs";
import type { z } from "zod";
import type { FlagDescription, GivenFlags } from "../flags/flags.ts";

/** Flags of a verb: the options that a schema declares. */
export interface FlagGroup {
	readonly schema: z.ZodObject;
	/** Heading in the help. @default that of all options */
	readonly heading?: string;
}

/**
 * A verb of the command as data: help, completion and refusals all read this. What it needs is loaded when it is asked
 * for, so that `attgrad --help` stays quick.
 */
export interface Verb {
	readonly name: string;
	/** The words after the name, as yargs writes them: `<problem>`, `[experiment..]`. */
	readonly argument?: { readonly syntax: string } & PositionalOptions;
	/** One sentence for the list of verbs. */
	readonly summary: string;
	/** Calls, each with a few words about what it does. */
	readonly examples: readonly (readonly [call: string, does: string])[];
	/** Last lines of the help. */
	readonly epilogue?: string;
	/**
	 * The flags.
	 * @param helpWords the words of a call that asks for help, for a help that depends on them; none in any other call
	 * @default none
	 */
	flags?(helpWords?: readonly string[]): Promise<readonly FlagGroup[]>;
	run(given: GivenFlags): Promise<void>;
}

/**
 * A verb for yargs.
 * @param helpWords the words of a call that asks for help
 */
export function commandModule(verb: Verb, helpWords: readonly string[] = []): CommandModule<unknown, GivenFlags> {
	const { name, argument, summary, examples, epilogue } = verb;
	return {
		command: [name, argument?.syntax].filter(Boolean).join(" "),
		describe: summary,
		builder: async (parser) => {
			if (argument) {
				const { syntax, ...options } = argument;
				parser.positional(argumentName(syntax), options);
			}
			for (const { schema, heading } of (await verb.flags?.(helpWords)) ?? []) {
				const { flagsOf } = await import("../flags/flags.ts");
				const flags: Record<string, Options> = flagsOf(schema);
				parser.options(flags);
				if (heading !== undefined) parser.group(Object.keys(flags), heading);
			}
			for (const [call, does] of examples) parser.example(`$0 ${call}`, does);
			if (epilogue !== undefined) parser.epilogue(epilogue);
			return parser as unknown as Argv<GivenFlags>;
		},
		handler: async (given) => {
			const { refuseEmpty } = await import("../flags/flags.ts");
			if (argument) refuseEmpty(argumentName(argument.syntax), given[argumentName(argument.syntax)]);
			await verb.run(given);
		},
	};
}

/** The flags of a verb as data: for completion, and for what was probably meant by an unknown one. */
export async function flagsOfVerb(verb: Verb): Promise<FlagDescription[]> {
	const { describeFlags } = await import("../flags/flags.ts");
	const groups = (await verb.flags?.()) ?? [];
	return groups.flatMap(({ schema }) => describeFlags(schema));
}

/** `experiment` of `[experiment..]`. */
const argumentName = (syntax: string): string => syntax.replaceAll(/[^\w-]/g, "");
