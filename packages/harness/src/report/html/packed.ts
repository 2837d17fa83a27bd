import { gzipSync } from "node:zlib";
import { type Html, html } from "./html.ts";

/** Text that a page holds compressed, in an element with this id; `unpack` of the page reads it. */
export function packed(id: string, text: string): Html {
	return html`<script type="text/plain" id="${id}">${gzipSync(text, { level: 9 }).toString("base64")}</script>`;
}
