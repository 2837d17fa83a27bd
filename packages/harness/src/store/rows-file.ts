import { dirname } from "node:path";
import { readIfThere } from "@attgrad/attention-problem";
import { UsageError } from "@attgrad/matrix-core";
import { CsvError, parse } from "csv-parse/sync";
import { stringify } from "csv-stringify/sync";
import { type Column, columns, decodeRow, encodeRow, isDispensable, type Row } from "../cells/index.ts";
import { isRounded, knownKeys, restoreKey } from "./rounded-keys.ts";

/** The first line of every rows.csv, with its line end. */
export const headerLine = `${columns.join(",")}\n`;

/** The content of a rows.csv. */
export interface RowsFile {
	readonly rows: readonly Row[];
	/** Number of the line of each row, by key; from 1. */
	readonly lines: ReadonlyMap<string, number>;
	/** Columns that the file does not have: an older version wrote it. */
	readonly missing: readonly Column[];
	/** Bytes up to the end of the last complete line; what follows was cut off by a crash. */
	readonly completeBytes: number;
	/** Bytes of the incomplete last line; 0 for a sound file. */
	readonly cutBytes: number;
	/** Whether a spreadsheet or an editor has saved it: a byte order mark, CR LF, blank lines, rounded keys. */
	readonly isForeign: boolean;
}

/** One row as a line of the file, with its line end. */
export function rowLine(row: Row): string {
	return stringify([encodeRow(row)], { record_delimiter: "unix" });
}

/**
 * Reads and checks rows.csv; nothing is changed. An incomplete last line is what a crash leaves: it is not read and
 * its length is told. A file of an older version may lack columns that a row can do without. A file that is not there
 * has no rows. A file that a spreadsheet has saved is read: byte order mark, CR LF, blank lines, `TRUE`, and keys
 * that it took for numbers, where the run.json beside the file has them.
 * @throws UsageError naming file and line for any other damage, and where the file cannot be read
 */
export function readRows(path: string): RowsFile {
	const bytes = readIfThere(path) ?? new Uint8Array();
	const text = decodeText(path, bytes);
	const hasMark = text.startsWith("\uFEFF");
	const hasReturns = /^[^\n]*\r\n/.test(text);
	// A spreadsheet may end the file without a line end; a sweep never does.
	const completeBytes = hasMark || hasReturns ? bytes.length : bytes.lastIndexOf(0x0a) + 1;
	const cutBytes = bytes.length - completeBytes;
	if (completeBytes === 0) {
		if (!headerLine.startsWith(text)) throw damaged(path, 1, "not the header of a rows.csv");
		return { rows: [], lines: new Map(), missing: [], completeBytes, cutBytes, isForeign: false };
	}
	const complete = decodeText(path, bytes.subarray(0, completeBytes));
	if (/^\uFEFF?key;/.test(complete)) throw damaged(path, 1, "columns are separated by semicolons, expected commas");
	const { records, blank } = parseRecords(path, complete.replace(/^\uFEFF/, ""));
	const header = records[0]?.fields ?? [];
	const missing = missingColumns(path, header);
	const lines = new Map<string, number>();
	const restored = restoreKeys(dirname(path), header, records.slice(1));
	const rows = restored.records.map(({ fields, line }) => {
		const row = decodeRow(fields, header as Column[]);
		if ("problem" in row)
			throw damaged(
				path,
				line,
				row.problem + (row.problem.startsWith("key ") && isRounded(fields[0]) ? roundedHint : ""),
			);
		const before = lines.get(row.key);
		if (before !== undefined) throw damaged(path, line, `key ${row.key} already stands on line ${before}`);
		lines.set(row.key, line);
		return row;
	});
	const isForeign = hasMark || hasReturns || blank || restored.count > 0;
	return { rows, lines, missing, completeBytes, cutBytes, isForeign };
}

/** The refusal of a line of a rows.csv. */
export function damaged(path: string, line: number, what: string): UsageError {
	return new UsageError(
		`${path} line ${line}: ${what}; correct or remove that line, or sweep again with --fresh, which discards all rows`,
	);
}

const roundedHint = ", and a spreadsheet has rounded this key";

/** A line of the file. */
interface Line {
	readonly fields: readonly string[];
	/** Its number, from 1. */
	readonly line: number;
}

/** Puts keys that a spreadsheet took for numbers back, where run.json has them. */
function restoreKeys(folder: string, header: readonly string[], records: readonly Line[]) {
	const at = header.indexOf("key");
	let known: readonly string[] | undefined;
	let count = 0;
	const restored = records.map((record) => {
		const key = record.fields[at];
		if (!isRounded(key)) return record;
		known ??= knownKeys(folder);
		const original = restoreKey(key, known);
		if (original === undefined || original === key) return record;
		count++;
		return { ...record, fields: record.fields.with(at, original) };
	});
	return { records: restored, count };
}

/** @throws UsageError where a header is not that of this version or of an older one */
function missingColumns(path: string, header: readonly string[]): Column[] {
	const known = columns.filter((column) => header.includes(column));
	if (known.join() !== header.join()) {
		const unknown = header.find((name) => !columns.includes(name as Column));
		const isNewer = known.length === columns.length && unknown !== undefined;
		throw damaged(
			path,
			1,
			isNewer ? `unknown column ${JSON.stringify(unknown)}: a newer version wrote it` : "not the header of a rows.csv",
		);
	}
	const missing = columns.filter((column) => !header.includes(column));
	const needed = missing.find((column) => !isDispensable(column));
	if (needed) throw damaged(path, 1, `not the header of a rows.csv: there is no column ${needed}`);
	return missing;
}

/** The fields of each line that is not blank. Rows never hold a line end, so a record that spans lines is damage. */
function parseRecords(path: string, text: string): { records: Line[]; blank: boolean } {
	const all = text.split(/\r?\n/);
	// Text after the last line end is no line.
	if (all.at(-1) === "") all.pop();
	const kept = all.map((content, i) => ({ content, number: i + 1 })).filter(({ content }) => !/^[,\s]*$/.test(content));
	const numberOf = (line: number) => kept[line - 1]?.number ?? line;
	try {
		let line = 0;
		const records = parse(kept.map(({ content }) => `${content}\n`).join(""), {
			record_delimiter: "\n",
			relax_column_count: true,
			on_record: (fields: string[], { lines }) => {
				if (lines !== ++line) throw damaged(path, numberOf(line), "a quote is not closed on its line");
				return fields;
			},
		});
		return {
			records: records.map((fields, i) => ({ fields, line: numberOf(i + 1) })),
			blank: kept.length < all.length,
		};
	} catch (error) {
		if (error instanceof CsvError) throw damaged(path, numberOf(Number(error["lines"] ?? 1)), error.message);
		throw error;
	}
}

/** The text of the file, with its byte order mark. */
function decodeText(path: string, bytes: Uint8Array): string {
	const lastEnd = bytes.lastIndexOf(0x0a) + 1;
	try {
		return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
	} catch {
		// A crash may have cut a character in two.
		const complete = undecodableLine(bytes.subarray(0, lastEnd));
		if (complete !== undefined) throw damaged(path, complete, "not UTF-8 text");
		return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
	}
}

/** Number of the first line that is not UTF-8. */
function undecodableLine(bytes: Uint8Array): number | undefined {
	const decoder = new TextDecoder("utf-8", { fatal: true });
	let line = 1;
	for (let from = 0; from < bytes.length; line++) {
		const end = bytes.indexOf(0x0a, from) + 1 || bytes.length;
		try {
			decoder.decode(bytes.subarray(from, end));
		} catch {
			return line;
		}
		from = end;
	}
	return undefined;
}
