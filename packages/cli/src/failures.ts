import { ComputationError, UsageError } from "@attgrad/matrix-core";
import { nearest } from "./suggestion.ts";

/**
 * Writes why the command failed to standard error and sets the exit code.
 * A UsageError is one line and 2; a ComputationError, or memory that ran out, one line and 1; anything else is a bug of
 * the command: its stack and 1.
 */
export function reportFailure(failure: unknown, command: string): void {
	if (failure instanceof UsageError) {
		console.error(`${command}: ${oneLine(failure.message)}`);
		process.exitCode = 2;
		return;
	}
	process.exitCode = 1;
	if (failure instanceof ComputationError) console.error(`${command}: ${oneLine(failure.message)}`);
	else if (isOutOfMemory(failure)) console.error(`${command}: out of memory: ${oneLine(failure.message)}`);
	else {
		console.error(failure);
		console.error(`${command}: this is a bug, not a mistake of yours: please report it with the lines above`);
	}
}

/** What V8 throws when an array does not fit into memory. */
function isOutOfMemory(failure: unknown): failure is RangeError {
	return (
		failure instanceof RangeError && /allocation failed|invalid (typed )?array( buffer)? length/i.test(failure.message)
	);
}

function oneLine(text: string): string {
	return text.replaceAll(/\s*\n\s*/g, " ");
}

/** Lets a reader that closes the pipe early (`attgrad list | head -1`) end the command without a message. */
export function endQuietlyOnBrokenPipe(): void {
	process.stdout.on("error", (error: NodeJS.ErrnoException) => {
		if (error.code !== "EPIPE") throw error;
		process.exit();
	});
}

/**
 * The parser's refusal of a call as a UsageError in one line, with what was probably meant.
 * @param message what yargs says, in English
 * @param words the words of the call
 * @param known the options of the verb
 */
export function explainRefusal(message: string, words: readonly string[], known: readonly string[]): UsageError {
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
		return new UsageError("an argument is missing; see --help");
	return new UsageError(message.charAt(0).toLowerCase() + message.slice(1));
}

function explainUnknown(name: string, words: readonly string[], known: readonly string[]): string {
	const option = words.find((word) => word.startsWith("-") && nameIn(word) === name);
	if (option === undefined) return `${words.includes(name) ? "unexpected argument" : "unknown option"}: ${name}`;
	const meant = nearest(name, known);
	return `unknown option: ${option.split("=")[0]} (${meant ? `did you mean --${meant}?` : "see --help"})`;
}

/** The option's name in a word of the call: `epsilon` in `--epsilon=1e-6`; the word itself when it is no option. */
function nameIn(word: string): string {
	return word.startsWith("-") ? word.replace(/^-+/, "").split("=")[0]! : word;
}
