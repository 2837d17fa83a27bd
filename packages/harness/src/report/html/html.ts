import { gzipSync } from "node:zlib";

/** Text that is HTML already. */
export class Html {
	readonly text: string;

	constructor(text: string) {
		this.text = text;
	}
}

/** A value that `html` takes: text is escaped, HTML is not, lists are joined, absent values are left out. */
export type HtmlPart = Html | string | number | undefined | false | readonly HtmlPart[];

/** A piece of HTML; what is put in is escaped unless it is HTML itself. */
export function html(strings: TemplateStringsArray, ...parts: readonly HtmlPart[]): Html {
	return new Html(strings.reduce((made, text, i) => made + textOf(parts[i - 1]) + text));
}

function textOf(part: HtmlPart): string {
	if (part instanceof Html) return part.text;
	if (Array.isArray(part)) return part.map(textOf).join("");
	return part === undefined || part === false ? "" : escapeHtml(String(part));
}

/** Text as HTML, for content and for attributes in quotes. */
function escapeHtml(text: string): string {
	return text
		.replaceAll("&", "&amp;")
		.replaceAll("<", "&lt;")
		.replaceAll(">", "&gt;")
		.replaceAll('"', "&quot;")
		.replaceAll("'", "&#39;");
}

/** Text that a page holds compressed, in an element with this id; `unpack` of the page reads it. */
export function packed(id: string, text: string): Html {
	return html`<script type="text/plain" id="${id}">${gzipSync(text, { level: 9 }).toString("base64")}</script>`;
}
