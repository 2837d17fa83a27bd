import { present } from "@attgrad/matrix-core";
import { type Column, columns, encodeRow, type Row } from "../../cells/index.ts";
import type { Rounds, Run } from "../../store/index.ts";
import { type Html, html } from "../html/html.ts";
import { distributionOf } from "./distribution.ts";
import { reproduceCommand } from "./reproduce.ts";

/** Columns that are text; all others are numbers. */
const textColumns: readonly Column[] = [
	"key",
	"experiment",
	"algorithm",
	"distribution",
	"dtype",
	"kernel",
	"status",
	"reason",
	"bound_kind",
	"extra",
	"contended",
	"started_at",
	"machine",
	"commit",
];

/** Columns that the table leaves out, since the page tells them elsewhere or nobody reads them in a table. */
const hiddenColumns: readonly Column[] = ["key", "experiment", "loss", "extra", "started_at", "machine", "commit"];

const alwaysShown: readonly Column[] = ["algorithm", "n", "status"];

const isNumber = (column: Column) => !textColumns.includes(column);

/** Columns that the table shows: those in which rows differ. */
function shownColumns(rows: readonly Row[]): Column[] {
	return columns.filter(
		(column) => alwaysShown.includes(column) || (isListed(column) && valuesOf(rows, column).length > 1),
	);
}

/** The values that all rows share, of the columns that the table then leaves out. */
function describeShared(rows: readonly Row[]): string {
	return columns
		.filter((column) => isListed(column) && !alwaysShown.includes(column))
		.flatMap((column) => {
			const [value, ...others] = valuesOf(rows, column);
			return others.length > 0 || value === "" ? [] : [`${column} ${value}`];
		})
		.join(", ");
}

const isListed = (column: Column) => !hiddenColumns.includes(column);

/** The different values of a column, "" for what does not apply. */
function valuesOf(rows: readonly Row[], column: Column): string[] {
	return [...new Set(rows.map((row) => String(row[column] ?? "")))];
}

/** The frame of the table of rows; the page fills it. */
export function rowSection(rows: readonly Row[], hasSamples: boolean): Html {
	const shown = shownColumns(rows);
	const shared = describeShared(rows);
	const statuses = [...new Set(rows.map(({ status }) => status))];
	return html`<div class="tools">
<input type="search" id="rows-filter" aria-label="Filter rows" placeholder="Filter: streaming n > 1024">
<select id="rows-status" aria-label="Status"><option value="">every status</option>${statuses.map((status) => html`<option>${status}</option>`)}</select>
<button type="button" id="rows-download">Download CSV</button>
<span id="rows-count" class="faint" role="status"></span>
</div>
<div class="scroll tall" role="region" aria-label="Table of rows" tabindex="0"><table id="rows-table"><thead><tr>${shown.map(
		(column) =>
			html`<th scope="col" data-column="${columns.indexOf(column)}"${isNumber(column) && html` class="number"`}><button type="button">${column}</button></th>`,
	)}${hasSamples && html`<th scope="col">its times</th>`}<th scope="col">measure it again</th></tr></thead><tbody id="rows-body"></tbody></table></div>
<button type="button" id="rows-more" hidden>Show all rows</button>
${shared !== "" && html`<p class="faint">The same in all rows: ${shared}.</p>`}
<p class="faint">What the columns mean is in docs/csv.md. The download has every column of the rows that the filter leaves.</p>`;
}

/** The data of the rows for the page, as `PageRows` of page.d.ts. */
export function rowData({ info, rows }: Pick<Run, "info" | "rows">, samples: ReadonlyMap<string, Rounds>) {
	const shown = shownColumns(rows);
	const cells = new Map(info.cells.map((cell) => [cell.key, cell]));
	return {
		columns: columns.map((name) => ({ name, isNumber: isNumber(name), isShown: shown.includes(name) })),
		rows: rows.map(encodeRow),
		commands: rows.map(({ key }) => reproduceCommand(present(cells.get(key), `the cell of row ${key}`), info.preset)),
		...(samples.size > 0 && {
			samples: rows.map(({ key }) => {
				const rounds = samples.get(key);
				return rounds ? distributionOf(rounds) : null;
			}),
		}),
		fileName: `${info.experiment}.csv`,
	};
}
