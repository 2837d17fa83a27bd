import type { Cell, Row } from "../cells/index.ts";
import type { CellOutcome } from "./process/cell-message.ts";

/** What a row tells beside its cell and what became of it. */
export type RowConditions = Pick<Row, "contended" | "started_at" | "machine" | "commit">;

/** The row of a cell. What only the raw times tell goes into `extra.timing`. */
export function toRow(key: string, cell: Cell, outcome: CellOutcome, conditions: RowConditions): Row {
	const { version: _version, sources: _sources, options: _options, ...point } = cell;
	const isDone = outcome.status === "done";
	const { timing, rounds: _rounds, extra, ...measured } = isDone ? outcome.measurement : {};
	return {
		key,
		...point,
		status: outcome.status,
		reason: isDone ? "" : outcome.reason.replace(/\s*[\r\n]+\s*/g, " "),
		...measured,
		...((extra || timing) && { extra: { ...extra, ...(timing && { timing }) } }),
		...conditions,
	};
}
