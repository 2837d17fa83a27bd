import { type HeadArray, maskNames, namedScales, type Visibility } from "@attgrad/attention-problem";
import type { Dtype } from "@attgrad/matrix-core";
import { meantOrKnown, UsageError } from "@attgrad/matrix-core";
import { z } from "zod";
import { requirement } from "../../flags/flags.ts";
import { shown } from "./request.ts";

type Params = Readonly<Record<string, unknown>>;

/** Parameters of methods that take an operator. */
export const operatorParams = z.object({
	mask: z.enum(maskNames).default("none"),
	window: z.int().min(1).optional(),
	lengths: z.array(z.number()).optional(),
	scale: z.union([z.number(), z.enum(namedScales)], { error: `a number > 0, ${namedScales.join(" or ")}` }).optional(),
	dtype: z.enum(["f64", "f32"]).optional(),
});

/** The visible keys of an operator. @throws UsageError for a window without a causal mask */
export function visibilityOf({ mask, window, lengths }: z.output<typeof operatorParams>): Visibility {
	if (window !== undefined && mask !== "causal") throw new UsageError(`window ${window} needs mask "causal"`);
	return { mask, ...(window !== undefined && { window }), ...(lengths !== undefined && { lengths }) };
}

/**
 * The parameters that a schema names, checked, and all others as they are.
 * @throws UsageError naming the parameter, what it must be and what was got
 */
export function readParams<Schema extends z.ZodObject>(
	schema: Schema,
	params: Params,
): { readonly own: z.output<Schema>; readonly others: Params } {
	const isOwn = ([name]: [string, unknown]) => Object.hasOwn(schema.shape, name);
	const given = Object.fromEntries(Object.entries(params).filter(isOwn));
	const others = Object.fromEntries(Object.entries(params).filter((entry) => !isOwn(entry)));
	return { own: checked(schema, given), others };
}

/**
 * The options of an algorithm from parameters.
 * @param known other parameters of the method, for the message
 * @throws UsageError for one that the algorithm does not have or that its schema refuses
 */
export function readOptions<Schema extends z.ZodObject>(
	{ name, options }: { readonly name: string; readonly options: Schema },
	given: Params,
	known: z.ZodObject,
): z.output<Schema> {
	const own = Object.keys(options.shape);
	const wrong = Object.keys(given).find((key) => !own.includes(key));
	if (wrong !== undefined)
		throw new UsageError(
			`${name} has no parameter ${wrong} (${meantOrKnown(wrong, [...Object.keys(known.shape), ...own])})`,
		);
	return checked(options, given);
}

function checked<Schema extends z.ZodObject>(schema: Schema, given: Params): z.output<Schema> {
	const read = schema.safeParse(given);
	if (read.success) return read.data;
	const [issue] = read.error.issues;
	// what is wrong with several parameters together says so itself
	if (issue.path.length === 0) throw new UsageError(issue.message);
	const [name, ...inner] = issue.path.map(String);
	const place = `${name}${inner.map((key) => `[${key}]`).join("")}`;
	throw new UsageError(`${place} must be ${wanted(issue)}, got ${shown(valueAt(given[name], inner))}`);
}

const wanted = (issue: z.core.$ZodIssue): string =>
	issue.code === "invalid_union" || issue.code === "custom" ? issue.message : requirement(issue);

/** The value that an issue is about. */
const valueAt = (value: unknown, keys: readonly string[]): unknown =>
	keys.reduce<unknown>((inner, key) => (inner as Record<string, unknown>)[key], value);

/** The number type to compute in: as asked, else single precision where all arrays have that. */
export function dtypeOf(asked: Dtype | undefined, arrays: readonly HeadArray[]): Dtype {
	return asked ?? (arrays.every(({ rows }) => rows.dtype === "f32") ? "f32" : "f64");
}
