import yargs from "yargs";
import manifest from "../package.json" with { type: "json" };
import { endQuietlyOnBrokenPipe } from "./terminal/broken-pipe.ts";
import { backwardVerb } from "./verbs/backward/command.ts";
import { compareVerb } from "./verbs/compare/command.ts";
import { completionVerb } from "./verbs/completion/command.ts";
import { doctorVerb } from "./verbs/doctor/command.ts";
import { forwardVerb } from "./verbs/forward/command.ts";
import { generateVerb } from "./verbs/generate/command.ts";
import { gradientVerb } from "./verbs/gradient/command.ts";
import { listVerb } from "./verbs/list/command.ts";
import { locateVerb } from "./verbs/locate/command.ts";
import { mergeVerb } from "./verbs/merge/command.ts";
import { planVerb } from "./verbs/plan/command.ts";
import { plotVerb } from "./verbs/plot/command.ts";
import { reduceVerb } from "./verbs/reduce/command.ts";
import { reportVerb } from "./verbs/report/command.ts";
import { rowsVerb } from "./verbs/rows/command.ts";
import { serveVerb } from "./verbs/serve/command.ts";
import { slurmVerb } from "./verbs/slurm/command.ts";
import { solveVerb } from "./verbs/solve/command.ts";
import { sweepVerb } from "./verbs/sweep/command.ts";
import { commandModule, flagsOfVerb, type Verb } from "./verbs/verb.ts";

/** The verbs, in the order of the help. */
const verbs: readonly Verb[] = [
	sweepVerb,
	gradientVerb,
	planVerb,
	forwardVerb,
	backwardVerb,
	locateVerb,
	serveVerb,
	generateVerb,
	plotVerb,
	reportVerb,
	rowsVerb,
	compareVerb,
	mergeVerb,
	slurmVerb,
	solveVerb,
	reduceVerb,
	listVerb,
	doctorVerb,
	completionVerb,
];

const verbNames = verbs.map(({ name }) => name);

const isHelpFlag = (word: string) => word === "--help" || word === "-h";

/**
 * Runs the command with the words after its name and sets the exit code: 0 done, 1 an operation failed, 2 the call or
 * an input is wrong.
 */
export async function main(given: readonly string[]): Promise<void> {
	endQuietlyOnBrokenPipe();
	if (given[0] === completionWord) return printCompletions(given.slice(2));
	const named = withoutDashes(given);
	const verb = named.find((word) => !word.startsWith("-"));
	const known = verbs.find(({ name }) => name === verb);
	let words = named;
	const asksForHelp = verb === undefined && named.some((word) => isHelpFlag(word) || word === "--version");
	try {
		if (!known && !asksForHelp) throw (await import("./flags/refusals.ts")).refuseVerb(verb, verbNames);
		if (known) words = await withDashedValues(words, known);
		await commandLine(words).parseAsync();
	} catch (failure) {
		const { reportFailure } = await import("./terminal/failures.ts");
		reportFailure(
			isRefusal(failure) ? await explain(failure, words, known) : failure,
			known ? `attgrad ${verb}` : "attgrad",
		);
	}
}

/** Words after `--` are no options: a file whose name begins with a dash is said as `./-name`. So is a lone dash, which the parser makes an empty word of. */
function withoutDashes(given: readonly string[]): readonly string[] {
	const words = given.map((word, i) => (word === "-" && !/^-./.test(given[i - 1] ?? "") ? "./-" : word));
	const dashes = words.indexOf("--");
	if (dashes < 0) return words;
	const files = words.slice(dashes + 1).map((word) => (word.startsWith("-") ? `./${word}` : word));
	return [...words.slice(0, dashes), ...files];
}

/** Values that begin with a dash are joined to the flags that take such. */
async function withDashedValues(words: readonly string[], verb: Verb): Promise<readonly string[]> {
	// Only such a call loads the flags before the parser does.
	if (!words.some((word, i) => word.startsWith("-") && words[i - 1]?.startsWith("--"))) return words;
	const { joinDashedValues } = await import("./flags/dashed-values.ts");
	return joinDashedValues(words, await flagsOfVerb(verb));
}

/** The word that the script of `attgrad completion` calls attgrad with, before the words of the call that is being written. */
const completionWord = "--get-yargs-completions";

async function printCompletions(words: readonly string[]): Promise<void> {
	const { complete } = await import("./flags/complete.ts");
	const flagsOf = async (name: string) => {
		const verb = verbs.find((one) => one.name === name);
		return verb ? flagsOfVerb(verb) : [];
	};
	for (const candidate of await complete(words, { verbs: verbNames, flagsOf })) console.log(candidate);
}

function commandLine(words: readonly string[]) {
	return (
		yargs([...words])
			.scriptName("attgrad")
			.usage("$0: gradients of the attention loss, exact and certified approximate\n\nattgrad <verb> [options]")
			.command(verbs.map((verb) => commandModule(verb, words.some(isHelpFlag) ? words : [])))
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

/** A refusal with what was probably meant among the flags of the verb. */
async function explain(refusal: Error, words: readonly string[], verb: Verb | undefined): Promise<Error> {
	const { explainRefusal } = await import("./flags/refusals.ts");
	const flags = verb ? await flagsOfVerb(verb) : [];
	const known = [...flags.map(({ flag }) => flag), "help", "version"];
	return explainRefusal(refusal.message, words, known, verb?.argument?.syntax.replace("..", ""));
}
