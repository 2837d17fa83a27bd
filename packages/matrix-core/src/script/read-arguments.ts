import { parseArgs } from "node:util";
import { UsageError } from "../errors.ts";
import { nearest } from "../text/suggestion.ts";
import type { Argument } from "./argument.ts";

/** Arguments by name. */
export type Arguments = Readonly<Record<string, Argument<unknown>>>;

/** A script and the arguments that it takes. */
export interface Script<P extends Arguments = Arguments, O extends Arguments = Arguments> {
	/** How it is called, without arguments: `npm run attack`, `node tools/transcribe.ts`. Messages begin with its last name: `attack`. */
	readonly call: string;
	/** The purpose of the script, as the help prints it: paragraphs with a blank line between them, of which the first sentence is enough. */
	readonly summary: string;
	/** In the order of the call; one that is `many` comes last. */
	readonly positionals?: P;
	/** Without `help`, which every script has. */
	readonly options?: O;
}

/** The values of arguments by their names. */
export type Values<A extends Arguments> = {
	readonly [name in keyof A]: A[name] extends Argument<infer T> ? T : never;
};

/**
 * The values of the arguments of a call, or "help" where it asks for help.
 * @param words what follows the script's name
 * @throws UsageError for an option that is not known, a value that is wrong or missing, and more positional words than it takes
 */
export function readArguments<P extends Arguments, O extends Arguments>(
	{ positionals = {} as P, options = {} as O }: Script<P, O>,
	words: readonly string[],
): Values<P & O> | "help" {
	const { tokens } = parseArgs({
		args: [...words],
		options: {
			help: { type: "boolean", short: "h" },
			...Object.fromEntries(Object.entries(options).map(([name, { form }]) => [name, { type: typeOf(form) }])),
		},
		allowPositionals: true,
		// Refusals are this function's own: with what was probably meant, and one line each.
		strict: false,
		tokens: true,
	});
	if (tokens.some((token) => token.kind === "option" && token.name === "help")) return "help";
	const given = new Map<string, string[]>(Object.keys(options).map((name) => [name, []]));
	for (const token of tokens)
		if (token.kind === "option") given.get(knownName(token.rawName, options))?.push(wordOf(token, options));
	const rest = tokens.flatMap((token) => (token.kind === "positional" ? [token.value] : []));
	const values = Object.entries(positionals).map(([name, argument]) => {
		const taken = rest.splice(0, argument.isMany ? rest.length : 1);
		return [name, argument.read(taken, name)];
	});
	if (rest.length > 0) throw new UsageError(`unexpected argument: ${rest[0]} (see --help)`);
	for (const [name, argument] of Object.entries(options))
		values.push([name, argument.read(given.get(name) ?? [], `--${name}`)]);
	return Object.fromEntries(values) as Values<P & O>;
}

const typeOf = (form: string | undefined) => (form === undefined ? "boolean" : "string");

/** The name of an option as a call writes it, `--rounds`. @throws UsageError where there is none */
function knownName(rawName: string, options: Arguments): string {
	const name = rawName.replace(/^-+/, "");
	if (rawName.startsWith("--") && Object.hasOwn(options, name)) return name;
	const meant = nearest(name, [...Object.keys(options), "help"]);
	throw new UsageError(`unknown option: ${rawName} (${meant ? `did you mean --${meant}?` : "see --help"})`);
}

/** The word of an option's value; empty for a flag. */
function wordOf(
	{
		name,
		rawName,
		value,
		inlineValue,
	}: { name: string; rawName: string; value?: string | undefined; inlineValue?: boolean | undefined },
	options: Arguments,
): string {
	if (options[name]?.form === undefined) {
		if (value !== undefined) throw new UsageError(`${rawName} takes no value, got ${value}`);
		return "";
	}
	if (value === undefined || (!inlineValue && value.startsWith("--"))) throw new UsageError(`${rawName} needs a value`);
	return value;
}
