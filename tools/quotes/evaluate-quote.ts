// A quote says where a number of a document stands in the rows of a sweep:
//   EXPERIMENT CONDITION… [each COLUMN,…|each row [where EXPRESSION]]: EXPRESSION as [min|max|median|range|sum] DIGITS|whole [UNIT]
// Without `each` every column is of the one row that the conditions leave. With it there is a value for each combination of
// those columns (or each row) that has all that the expression needs, and the aggregate says which. A column with conditions
// of its own, time_ms[algorithm=streaming], is looked up in the row that those leave, beside the others; they go before.
// A claim has the same form up to the expression, which is a comparison, and must hold for every combination.

import { join } from "node:path";
import { columns, type Row, readRows } from "@attgrad/harness";
import { present } from "@attgrad/matrix-core";
import {
	type Condition,
	evaluate,
	type Filter,
	parseExpression,
	parseFilter,
	QuoteError,
	type Value,
} from "./expression.ts";
import { type Rounding, roundedText, units } from "./rounded-text.ts";

const aggregates = {
	min: (values: readonly number[]) => [Math.min(...values)],
	max: (values: readonly number[]) => [Math.max(...values)],
	median: (values: readonly number[]) => [median(values)],
	range: (values: readonly number[]) => [Math.min(...values), Math.max(...values)],
	sum: (values: readonly number[]) => [values.reduce((a, b) => a + b, 0)],
} as const;

/** Rounding directions that keep a quote true: no value is above a quoted maximum or below a quoted minimum. */
const roundings: Readonly<Partial<Record<string, readonly Rounding[]>>> = {
	min: ["down"],
	max: ["up"],
	range: ["down", "up"],
};

const start = String.raw`^([\w-]+)((?:\s+(?!each\s)(?:'[^']*'|[^\s:'])+)*?)(?:\s+each\s+([\w.,]+)(?:\s+where\s+(.+?))?)?:\s+(.+)`;
const quoteForm = new RegExp(
	String.raw`${start}\s+as\s+(?:(${Object.keys(aggregates).join("|")})\s+)?([1-9]|whole)(?:\s+(\S.*))?$`,
	"s",
);
const claimForm = new RegExp(`${start}$`, "s");

/** A row lacks what an expression needs. */
class Missing extends QuoteError {}

/**
 * The text that a quote stands for, from the rows.csv in a folder of `folder`.
 * @throws QuoteError in one line: not of the form, an unknown experiment or column, no row, several rows
 */
export function evaluateQuote(quote: string, folder: string): string {
	const found = quoteForm.exec(quote.trim());
	if (!found)
		throw new QuoteError(
			"expected EXPERIMENT CONDITION… [each COLUMN,…]: EXPRESSION as [AGGREGATE] DIGITS|whole [UNIT]",
		);
	const [each, aggregate, digits, unit = ""] = [found[3], ...found.slice(6)];
	if (!Object.hasOwn(units, unit))
		throw new QuoteError(`unknown unit: ${unit} (known: ${Object.keys(units).filter(Boolean).join(", ")})`);
	if ((each === undefined) !== (aggregate === undefined))
		throw new QuoteError("each needs an aggregate (min, max, median, range, sum), and an aggregate needs each");
	const values = valuesOf(found, folder).map(({ value }) => value);
	const kept = aggregate ? aggregates[aggregate as keyof typeof aggregates](values) : values;
	return roundedText(kept, digits === "whole" ? digits : Number(digits), unit, roundings[aggregate ?? ""]);
}

/**
 * Checks that a comparison holds for every combination of a claim.
 * @throws QuoteError saying where it does not, and as `evaluateQuote`
 */
export function checkClaim(claim: string, folder: string): void {
	const found = claimForm.exec(claim.trim());
	if (!found) throw new QuoteError("expected EXPERIMENT CONDITION… [each COLUMN,…]: COMPARISON");
	for (const { value, group } of valuesOf(found, folder))
		if (value === 0) throw new QuoteError(`does not hold with ${described(group)}`);
}

