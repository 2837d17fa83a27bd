import { shortNumber, UsageError } from "@attgrad/matrix-core";
import type { Options } from "yargs";
import { z } from "zod";
import { parseNumber } from "./number.ts";

/** Values of the command line under their flags' names, as yargs gives them: text, or true for a switch. */
export type GivenFlags = Readonly<Record<string, unknown>>;

/** The part of a zod property's JSON schema that a flag uses. */
interface Property {
	readonly type?: string;
	readonly enum?: readonly string[];
	readonly default?: unknown;
	readonly description?: string;
	/** Its value may begin with a dash: it is a piece of another command line. */
	readonly takesDashes?: boolean;
	/** Its values in words, where they are text that the schema itself reads. */
	readonly expects?: string;
}

function properties(schema: z.ZodObject): { properties: Record<string, Property>; required: readonly string[] } {
	const { properties = {}, required = [] } = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" });
	return { properties: properties as Record<string, Property>, required };
}

/** `maxRank` is `--max-rank`. */
export function flagName(property: string): string {
	return property.replaceAll(/(?<=.)[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** A flag as data, for lists, completion and suggestions. */
export interface FlagDescription {
	readonly flag: string;
	readonly type: string;
	readonly values?: readonly string[];
	readonly default?: unknown;
	readonly summary?: string;
	/** Whether its value may begin with a dash. */
	readonly takesDashes?: boolean;
}

/** The flags of a schema as data. */
export function describeFlags(schema: z.ZodObject): FlagDescription[] {
	return Object.entries(properties(schema).properties).map(([name, property]) => ({
		flag: flagName(name),
		type: property.enum ? "choice" : property.expects ? "text" : (property.type ?? "text"),
		...(property.enum && { values: property.enum }),
		...(property.default !== undefined && { default: property.default }),
		...(property.description !== undefined && { summary: property.description }),
		...(property.takesDashes && { takesDashes: true }),
	}));
}

/**
 * The flags of a schema for yargs: one a property. Values stay text here, so that the schema alone decides what is
 * valid; `readFlags` reads them.
 */
export function flagsOf(schema: z.ZodObject): Record<string, Options> {
	const { properties: declared, required } = properties(schema);
	return Object.fromEntries(
		Object.entries(declared).map(([name, property]) => {
			const isSwitch = property.type === "boolean";
			const text = [
				property.description,
				property.enum && `(${property.enum.join(", ")})`,
				required.includes(name) && "[required]",
			]
				.filter(Boolean)
				.join(" ");
			return [
				flagName(name),
				{
					type: isSwitch ? "boolean" : "string",
					...(isSwitch ? {} : { requiresArg: true }),
					...(text && { describe: text }),
					...(property.default !== undefined && !isSwitch && { defaultDescription: shown(property.default) }),
				} satisfies Options,
			];
		}),
	);
}

/**
 * The values of a schema's flags, checked by the schema; other flags are not looked at.
 * @param fixed values that the call may not give: the call names a variant that fixes them
 * @throws UsageError naming the flag, what it must be and what was got
 */
export function readFlags<Schema extends z.ZodObject>(
	schema: Schema,
	given: GivenFlags,
	fixed: Readonly<Record<string, unknown>> = {},
): z.output<Schema> {
	const values: Record<string, unknown> = { ...fixed };
	const declared = properties(schema).properties;
	for (const [name, property] of Object.entries(declared)) {
		const flag = flagName(name);
		const value = given[flag];
		if (value === undefined) continue;
		refuseEmpty(`--${flag}`, value);
		if (Array.isArray(value)) throw new UsageError(`--${flag} is given ${value.length} times`);
		if (name in fixed) throw new UsageError(`--${flag} is fixed to ${fixed[name]} by the name of the algorithm`);
		values[name] = convert(flag, value, property);
	}
	const read = schema.safeParse(values);
	if (read.success) return read.data;
	const issue = read.error.issues[0];
	throw new UsageError(explain(issue, values, declared));
}

/** An empty value comes from a variable that is not set. @throws UsageError naming the flag or argument that has one */
export function refuseEmpty(name: string, value: unknown): void {
	const values = Array.isArray(value) ? value : [value];
	if (values.some((one) => typeof one === "string" && one.trim() === ""))
		throw new UsageError(`${name} is empty; see --help`);
}

/** @throws UsageError where the flag takes a number and the text is none */
function convert(flag: string, value: unknown, { type, expects }: Property): unknown {
	if (typeof value !== "string" || expects || (type !== "number" && type !== "integer")) return value;
	const number = parseNumber(value);
	if (number === undefined) throw new UsageError(`--${flag} must be a number, got ${value}`);
	return number;
}

/** A zod issue as `--degree must be >= 0, got -1`. */
function explain(
	issue: z.core.$ZodIssue,
	values: Record<string, unknown>,
	declared: Readonly<Record<string, Property>>,
): string {
	const name = String(issue.path[0] ?? "");
	if (!name) return issue.message;
	if (values[name] === undefined) return `--${flagName(name)} is missing; see --help`;
	return `--${flagName(name)} must be ${declared[name]?.expects ?? requirement(issue)}, got ${values[name]}`;
}

/** The requirement that an issue of a schema states of a value: `>= 1`, `one of a, b`. */
export function requirement(issue: z.core.$ZodIssue): string {
	if (issue.code === "too_small") return `${issue.inclusive ? ">=" : ">"} ${issue.minimum}`;
	if (issue.code === "too_big") return `${issue.inclusive ? "<=" : "<"} ${issue.maximum}`;
	if (issue.code === "invalid_value") return `one of ${issue.values.join(", ")}`;
	if (issue.code === "invalid_type") return issue.expected === "int" ? "a whole number" : `a finite ${issue.expected}`;
	return `valid (${issue.message})`;
}

/** A default value for people. */
export function shown(value: unknown): string {
	return typeof value === "number" ? shortNumber(value) : String(value);
}

/** The names of the flags of a schema, without dashes before them. */
export const flagNames = (schema: z.ZodObject): string[] => Object.keys(schema.shape).map(flagName);

/**
 * Refuses flags that an algorithm does not have.
 * @param all algorithms that share the flags
 * @throws UsageError that names the first given flag of others only, and who has it
 */
export function refuseForeign(algorithm: WithOptions, all: readonly WithOptions[], given: GivenFlags): void {
	const own = flagNames(algorithm.options);
	const others = all.map(({ name, options }) => ({ name, flags: flagNames(options) }));
	const wrong = others.flatMap(({ flags }) => flags).find((flag) => !own.includes(flag) && given[flag] !== undefined);
	if (wrong === undefined) return;
	const has = own.length > 0 ? `it has ${own.map((flag) => `--${flag}`).join(", ")}` : "it has none";
	const owners = new Set(others.filter(({ flags }) => flags.includes(wrong)).map(({ name }) => name));
	throw new UsageError(
		`${algorithm.name} has no option --${wrong} (${has}); it is an option of ${[...owners].join(", ")}`,
	);
}

/** An algorithm and the schema of its options. */
interface WithOptions {
	readonly name: string;
	readonly options: z.ZodObject;
}
