import { existsSync, readFileSync } from "node:fs";
import { UsageError } from "@attgrad/matrix-core";
import { CsvError, parse } from "csv-parse/sync";
import { stringify } from "csv-stringify/sync";
import { type Column, columns, decodeRow, encodeRow, isDispensable, type Row } from "../cells/index.ts";

/** The first line of every rows.csv, with its line end. */
export const headerLine = `${columns.join(",")}\n`;

/** What a rows.csv holds. */
export interface RowsFile {
	readonly rows: readonly Row[];
	/** Columns that the file does not have: an older version wrote it. */
	readonly missing: readonly Column[];
	/** Bytes up to the end of the last complete line; what follows was cut off by a crash. */
	readonly wholeBytes: number;
	/** Bytes of the incomplete last line; 0 for a sound file. */
	readonly cutBytes: number;
}

/** One row as a line of the file, with its line end. */
export function rowLine(row: Row): string {
	return stringify([encodeRow(row)], { record_delimiter: "unix" });
}

/**
 * Reads and checks rows.csv; nothing is changed. An incomplete last line is what a crash leaves: it is not read and
 * its length is told. A file of an older version may lack columns that a row can do without. A file that is not there has
 * no rows.
 * @throws UsageError naming file and line for any other damage: another header, a wrong field, a key that stands twice
 */
export function readRows(path: string): RowsFile {
	if (!existsSync(path)) return { rows: [], missing: [], wholeBytes: 0, cutBytes: 0 };
	const bytes = readFileSync(path);
	const wholeBytes = bytes.lastIndexOf(0x0a) + 1;
	const cutBytes = bytes.length - wholeBytes;
	if (wholeBytes === 0) {
		if (!headerLine.startsWith(bytes.toString())) throw damaged(path, 1, "not the header of a rows.csv");
		return { rows: [], missing: [], wholeBytes, cutBytes };
	}
	const header = bytes.toString("utf8", 0, bytes.indexOf(0x0a)).split(",");
	const missing = missingColumns(path, header);
	const [, ...records] = parseRecords(path, bytes.subarray(0, wholeBytes));
	const lines = new Map<string, number>();
	const rows = records.map((fields, i) => {
		const row = decodeRow(fields, header as Column[]);
		if ("problem" in row) throw damaged(path, i + 2, row.problem);
		const before = lines.get(row.key);
		if (before !== undefined) throw damaged(path, i + 2, `key ${row.key} already stands on line ${before}`);
		lines.set(row.key, i + 2);
		return row;
	});
	return { rows, missing, wholeBytes, cutBytes };
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

/** The fields of each line. Rows never hold a line end, so a record that spans lines is damage too. */
function parseRecords(path: string, bytes: Uint8Array): string[][] {
	try {
		const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
		let line = 0;
		return parse(text, {
			record_delimiter: "\n",
			relax_column_count: true,
			on_record: (fields: string[], { lines }) => {
				if (lines !== ++line) throw damaged(path, line, "a quote is not closed on its line, or the line is empty");
				return fields;
			},
		});
	} catch (error) {
		if (error instanceof CsvError) throw damaged(path, Number(error["lines"] ?? 1), error.message);
		if (error instanceof TypeError) throw damaged(path, undecodableLine(bytes), "not UTF-8 text");
		throw error;
	}
}

/** Number of the first line that is not UTF-8. */
function undecodableLine(bytes: Uint8Array): number {
	const decoder = new TextDecoder("utf-8", { fatal: true });
	let line = 1;
	for (let from = 0; ; line++) {
		const end = bytes.indexOf(0x0a, from) + 1 || bytes.length;
		try {
			decoder.decode(bytes.subarray(from, end));
		} catch {
			return line;
		}
		from = end;
	}
}

function damaged(path: string, line: number, what: string): UsageError {
	return new UsageError(`${path} line ${line}: ${what}; mend or remove that line, or sweep anew with --fresh`);
}
