import { present } from "@attgrad/matrix-core";
import { z } from "zod";

/** The possible outcomes of a cell. */
export const statuses = ["done", "failed", "timeout", "out-of-memory", "skipped", "invalid"] as const;

/** The outcome of a cell. */
export type Status = (typeof statuses)[number];

const text = z.string();
const filledText = z.string().min(1);
const number = z
	.string()
	.regex(/^-?\d+(\.\d+)?(e[+-]?\d+)?$/i, "expected a number")
	.transform(Number)
	.refine(Number.isFinite, "expected a number that is finite");
const notNegative = number.refine((value) => value >= 0, "expected a number >= 0");
const wholeNumber = number.refine((value) => Number.isInteger(value) && value >= 0, "expected a whole number >= 0");
const count = number.refine((value) => Number.isInteger(value) && value >= 1, "expected a whole number >= 1");
/** Spreadsheets write truth values in capitals. */
const truth = z
	.string()
	.toLowerCase()
	.pipe(z.enum(["true", "false"]))
	.transform((value) => value === "true");
const jsonObject = z.string().transform((value, context): Readonly<Record<string, unknown>> => {
	try {
		const parsed: unknown = JSON.parse(value);
		if (typeof parsed === "object" && parsed !== null && !Array.isArray(parsed)) return { ...parsed };
	} catch {}
	context.addIssue("expected a JSON object");
	return z.NEVER;
});
/** An empty field: does not apply. */
const optional = <Schema extends z.ZodType>(schema: Schema) =>
	z
		.literal("")
		.transform(() => undefined)
		.or(schema);

/**
 * The columns of rows.csv, in their order, each with how its text is read.
 * Times are milliseconds, memory is MiB; `error_max` = max |g~ − g|, `error_rel` = that over max |g|, `bound_rel` = `error_bound` over
 * what max |g| is at least; `confidence`: the chance that a bound of kind `probabilistic` holds with.
 */
const columnSchemas = {
	key: z.string().regex(/^[0-9a-f]{16}$/, "expected 16 hexadecimal digits"),
	experiment: filledText,
	algorithm: filledText,
	n: count,
	d: count,
	B: optional(notNegative),
	epsilon: optional(notNegative),
	relative: optional(notNegative),
	distribution: text,
	seed: optional(wholeNumber),
	dtype: optional(z.enum(["f64", "f32"])),
	threads: optional(count),
	kernel: text,
	degree: optional(wholeNumber),
	rank: optional(notNegative),
	radius: optional(notNegative),
	status: z.enum(statuses),
	reason: text,
	time_ms: optional(notNegative),
	time_mad_ms: optional(notNegative),
	time_min_ms: optional(notNegative),
	samples: optional(count),
	peak_rss_mb: optional(notNegative),
	loss: optional(number),
	error_max: optional(notNegative),
	error_rel: optional(notNegative),
	error_bound: optional(notNegative),
	bound_rel: optional(notNegative),
	bound_kind: optional(z.enum(["a-priori", "a-posteriori", "probabilistic", "estimate", "none"])),
	confidence: optional(notNegative),
	extra: optional(jsonObject),
	contended: truth,
	started_at: z.iso.datetime(),
	machine: text,
	commit: text,
} as const;

export type Column = keyof typeof columnSchemas;

/** Column names in the order of the file. */
export const columns = Object.keys(columnSchemas) as readonly Column[];

const rowSchema = z.strictObject(columnSchemas);

type FullRow = z.output<typeof rowSchema>;
type EmptyColumn = { [C in Column]: undefined extends FullRow[C] ? C : never }[Column];

/** One measured cell. Columns that do not apply are absent. */
export type Row = { readonly [C in Exclude<Column, EmptyColumn>]: FullRow[C] } & {
	readonly [C in EmptyColumn]?: Exclude<FullRow[C], undefined>;
};

/** The fault in the text of a row: the column and the expected value. */
export type RowProblem = { readonly problem: string };

/** Values for columns that rows of older versions lack, where a field may not be empty. */
const older: Partial<Record<Column, string>> = { contended: "false" };

/** Whether a row can do without a column, as those of older versions do. */
export function isDispensable(column: Column): boolean {
	return columnSchemas[column].safeParse(older[column] ?? "").success;
}

/**
 * Reads a row from its fields.
 * @param header the columns that the fields are of
 */
export function decodeRow(fields: readonly string[], header: readonly Column[] = columns): Row | RowProblem {
	if (fields.length !== header.length) return { problem: `expected ${header.length} fields, got ${fields.length}` };
	const given = new Map(header.map((column, i) => [column, fields[i]]));
	const texts = columns.map((column) => [column, given.get(column) ?? older[column] ?? ""] as const);
	const result = rowSchema.safeParse(Object.fromEntries(texts));
	if (!result.success) {
		const issue = result.error.issues[0];
		const column = String(issue.path[0]) as Column;
		return { problem: `${column} is ${JSON.stringify(given.get(column))}, ${expectation(issue)}` };
	}
	return Object.fromEntries(Object.entries(result.data).filter(([, value]) => value !== undefined)) as unknown as Row;
}

/** The expected value; of a union the last alternative, since the first is the empty field. */
function expectation(issue: z.core.$ZodIssue): string {
	if (issue.code === "invalid_union")
		return expectation(present(issue.errors.at(-1), "the last alternative of a column")[0]);
	return issue.message
		.replace(/^Invalid (option: |ISO )?/i, "")
		.replace(/^expected /, "")
		.replace(/^/, "expected ");
}

/**
 * The fields of a row in the order of `columns`.
 * @throws Error for what the file cannot hold: a number that is not finite, text with a line end
 */
export function encodeRow(row: Row): string[] {
	return columns.map((column) => {
		const value = row[column];
		if (value === undefined) return "";
		const text = typeof value === "object" ? JSON.stringify(value) : String(value);
		if ((typeof value === "number" && !Number.isFinite(value)) || /[\r\n]/.test(text))
			throw new Error(`row: ${column} cannot be ${JSON.stringify(text)}`);
		return text;
	});
}
