import { meantOrKnown, nearest, UsageError } from "@attgrad/matrix-core";

/** The refusal of a call that names no verb, or one that does not exist. */
export function refuseVerb(verb: string | undefined, known: readonly string[]): UsageError {
	if (verb === undefined) return new UsageError(`a verb is missing (${known.join(", ")}); see attgrad --help`);
	return new UsageError(`unknown verb: ${verb} (${meantOrKnown(verb, known)})`);
}

/**
 * The parser's refusal of a call as a UsageError in one line, with what was probably meant.
 * @param message what yargs says, in English
 * @param words the words of the call
 * @param known the options of the verb
 * @param argument the verb's argument as its help writes it: `<problem>`
 */
export function explainRefusal(
	message: string,
	words: readonly string[],
	known: readonly string[],
	argument = "an argument",
): UsageError {
	const [, refused] = /^Unknown arguments?: (.*)$/.exec(message) ?? [];
	if (refused !== undefined) {
		// yargs lists a misspelt --some-thing a second time as someThing
		const names = refused.split(", ");
		const spelt = names.filter((name) => words.some((word) => nameIn(word) === name));
		return new UsageError(
			(spelt.length > 0 ? spelt : names).map((name) => explainUnknown(name, words, known)).join("; "),
		);
	}
	const [, unfinished] = /^Not enough arguments following: (.*)$/.exec(message) ?? [];
	if (unfinished !== undefined) return new UsageError(`--${unfinished} needs a value`);
	if (message.startsWith("Not enough non-option arguments"))
		return new UsageError(`${argument} is missing; see --help`);
	const [, name, given, choices] =
		/^Invalid values:\n {2}Argument: (.*?), Given: "(.*)", Choices: (.*)$/.exec(message) ?? [];
	if (name !== undefined) return new UsageError(`${name} must be one of ${choices.replaceAll('"', "")}, got ${given}`);
	return new UsageError(message.charAt(0).toLowerCase() + message.slice(1));
}

function explainUnknown(name: string, words: readonly string[], known: readonly string[]): string {
	const option = words.find((word) => word.startsWith("-") && [name, `no-${name}`].includes(nameIn(word)));
	if (option === undefined) return `${words.includes(name) ? "unexpected argument" : "unknown option"}: ${name}`;
	const meant = nearest(name, known);
	return `unknown option: ${option.split("=")[0]} (${meant ? `did you mean --${meant}?` : "see --help"})`;
}

/** The option's name in a word of the call: `epsilon` in `--epsilon=1e-6`; the word itself when it is no option. */
function nameIn(word: string): string {
	return word.startsWith("-") ? word.replace(/^-+/, "").split("=")[0] : word;
}
