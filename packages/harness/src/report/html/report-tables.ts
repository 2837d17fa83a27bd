import { type Html, type HtmlPart, html } from "./html.ts";

/** A column of a table: its head, and whether its cells are numbers. */
export interface TableColumn {
	readonly head: string;
	readonly isNumber?: boolean;
	/** Whether its cells are sentences, which are broken where there is no room. */
	readonly isWide?: boolean;
}

/** A table in a frame of its own that can be scrolled sideways, also by keyboard. */
export function table(label: string, columns: readonly TableColumn[], rows: readonly (readonly HtmlPart[])[]): Html {
	return html`<div class="scroll" role="region" aria-label="Table: ${label}" tabindex="0"><table>
<thead><tr>${columns.map(({ head, isNumber }) => html`<th scope="col"${isNumber ? numberClass : undefined}>${head}</th>`)}</tr></thead>
<tbody>${rows.map(
		(cells) => html`<tr>${cells.map((cell, i) =>
			i === 0
				? html`<th scope="row">${cell}</th>`
				: html`<td${columns[i]?.isNumber ? numberClass : columns[i]?.isWide ? wideClass : undefined}>${cell}</td>`,
		)}</tr>
`,
	)}</tbody></table></div>`;
}

const numberClass = html` class="number"`;
const wideClass = html` class="wrap"`;

/** Terms with what they are. */
export function terms(entries: readonly (readonly [term: string, what: HtmlPart])[]): Html {
	return html`<dl>${entries.map(([term, what]) => html`<div><dt>${term}</dt><dd>${what}</dd></div>`)}</dl>`;
}
