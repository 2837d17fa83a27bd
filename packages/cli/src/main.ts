import { UsageError } from "@attgrad/matrix-core";
import yargs from "yargs";
import manifest from "../package.json" with { type: "json" };
import { endQuietlyOnBrokenPipe, explainRefusal, reportFailure } from "./failures.ts";
import { nearest } from "./suggestion.ts";
import { generateVerb } from "./verbs/generate.ts";
import { gradientVerb } from "./verbs/gradient.ts";
import { listVerb } from "./verbs/list.ts";

/** The verbs, in the order of the help. Each is one file; what it needs is loaded when it runs. */
const verbs = [gradientVerb, generateVerb, listVerb];

const verbNames = verbs.map((verb) => String(verb.command).split(" ")[0]!);

/**
 * Runs the command with the words after its name and sets the exit code: 0 done, 1 an operation failed, 2 the call or
 * an input is wrong.
 */
export async function main(words: readonly string[]): Promise<void> {
	endQuietlyOnBrokenPipe();
	const verb = words.find((word) => !word.startsWith("-"));
	const name = verb !== undefined && verbNames.includes(verb) ? `attgrad ${verb}` : "attgrad";
	try {
		checkVerb(words, verb);
		await commandLine(words).parseAsync();
	} catch (failure) {
		if (!isRefusal(failure)) reportFailure(failure, name);
		else reportFailure(explainRefusal(failure.message, words, await optionsOf(verb)), name);
	}
}

function commandLine(words: readonly string[]) {
	return yargs([...words])
		.scriptName("attgrad")
		.usage("$0: gradients of the attention loss, exact and certified approximate\n\nattgrad <verb> [options]")
		.command(verbs)
		.locale("en")
		.strict()
		.alias("help", "h")
		.version(manifest.version)
		.wrap(Math.min(120, process.stdout.columns ?? 100))
		.exitProcess(false)
		.fail((message, error) => {
			throw error ?? Object.assign(new Error(message), { name: "YError" });
		});
}

/** Whether a failure is the parser's refusal of a call. yargs throws some itself and hands others to `fail`. */
function isRefusal(failure: unknown): failure is Error {
	return failure instanceof Error && failure.name === "YError";
}

/** Long names of the options of a verb, read off its help: yargs has no list of them. */
async function optionsOf(verb: string | undefined): Promise<string[]> {
	const help = await commandLine(verb === undefined ? [] : [verb]).getHelp();
	return Array.from(help.matchAll(/^ +(?:-\w, )?--([\w-]+)/gm), ([, name]) => name!);
}

/** @throws UsageError when the words name no verb, or one that does not exist */
function checkVerb(words: readonly string[], verb: string | undefined): void {
	if (verb === undefined) {
		if (words.some((word) => ["--help", "-h", "--version"].includes(word))) return;
		throw new UsageError(`a verb is missing (${verbNames.join(", ")}); see attgrad --help`);
	}
	if (verbNames.includes(verb)) return;
	const meant = nearest(verb, verbNames);
	throw new UsageError(
		`unknown verb: ${verb} (${meant ? `did you mean ${meant}?` : `known: ${verbNames.join(", ")}`})`,
	);
}
