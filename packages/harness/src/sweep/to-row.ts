import { type Cell, columns, decodeRow, encodeRow, type Row } from "../cells/index.ts";
import type { CellOutcome } from "./process/cell-message.ts";

/** The conditions of a measurement, which a row holds beside its cell and the outcome. */
export type RowConditions = Pick<Row, "contended" | "started_at" | "machine" | "commit">;

/**
 * The row of a cell. What only the raw times tell goes into `extra.timing`. A measurement that the file could not hold, or that would be
 * refused when it is read (a negative time, a number that is not finite, a column that there is not), is a failed cell that says why.
 */
export function toRow(key: string, cell: Cell, outcome: CellOutcome, conditions: RowConditions): Row {
	const { version: _version, sources: _sources, options: _options, ...point } = cell;
	const isDone = outcome.status === "done";
	const { timing, rounds: _rounds, extra, ...measured } = isDone ? outcome.measurement : {};
	const row: Row = {
		key,
		...point,
		status: outcome.status,
		reason: isDone ? "" : outcome.reason.replace(/\s*[\r\n]+\s*/g, " "),
		...measured,
		...((extra || timing) && { extra: { ...extra, ...(timing && { timing }) } }),
		...conditions,
	};
	const problem = problemOf(row);
	if (problem === undefined) return row;
	return { key, ...point, status: "failed", reason: `the measurement does not fit a row: ${problem}`, ...conditions };
}

/** Why a row could not be written and read again; undefined where it can. */
function problemOf(row: Row): string | undefined {
	const unknown = Object.keys(row).find((name) => !(columns as readonly string[]).includes(name));
	if (unknown !== undefined) return `there is no column ${unknown}`;
	let fields: string[];
	try {
		fields = encodeRow(row);
	} catch (failure) {
		return (failure as Error).message.replace(/[\r\n]+/g, " ");
	}
	const read = decodeRow(fields);
	return "problem" in read ? read.problem : undefined;
}
