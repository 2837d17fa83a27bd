import { present } from "@attgrad/matrix-core";
import type { Column, Row } from "../cells/index.ts";
import { damaged, type RowsFile } from "./rows-file.ts";

/** Columns that say which cell a row is of. (`degree` may be asked for or found, so it is not one of them.) */
const cellColumns = [
	"experiment",
	"algorithm",
	"n",
	"d",
	"B",
	"epsilon",
	"relative",
	"distribution",
	"seed",
	"dtype",
	"threads",
	"kernel",
] as const satisfies readonly Column[];

/** A cell, as far as a row repeats it. */
export type CellOfRow = { readonly [C in (typeof cellColumns)[number]]?: Row[C] | undefined };

/**
 * The rows of a file, each compared with the cell that its key is of: the key stands for the cell, so a changed value
 * under an old key is damage. A column that an older version did not write is filled in. Rows of other cells stay as they are.
 * @throws UsageError naming file, line and column
 */
export function rowsOfCells(path: string, file: RowsFile, cells: ReadonlyMap<string, CellOfRow>): Row[] {
	return file.rows.map((row) => {
		const cell = cells.get(row.key);
		if (!cell) return row;
		const filled: Partial<Record<Column, unknown>> = {};
		for (const column of cellColumns) {
			if (row[column] === cell[column]) continue;
			if (!file.missing.includes(column))
				throw damaged(
					path,
					present(file.lines.get(row.key), `the line of row ${row.key}`),
					`${column} is ${row[column] ?? "empty"}, but key ${row.key} is of a cell with ${column} ${cell[column] ?? "empty"}`,
				);
			if (cell[column] !== undefined) filled[column] = cell[column];
		}
		return Object.keys(filled).length > 0 ? ({ ...row, ...filled } as Row) : row;
	});
}
