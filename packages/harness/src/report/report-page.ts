import type { Rounds, Run } from "../store/index.ts";
import { type CurveSummary, crossingsOf, summariseCurves } from "../summary/index.ts";
import { Html, html, packed } from "./html/html.ts";
import { pageScript, vegaScript } from "./html/page-files.ts";
import { type PageSection, pageFrame } from "./html/page-frame.ts";
import { certificatesOf } from "./sections/certificates.ts";
import { figureSections, type NamedFigure } from "./sections/figure-sections.ts";
import { fitSections } from "./sections/fit-sections.ts";
import { certificateSection, machineSection, missingSection, reproduceSection } from "./sections/page-sections.ts";
import { rowData, rowSection } from "./sections/row-section.ts";

/**
 * The report of a run as one HTML file that needs nothing beside it: figures, fits, certificates, what is missing, rows,
 * machine, and how each row is measured again.
 * @param samples the times that rows rest on, by key, for their distributions
 */
export function reportPage(
	run: Run,
	figures: readonly NamedFigure[],
	samples: ReadonlyMap<string, Rounds> = new Map(),
): string {
	const { info, rows } = run;
	const curves = summariseCurves(run);
	const sections: PageSection[] = [
		{ id: "figures", heading: "Figures", content: figureSections(figures) },
		...fitSections(curves, crossingsOf(run)),
		...certificateSection(certificatesOf(rows)),
		...missingSection(rows),
		{ id: "rows", heading: "Rows", content: rowSection(rows, samples.size > 0) },
		{ id: "reproduce", heading: "How to measure it again", content: reproduceSection(info) },
		{ id: "machine", heading: "Machine and versions", content: machineSection(info) },
	];
	return pageFrame({
		title: `${info.experiment}: ${info.title}`,
		header: html`<h1>${info.experiment}: ${info.title}</h1>
<p>${info.question}</p>
<p class="faint">${outcome(curves)} · ${info.preset} preset · ${info.startedAt.slice(0, 10)} · ${info.machine.name} · kernel ${info.kernel}</p>
<nav aria-label="Contents"><ul>${sections.map(({ id, heading }) => html`<li><a href="#${id}">${heading}</a></li>`)}</ul></nav>`,
		main: html`<noscript><p>Without JavaScript the figures are in the SVG files beside this one and the rows in rows.csv.</p></noscript>
${sections.map(
	({
		id,
		heading,
		content,
	}) => html`<section id="${id}" aria-labelledby="${id}-heading"><h2 id="${id}-heading">${heading}</h2>
${content}</section>
`,
)}`,
		footer: html`<p>Made by attgrad ${info.versions["attgrad"]} from rows.csv and run.json. Drawn with Vega (BSD-3-Clause), which is in this file; nothing is loaded from elsewhere.</p>`,
		scripts: html`<div id="tooltip" hidden></div>
${packed("rows-data", JSON.stringify(rowData(run, samples)))}
${packed("figures-data", JSON.stringify(figures.map(({ title, legend, panels }) => ({ title, legend, panels }))))}
${packed("vega", vegaScript())}
<script>${new Html(pageScript())}</script>`,
	});
}

/** `33 done, 2 skipped` */
function outcome(curves: readonly CurveSummary[]): string {
	const counts = new Map<string, number>();
	for (const curve of curves)
		for (const [status, count] of Object.entries(curve.counts)) counts.set(status, (counts.get(status) ?? 0) + count);
	return [...counts].map(([status, count]) => `${count} ${status}`).join(", ");
}
