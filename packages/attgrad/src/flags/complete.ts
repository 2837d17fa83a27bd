import { algorithmSpellings } from "@attgrad/algorithms";

/** What completion needs to know of the command. */
export interface Completable {
	readonly verbs: readonly string[];
	/** The help of a verb. */
	help(verb: string): Promise<string>;
}

/**
 * What the last word of a call can become: a verb, an option of the verb, an algorithm after `--algorithm`, a value of an
 * option that has few, an experiment after `sweep`. Nothing where a file is meant: the shell then completes its name.
 * @param words the words after `attgrad`; the last is the one that is being written, maybe ""
 */
export async function complete(words: readonly string[], { verbs, help }: Completable): Promise<string[]> {
	const current = words.at(-1) ?? "";
	const before = words.slice(0, -1);
	return (await candidates(before, current, { verbs, help })).filter((candidate) => candidate.startsWith(current));
}

async function candidates(before: readonly string[], current: string, { verbs, help }: Completable): Promise<string[]> {
	const verb = before.find((word) => !word.startsWith("-"));
	if (verb === undefined) return current.startsWith("-") ? ["--help", "--version"] : [...verbs];
	if (!verbs.includes(verb)) return [];
	const previous = before.at(-1)!;
	if (previous === "--algorithm") return afterComma(current, algorithmSpellings());
	if (current.startsWith("-")) return optionsIn(await help(verb));
	if (previous.startsWith("--")) {
		const values = valuesIn(await help(verb), previous);
		if (values.length > 0) return values;
	}
	if (verb !== "sweep" || (previous.startsWith("--") && previous !== "--fresh")) return [];
	const { experiments } = await import("@attgrad/experiments");
	return experiments.map(({ name }) => name).filter((name) => !before.includes(name));
}

/** Names for the last part of a list: `exact,po` becomes `exact,polynomial`. */
function afterComma(current: string, names: readonly string[]): string[] {
	const head = current.slice(0, current.lastIndexOf(",") + 1);
	return ["exact", ...names].map((name) => head + name);
}

/** The options that a help names. */
function optionsIn(help: string): string[] {
	return [...new Set(Array.from(help.matchAll(/^ +(?:-\w, )?(--[\w-]+)/gm), ([, name]) => name))];
}

/** The values that a help gives for an option: `(quick, full)`. */
function valuesIn(help: string, option: string): string[] {
	const [, described = ""] = new RegExp(`^ +(?:-\\w, )?${option} ([^]*?)(?=^ +-|^\\S|(?![^]))`, "m").exec(help) ?? [];
	const [, values] = /\(([\w-]+(?:,\s+[\w-]+)+)\)/.exec(described) ?? [];
	return values?.split(/,\s+/) ?? [];
}
