import { UsageError } from "../errors.ts";
import { meantOrKnown } from "../text/suggestion.ts";

/** An argument of a script, an option or a positional one, with the type of its value. */
export interface Argument<T> {
	/** Its meaning, as the help prints it. */
	readonly description: string;
	/** How the help writes a value: `N`, `path`; undefined for a flag, which has none. */
	readonly form: string | undefined;
	/** The default as a call would write it; undefined where there is none. */
	readonly default: string | undefined;
	/** Whether a call has to give it. */
	readonly isRequired: boolean;
	/** Whether it stands for all positional words that are left. */
	readonly isMany: boolean;
	/**
	 * The value of the words that a call gives for it, none where it does not.
	 * @param name the argument as messages write it: `--rounds`
	 * @throws UsageError for a wrong value
	 */
	read(words: readonly string[], name: string): T;
}

/** The default of an argument; a call that does not give the argument gets undefined where there is none. */
interface Usual<D> {
	readonly default?: D;
}

/** Limits of a whole number, both allowed. Default: 1 and 2^53 - 1. */
interface Limits {
	readonly least?: number;
	readonly most?: number;
}

/** An argument with one value; of several that a call gives, the last counts. */
function single<T, D>(
	{ description, form, usual }: { description: string; form: string; usual: T | D },
	parse: (word: string, name: string) => T,
	written: (value: T | D) => string = String,
): Argument<T | D> {
	return {
		...{ description, form, isRequired: false, isMany: false },
		default: usual === undefined ? undefined : written(usual),
		read(words, name) {
			const word = words.at(-1);
			return word === undefined ? usual : parse(word, name);
		},
	};
}

/** An option without a value: true where a call gives it. */
export function flag(description: string): Argument<boolean> {
	const traits = { form: undefined, default: undefined, isRequired: false, isMany: false };
	return { description, ...traits, read: (words) => words.length > 0 };
}

/**
 * Any text but an empty one.
 * @param settings `form` is how the help writes the value, default: text
 */
export function text<D extends string | undefined = undefined>(
	description: string,
	{ form = "text", default: usual }: Usual<D> & { readonly form?: string } = {},
): Argument<string | D> {
	return single({ description, form, usual: usual as D }, (word, name) => {
		if (word === "") throw new UsageError(`${name} must not be empty`);
		return word;
	});
}

/** A whole number within limits. */
export function wholeNumber<D extends number | undefined = undefined>(
	description: string,
	{ default: usual, ...limits }: Usual<D> & Limits = {},
): Argument<number | D> {
	return single({ description, form: "N", usual: usual as D }, (word, name) => wholeOf(word, name, limits));
}

/** Whole numbers within limits, joined by commas. */
export function wholeNumbers<D extends readonly number[] | undefined = undefined>(
	description: string,
	{ default: usual, ...limits }: Usual<D> & Limits = {},
): Argument<readonly number[] | D> {
	return single({ description, form: "N,N", usual: usual as D }, (list, name) =>
		list.split(",").map((word) => wholeOf(word, name, limits)),
	);
}

/** A number > 0. */
export function positiveNumber<D extends number | undefined = undefined>(
	description: string,
	{ default: usual }: Usual<D> = {},
): Argument<number | D> {
	return single({ description, form: "x", usual: usual as D }, positiveOf);
}

/** Numbers > 0, joined by commas. */
export function positiveNumbers<D extends readonly number[] | undefined = undefined>(
	description: string,
	{ default: usual }: Usual<D> = {},
): Argument<readonly number[] | D> {
	return single({ description, form: "x,x", usual: usual as D }, (list, name) =>
		list.split(",").map((word) => positiveOf(word, name)),
	);
}

/** Choices that are longer stand in the description. */
const LONGEST_FORM = 30;

const oneOf = (description: string, known: readonly string[]): string => `${description}: ${known.join(" | ")}`;

/** One of the known words. */
export function choice<T extends string, D extends T | undefined = undefined>(
	description: string,
	known: readonly T[],
	{ default: usual }: Usual<D> = {},
): Argument<T | D> {
	const form = known.join("|");
	const shape =
		form.length > LONGEST_FORM ? { description: oneOf(description, known), form: "word" } : { description, form };
	return single({ ...shape, usual: usual as D }, (word, name) => knownOf(word, name, known));
}

/** Some of the known words, joined by commas. Default: all of them. */
export function choices<T extends string>(
	description: string,
	known: readonly T[],
	{ default: usual = known }: Usual<readonly T[]> = {},
): Argument<readonly T[]> {
	const described = oneOf(description, known);
	return single<readonly T[], never>(
		{ description: described, form: "a,b", usual: usual as never },
		(list, name) => list.split(",").map((word) => knownOf(word, name, known)),
		(all) => ((all as readonly T[]).length === known.length ? "all" : String(all)),
	);
}

/** The same argument, without which a call is refused. */
export function required<T>(argument: Argument<T | undefined>): Argument<T> {
	return {
		...argument,
		isRequired: true,
		read(words, name) {
			const value = argument.read(words, name);
			if (value === undefined) throw new UsageError(`${name} is missing; see --help`);
			return value;
		},
	};
}

/** One or more of an argument: all positional words that are left. */
export function many<T>(argument: Argument<T | undefined>): Argument<readonly T[]> {
	const one = required(argument);
	const read = (words: readonly string[], name: string): readonly T[] =>
		words.length === 0 ? [one.read(words, name)] : words.map((word) => one.read([word], name));
	return { ...one, isMany: true, read };
}

function wholeOf(word: string, name: string, { least = 1, most = Number.MAX_SAFE_INTEGER }: Limits): number {
	const value = numberOf(word);
	if (Number.isSafeInteger(value) && value >= least && value <= most) return value;
	const limits = most === Number.MAX_SAFE_INTEGER ? `>= ${least}` : `from ${least} to ${most}`;
	throw new UsageError(`${name} must be a whole number ${limits}, got ${shown(word)}`);
}

function positiveOf(word: string, name: string): number {
	const value = numberOf(word);
	if (value > 0 && value < Number.POSITIVE_INFINITY) return value;
	throw new UsageError(`${name} must be a number > 0, got ${shown(word)}`);
}

function knownOf<T extends string>(word: string, name: string, known: readonly T[]): T {
	const found = known.find((one) => one === word);
	if (found !== undefined) return found;
	const hint = word === "" ? `known: ${known.join(", ")}` : meantOrKnown(word, known);
	throw new UsageError(`unknown value of ${name}: ${shown(word)} (${hint})`);
}

/** The number that a word writes; NaN for none, and for an empty word, of which `Number` makes 0. */
const numberOf = (word: string): number => (word.trim() === "" ? Number.NaN : Number(word));

const shown = (word: string): string => (word === "" ? '""' : word);
