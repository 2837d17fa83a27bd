import type { ScreenFigure } from "../../figures/index.ts";
import { type Html, html } from "../html/html.ts";
import { swatch } from "../html/symbols.ts";

/** A figure for the screen with the name of its files. */
export type NamedFigure = ScreenFigure & { readonly name: string };

/** The figures' titles, notes, legends and frames; the page draws the panels into them. */
export function figureSections(figures: readonly NamedFigure[]): Html {
	if (figures.length === 0) return html`<p>The rows hold nothing to draw yet.</p>`;
	return html`${figures.map(figureSection)}`;
}

function figureSection({ name, title, notes, panels, legend, guides, labels }: NamedFigure): Html {
	const axes = [labels["y"], labels["x"]].filter(Boolean).join(" against ");
	return html`<article class="card" data-figure="${name}">
<h3>${title}</h3>
${notes.map((note) => html`<p class="faint">${note}</p>`)}
${
	legend.length > 0 &&
	html`<div class="tools legend" role="group" aria-label="Curves that are shown">${legend.map(
		(entry) =>
			html`<button type="button" aria-pressed="true" data-curve="${entry.name}">${swatch(entry)}${entry.name}</button>`,
	)}</div>`
}${guides.length > 0 && html`<p class="faint">Thin grey lines: ${guides.join(", ")}.</p>`}
<div class="panels">${panels.map(
		({
			heading,
			description,
		}) => html`<div>${heading && html`<h4>${heading}</h4>`}<div class="chart" role="img" aria-label="${description}"></div></div>
`,
	)}</div>
<div class="tools" role="group" aria-label="Zoom">
<button type="button" data-zoom="in">Zoom in</button><button type="button" data-zoom="out">Zoom out</button><button type="button" data-zoom="reset">Reset</button>
<span class="faint">Drag to move, Ctrl and wheel to zoom, double click to reset; arrow keys on these buttons move.</span>
</div>
<div class="tools" role="group" aria-label="Take the figure">
<button type="button" data-give="svg">SVG</button><button type="button" data-give="png">PNG</button><button type="button" data-give="csv">CSV</button><button type="button" data-give="copy">Copy picture</button>
<span class="faint" role="status" data-said></span>
</div>
<details><summary>Values of this figure</summary>
<div class="scroll tall" role="region" aria-label="Values: ${axes}" tabindex="0"><table><thead><tr><th scope="col">panel</th><th scope="col">curve</th><th scope="col">${labels["x"] ?? "x"}</th><th scope="col">${labels["y"] ?? "y"}</th></tr></thead><tbody></tbody></table></div>
</details>
</article>
`;
}
