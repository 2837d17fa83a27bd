import type { LegendEntry } from "../../figures/index.ts";
import { type Html, html } from "./html.ts";

/** Outlines of vega's symbols in a square from −1 to 1. */
const outlines: Readonly<Record<string, string>> = {
	circle: "M-.8,0a.8,.8 0 1,0 1.6,0a.8,.8 0 1,0 -1.6,0",
	square: "M-.7,-.7H.7V.7H-.7Z",
	diamond: "M0,-1L1,0L0,1L-1,0Z",
	cross: "M-.9,-.3H-.3V-.9H.3V-.3H.9V.3H.3V.9H-.3V.3H-.9Z",
	"triangle-up": "M0,-.85L.9,.75H-.9Z",
	"triangle-down": "M0,.85L.9,-.75H-.9Z",
	"triangle-right": "M.85,0L-.75,.9V-.9Z",
	"triangle-left": "M-.85,0L.75,.9V-.9Z",
};

/** A curve's line and symbol as they are in the figure; the page gives the colour as `--curve`. */
export function swatch({ shape, dash }: LegendEntry): Html {
	const outline = shape && outlines[shape];
	return html`<svg viewBox="-14 -7 28 14" width="28" height="14" aria-hidden="true"><path d="M-13,0H13" fill="none" stroke="currentColor" stroke-width="2"${
		dash && html` stroke-dasharray="${dash.join(" ")}"`
	}/>${outline && html`<path d="${outline}" transform="scale(5)" fill="currentColor"/>`}</svg>`;
}