/** The value of a quote's or claim's expression for each combination. */
function valuesOf(found: readonly (string | undefined)[], folder: string): { value: number; group: Filter }[] {
	const [, experiment, conditions, each, where, expressionText] = found;
	const { rows } = readRows(join(folder, present(experiment, "the experiment"), "rows.csv"));
	if (rows.length === 0) throw new QuoteError(`there are no rows of ${experiment}`);
	const filter = parseFilter(present(conditions, "the conditions"));
	const expression = parseExpression(present(expressionText, "the expression"));
	const condition = where === undefined ? undefined : parseExpression(where);
	const groups = each === undefined ? [filter] : groupsOf(rows, filter, each);
	const values = groups.flatMap((group) => {
		const look = (column: string, own: Filter) => valueAt(rows, column, overlaid(group, own));
		try {
			if (condition && number(evaluate(condition, look)) === 0) return [];
			return [{ value: number(evaluate(expression, look)), group }];
		} catch (error) {
			if (each !== undefined && error instanceof Missing) return [];
			throw error;
		}
	});
	if (values.length === 0) throw new QuoteError(`no combination of ${each} has the rows for ${expressionText}`);
	return values;
}

function number(value: Value): number {
	if (typeof value !== "number") throw new QuoteError("a list is no number: take its max, min, first, last or sum");
	if (!Number.isFinite(value)) throw new Missing(`got ${value}`);
	return value;
}

/** One filter for each combination of columns, or each row. */
function groupsOf(rows: readonly Row[], filter: Filter, each: string): Filter[] {
	const names = each === "row" ? ["key"] : each.split(",");
	const meant = rows.filter((row) => fits(rows, row, filter));
	if (meant.length === 0) throw new QuoteError(`no row with ${described(filter)}`);
	const groups = new Map<string, Filter>();
	for (const row of meant) {
		const equal = names.map((column): Condition => {
			const value = fieldOf(rows, row, column);
			return { column, operator: "=", values: [value === undefined ? "" : String(value)] };
		});
		groups.set(JSON.stringify(equal), [...filter, ...equal]);
	}
	return [...groups.values()];
}

/** Conditions of a column replace what is said of the same column around it. */
function overlaid(around: Filter, own: Filter): Filter {
	const named = new Set(own.map(({ column }) => column));
	return [...around.filter(({ column }) => !named.has(column)), ...own];
}

function valueAt(rows: readonly Row[], column: string, filter: Filter): Value {
	const meant = rows.filter((row) => fits(rows, row, filter));
	if (meant.length === 0) throw new Missing(`no row with ${described(filter)}`);
	if (meant.length > 1) throw new QuoteError(`${meant.length} rows with ${described(filter)}: say which, or each`);
	const value = fieldOf(rows, meant[0], column);
	if (typeof value === "number") return value;
	if (Array.isArray(value) && value.length > 0 && value.every((entry) => typeof entry === "number")) return value;
	if (value === undefined || value === null || (Array.isArray(value) && value.length === 0))
		throw new Missing(`no ${column} in the row with ${described(filter)}`);
	throw new QuoteError(`${column} is no number in the row with ${described(filter)}`);
}

const fits = (rows: readonly Row[], row: Row, filter: Filter) =>
	filter.every(({ column, operator, values }) => {
		const value = fieldOf(rows, row, column);
		if (operator === "=" || operator === "!=") {
			const equal = values.some((text) =>
				typeof value === "number" && text !== "" ? value === Number(text) : String(value ?? "") === text,
			);
			return equal === (operator === "=");
		}
		const bound = Number(values[0]);
		if (typeof value !== "number" || Number.isNaN(bound)) return false;
		return operator === "<"
			? value < bound
			: operator === ">"
				? value > bound
				: operator === "<="
					? value <= bound
					: value >= bound;
	});

/** A column, or a key of `extra`, whose parts are set off by dots. */
function fieldOf(rows: readonly Row[], row: Row, name: string): unknown {
	const path = Array.from(name.matchAll(/'([^']*)'|([^.']+)/g), ([, quoted, plain]) => quoted ?? plain);
	const value = fieldIn(row, path);
	if (
		value === undefined &&
		!rows.some((other) => fieldIn(other, path) !== undefined) &&
		!columns.some((c) => c === name)
	)
		throw new QuoteError(`unknown column: ${name}`);
	return value;
}

function fieldIn(row: Row, path: readonly string[]): unknown {
	const [first] = path;
	let value: unknown = columns.some((column) => column === first) ? row : row.extra;
	for (const part of path)
		value = typeof value === "object" && value !== null ? (value as Record<string, unknown>)[part] : undefined;
	return value;
}

const described = (filter: Filter) =>
	filter.map(({ column, operator, values }) => `${column}${operator}${values.join()}`).join(" ") || "no condition";

function median(values: readonly number[]): number {
	const sorted = [...values].sort((a, b) => a - b);
	const middle = sorted.length >> 1;
	return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
