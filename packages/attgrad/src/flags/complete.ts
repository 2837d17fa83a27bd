import { algorithmSpellings } from "@attgrad/algorithms";
import type { FlagDescription } from "./flags.ts";

/** The command as completion sees it. */
export interface Completable {
	readonly verbs: readonly string[];
	/** The flags of a verb. */
	flagsOf(verb: string): Promise<readonly FlagDescription[]>;
}

/**
 * The words that the last word of a call can become: a verb, an option of the verb, an algorithm after `--algorithm`, a
 * value of an option that has few, an experiment after `sweep`. Nothing where a file is meant: the shell completes its name.
 * @param words the words after `attgrad`; the last is the one that is being written, maybe ""
 */
export async function complete(words: readonly string[], command: Completable): Promise<string[]> {
	const current = words.at(-1) ?? "";
	return (await candidates(words.slice(0, -1), current, command)).filter((candidate) => candidate.startsWith(current));
}

async function candidates(
	before: readonly string[],
	current: string,
	{ verbs, flagsOf }: Completable,
): Promise<readonly string[]> {
	const verb = before.find((word) => !word.startsWith("-"));
	if (verb === undefined) return current.startsWith("-") ? ["--help", "--version"] : verbs;
	if (!verbs.includes(verb)) return [];
	const flags = await flagsOf(verb);
	const previous = flags.find(({ flag }) => before.at(-1) === dashed(flag));
	if (previous?.flag === "algorithm") return afterComma(current, algorithmSpellings());
	if (current.startsWith("-")) return [...flags.map(({ flag }) => dashed(flag)), "--help", "--version"];
	if (previous && previous.type !== "boolean") return previous.values ?? [];
	return verb === "sweep" ? experimentsBesides(before) : [];
}

/** `--epsilon`. */
const dashed = (flag: string): string => `--${flag}`;

async function experimentsBesides(before: readonly string[]): Promise<string[]> {
	const { experiments } = await import("@attgrad/experiments");
	return experiments.map(({ name }) => name).filter((name) => !before.includes(name));
}

/** Names for the last part of a list: `exact,po` becomes `exact,polynomial`. */
function afterComma(current: string, names: readonly string[]): string[] {
	const head = current.slice(0, current.lastIndexOf(",") + 1);
	return ["exact", ...names].map((name) => head + name);
}
