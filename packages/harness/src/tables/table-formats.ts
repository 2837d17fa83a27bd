import { stringify } from "csv-stringify/sync";
import type { RowTable, TableValue } from "./row-table.ts";

/** Formats in which a table is written. */
export const tableFormats = ["csv", "json", "markdown", "latex"] as const;

/** A format in which a table is written. */
export type TableFormat = (typeof tableFormats)[number];

/**
 * A table as text, with its line end. CSV and JSON keep every digit; Markdown and LaTeX, made for reading, show four. LaTeX needs the package booktabs.
 */
export function formatTable(table: RowTable, format: TableFormat): string {
	if (format === "csv") return csv(table);
	if (format === "json") return `${JSON.stringify(recordsOf(table), null, "\t")}\n`;
	return format === "markdown" ? markdown(table) : latex(table);
}

function csv({ columns, records }: RowTable): string {
	const rows = [columns, ...records.map((record) => record.map((value) => (value === undefined ? "" : String(value))))];
	return stringify(rows, { record_delimiter: "unix" });
}

const recordsOf = ({ columns, records }: RowTable) =>
	records.map((record) => Object.fromEntries(columns.map((column, i) => [column, record[i]])));

/** A number with four digits, and its power of ten apart where there is one. */
function digitsOf(value: number): { digits: string; power?: string | undefined } {
	if (Number.isInteger(value) && Math.abs(value) < 1e9) return { digits: String(value) };
	const rounded = Number(value.toPrecision(4));
	if (rounded === 0 || (Math.abs(rounded) >= 1e-3 && Math.abs(rounded) < 1e6)) return { digits: String(rounded) };
	const [digits, power] = rounded.toExponential().split("e");
	return { digits, power: String(Number(power)) };
}

/** Whether all values of a column are numbers, so that it is aligned to the right. */
const isNumeric = ({ records }: RowTable, place: number): boolean =>
	records.every((record) => record[place] === undefined || typeof record[place] === "number");

function markdown(table: RowTable): string {
	const cell = (value: TableValue): string => {
		if (value === undefined) return "";
		if (typeof value !== "number") return String(value).replaceAll("|", "\\|").replaceAll(/\s+/g, " ");
		const { digits, power } = digitsOf(value);
		return power === undefined ? digits : `${digits}e${power}`;
	};
	const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |\n`;
	const rules = table.columns.map((_, place) => (isNumeric(table, place) ? "--:" : "---"));
	return [line(table.columns), line(rules), ...table.records.map((record) => line(record.map(cell)))].join("");
}

/** Characters that mean something to LaTeX, each as it is written there. */
const latexCharacters: Readonly<Record<string, string>> = {
	"\\": "\\textbackslash{}",
	"~": "\\textasciitilde{}",
	"^": "\\textasciicircum{}",
	"√": "$\\sqrt{}$",
};

const latexText = (text: string): string =>
	text.replaceAll(/[\\~^√]|[&%$#_{}]/g, (character) => latexCharacters[character] ?? `\\${character}`);

function latex(table: RowTable): string {
	const cell = (value: TableValue): string => {
		if (value === undefined) return "";
		if (typeof value !== "number") return latexText(String(value));
		const { digits, power } = digitsOf(value);
		return power === undefined ? `$${digits}$` : `$${digits} \\times 10^{${power}}$`;
	};
	const line = (cells: readonly string[]) => `${cells.join(" & ")} \\\\\n`;
	const alignment = table.columns.map((_, place) => (isNumeric(table, place) ? "r" : "l")).join("");
	return [
		`\\begin{tabular}{${alignment}}\n\\toprule\n`,
		line(table.columns.map(latexText)),
		"\\midrule\n",
		...table.records.map((record) => line(record.map(cell))),
		"\\bottomrule\n\\end{tabular}\n",
	].join("");
}
