import yargs from "yargs";
import manifest from "../package.json" with { type: "json" };
import { endQuietlyOnBrokenPipe } from "./terminal/broken-pipe.ts";
import { compareVerb } from "./verbs/compare/command.ts";
import { completionVerb } from "./verbs/completion/command.ts";
import { doctorVerb } from "./verbs/doctor/command.ts";
import { forwardVerb } from "./verbs/forward/command.ts";
import { generateVerb } from "./verbs/generate/command.ts";
import { gradientVerb } from "./verbs/gradient/command.ts";
import { listVerb } from "./verbs/list/command.ts";
import { mergeVerb } from "./verbs/merge/command.ts";
import { planVerb } from "./verbs/plan/command.ts";
import { plotVerb } from "./verbs/plot/command.ts";
import { reduceVerb } from "./verbs/reduce/command.ts";
import { reportVerb } from "./verbs/report/command.ts";
import { slurmVerb } from "./verbs/slurm/command.ts";
import { solveVerb } from "./verbs/solve/command.ts";
import { sweepVerb } from "./verbs/sweep/command.ts";

/** The verbs, in the order of the help. Each is one file; what it needs is loaded when it runs. */
const verbs = [
	sweepVerb,
	gradientVerb,
	planVerb,
	forwardVerb,
	generateVerb,
	plotVerb,
	reportVerb,
	compareVerb,
	mergeVerb,
	slurmVerb,
	solveVerb,
	reduceVerb,
	listVerb,
	doctorVerb,
	completionVerb,
];

const verbNames = verbs.map((verb) => String(verb.command).split(" ")[0]);

const isHelpFlag = (word: string) => word === "--help" || word === "-h";

/**
 * Runs the command with the words after its name and sets the exit code: 0 done, 1 an operation failed, 2 the call or
 * an input is wrong.
 */
export async function main(given: readonly string[]): Promise<void> {
	endQuietlyOnBrokenPipe();
	if (given[0] === completionWord) return printCompletions(given.slice(2));
	const words = withoutDashes(given);
	const verb = words.find((word) => !word.startsWith("-"));
	const isKnown = verb !== undefined && verbNames.includes(verb);
	const asksForHelp = verb === undefined && words.some((word) => isHelpFlag(word) || word === "--version");
	try {
		if (!isKnown && !asksForHelp) throw (await import("./flags/refusals.ts")).refuseVerb(verb, verbNames);
		await commandLine(words).parseAsync();
	} catch (failure) {
		const { reportFailure } = await import("./terminal/failures.ts");
		reportFailure(
			isRefusal(failure) ? await explain(failure, words, verb) : failure,
			isKnown ? `attgrad ${verb}` : "attgrad",
		);
	}
}

/** Words after `--` are no options: a file whose name begins with a dash is said as `./-name`. */
function withoutDashes(words: readonly string[]): readonly string[] {
	const dashes = words.indexOf("--");
	if (dashes < 0) return words;
	const files = words.slice(dashes + 1).map((word) => (word.startsWith("-") ? `./${word}` : word));
	return [...words.slice(0, dashes), ...files];
}

/** What the script of `attgrad completion` calls attgrad with, before the words of the call that is being written. */
const completionWord = "--get-yargs-completions";

async function printCompletions(words: readonly string[]): Promise<void> {
	const { complete } = await import("./flags/complete.ts");
	const help = (verb: string) => commandLine([verb]).getHelp();
	for (const candidate of await complete(words, { verbs: verbNames, help })) console.log(candidate);
}

function commandLine(words: readonly string[]) {
	return (
		yargs([...words])
			.scriptName("attgrad")
			.usage("$0: gradients of the attention loss, exact and certified approximate\n\nattgrad <verb> [options]")
			.command(verbs)
			.locale("en")
			.strict()
			.alias("help", "h")
			.version(manifest.version)
			// yargs lays out the help of every call that it parses: without line breaks that takes a third of the time.
			.wrap(words.some(isHelpFlag) ? Math.min(120, process.stdout.columns ?? 100) : null)
			.exitProcess(false)
			.middleware((values) => refuseSwitchValues(values, words), true)
			.fail((message, error) => {
				throw error ?? refusal(message);
			})
	);
}

/** A switch is there or not: yargs takes every value but "true" for false. */
function refuseSwitchValues(values: Readonly<Record<string, unknown>>, words: readonly string[]): void {
	for (const word of words) {
		const [, name, value] = /^--([\w-]+)=(.*)$/.exec(word) ?? [];
		if (name !== undefined && typeof values[name] === "boolean" && value !== "true" && value !== "false")
			throw refusal(`--${name} takes no value, got ${value}`);
	}
}

const refusal = (message: string): Error => Object.assign(new Error(message), { name: "YError" });

/** Whether a failure is the parser's refusal of a call. yargs throws some itself and hands others to `fail`. */
function isRefusal(failure: unknown): failure is Error {
	return failure instanceof Error && failure.name === "YError";
}

/** A refusal with what was probably meant. The verb's options are read off its help: yargs has no list of them. */
async function explain(refusal: Error, words: readonly string[], verb: string | undefined): Promise<Error> {
	const { explainRefusal } = await import("./flags/refusals.ts");
	const help = await commandLine(verb === undefined ? [] : [verb]).getHelp();
	const options = Array.from(help.matchAll(/^ +(?:-\w, )?--?([\w-]+)/gm), ([, name]) => name);
	return explainRefusal(refusal.message, words, options);
}
