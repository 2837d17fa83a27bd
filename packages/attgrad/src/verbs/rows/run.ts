import { writeFileSync } from "node:fs";
import { replaceFile } from "@attgrad/attention-problem";
import {
	chooseColumns,
	filledColumns,
	formatTable,
	type RowTable,
	readRowsOf,
	readRunInfo,
	rowTable,
	runsIn,
	type TableFormat,
	tableFormats,
	whereRows,
} from "@attgrad/harness";
import { UsageError } from "@attgrad/matrix-core";
import { z } from "zod";
import { outputPath } from "../../files/output-file.ts";
import { type GivenFlags, readFlags } from "../../flags/flags.ts";

/** The flags of `attgrad rows`. */
export const rowsFlags = z.object({
	format: z.enum(tableFormats).default("csv").describe("csv and json keep every digit, markdown and latex show four"),
	columns: z
		.string()
		.optional()
		.describe("columns in their order: algorithm,n,time_ms; default: all that hold anything, but the row's key"),
	where: z.string().optional().describe('only rows that meet this: "n>=2^14 and status=done"'),
	out: z.string().min(1).optional().describe("file to write; default: standard output"),
});

/** Ending of a file of each format. */
const endings: Readonly<Record<TableFormat, string>> = { csv: ".csv", json: ".json", markdown: ".md", latex: ".tex" };

/**
 * Prints the rows of folders as one table.
 * @throws UsageError for a folder without results, a column that is not there, or a file that cannot be written
 */
export async function printRows({ folder, ...given }: GivenFlags): Promise<void> {
	const { format, columns, where, out } = readFlags(rowsFlags, given);
	const file = out === undefined ? undefined : await outputPath(out, { ending: endings[format] });
	const folders = (folder as string[]).flatMap((one) => {
		const runs = runsIn(one);
		if (runs.length === 0) throw new UsageError(`no results in ${one}`);
		return runs;
	});
	let table: RowTable = rowTable(folders.flatMap((run) => readRowsOf(run, readRunInfo(run))));
	for (const condition of where?.split(/\s+and\s+/) ?? []) table = whereRows(table, condition);
	table = columns === undefined ? withoutKey(filledColumns(table)) : chooseColumns(table, namesIn(columns));
	const text = formatTable(table, format);
	if (file === undefined) process.stdout.write(text);
	else await replaceFile(file, (path) => writeFileSync(path, text));
}

const namesIn = (list: string): string[] => list.split(",").map((name) => name.trim());

const withoutKey = (table: RowTable): RowTable =>
	chooseColumns(
		table,
		table.columns.filter((column) => column !== "key"),
	);
