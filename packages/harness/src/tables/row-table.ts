import { UsageError } from "@attgrad/matrix-core";
import { columns, type Row } from "../cells/index.ts";

/** A value in a table of rows; undefined where it does not apply. */
export type TableValue = string | number | boolean | undefined;

/** Rows as a rectangle: a name for each column, and the values of each row in that order. */
export interface RowTable {
	readonly columns: readonly string[];
	readonly records: readonly (readonly TableValue[])[];
}

/**
 * Rows with `extra` taken apart: after the columns of rows.csv come those that `extra` holds, `extra.name`, and `extra.outer.inner` of nested
 * objects, in the order in which they first appear. Lists stay JSON text.
 */
export function rowTable(rows: readonly Row[]): RowTable {
	const flat = rows.map((row) => new Map(fieldsOf(row)));
	const found = new Set(flat.flatMap((fields) => [...fields.keys()]));
	const own = columns.filter((column) => column !== "extra");
	const added = [...found].filter((name) => !own.some((column) => column === name));
	const names = [...own, ...added];
	return { columns: names, records: flat.map((fields) => names.map((name) => fields.get(name))) };
}

function fieldsOf({ extra, ...row }: Row): [string, TableValue][] {
	return [...Object.entries(row), ...(extra ? leaves("extra", extra) : [])] as [string, TableValue][];
}

function leaves(name: string, value: unknown): [string, TableValue][] {
	if (value === null || value === undefined) return [];
	if (Array.isArray(value)) return [[name, JSON.stringify(value)]];
	if (typeof value === "object")
		return Object.entries(value).flatMap(([key, inner]) => leaves(`${name}.${key}`, inner));
	return [[name, value as TableValue]];
}

/**
 * Some columns of a table, in the order of their names.
 * @throws UsageError for a column that the table does not have
 */
export function chooseColumns(table: RowTable, names: readonly string[]): RowTable {
	const places = names.map((name) => {
		const place = table.columns.indexOf(name);
		if (place < 0) throw new UsageError(`no column ${name} (there are ${table.columns.join(", ")})`);
		return place;
	});
	return { columns: names, records: table.records.map((record) => places.map((place) => record[place])) };
}

/** Comparisons of a condition, longest first. */
const comparisons: Readonly<Record<string, (a: number | string, b: number | string) => boolean>> = {
	">=": (a, b) => a >= b,
	"<=": (a, b) => a <= b,
	"!=": (a, b) => a !== b,
	">": (a, b) => a > b,
	"<": (a, b) => a < b,
	"=": (a, b) => a === b,
};

/**
 * The rows for which a condition holds: `n>4096`, `algorithm=streaming`, `status!=done`. Numbers may be powers, `n>=2^14`. A value that is missing meets
 * no condition.
 * @throws UsageError for a condition of another form, or a column that the table does not have
 */
export function whereRows(table: RowTable, condition: string): RowTable {
	const [, column, sign, text] = /^\s*([\w.]+)\s*(>=|<=|!=|>|<|=)\s*(.+?)\s*$/.exec(condition) ?? [];
	if (column === undefined || sign === undefined || text === undefined)
		throw new UsageError(`a condition is like n>4096 or algorithm=streaming, got ${condition}`);
	const place = table.columns.indexOf(column);
	if (place < 0) throw new UsageError(`no column ${column} (there are ${table.columns.join(", ")})`);
	const [, base, exponent] = /^(\d+)\^(\d+)$/.exec(text) ?? [];
	const number = base === undefined ? Number(text) : Number(base) ** Number(exponent);
	const records = table.records.filter((record) => {
		const value = record[place];
		if (value === undefined) return false;
		const numeric = typeof value === "number" && !Number.isNaN(number);
		return comparisons[sign](numeric ? value : String(value), numeric ? number : text);
	});
	return { ...table, records };
}

/** A table without the columns that are empty in all its rows. */
export function filledColumns(table: RowTable): RowTable {
	const names = table.columns.filter((_, place) => table.records.some((record) => record[place] !== undefined));
	return chooseColumns(table, names);
}
