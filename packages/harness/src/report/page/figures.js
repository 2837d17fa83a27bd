import { drawPanel } from "./chart.js";
import { darkened } from "./dark.js";
import { figureCsv, figureSvg, pngOf } from "./export.js";
import { download } from "./files.js";
import { shown } from "./numbers.js";

/**
 * Brings the figures to life: panels, legends that switch curves, buttons that zoom; anew when the page turns dark or
 * light.
 * @param {readonly PageFigure[]} figures
 */
export async function startFigures(figures) {
	const sections = document.querySelectorAll("[data-figure]");
	const night = matchMedia("(prefers-color-scheme: dark)");
	await Promise.all(figures.map((figure, i) => startFigure(/** @type {HTMLElement} */ (sections[i]), figure, night)));
}

/**
 * @param {HTMLElement} section
 * @param {PageFigure} figure
 * @param {MediaQueryList} night
 */
async function startFigure(section, figure, night) {
	/** @type {import("./chart.js").Chart[]} */
	let charts = [];
	/** @type {string[]} */
	let hidden = [];
	const draw = async () => {
		for (const chart of charts) chart.remove();
		const boxes = /** @type {NodeListOf<HTMLElement>} */ (section.querySelectorAll(".chart"));
		charts = await Promise.all(
			figure.panels.map(({ spec, labels }, i) =>
				drawPanel(/** @type {HTMLElement} */ (boxes[i]), spec, labels, night.matches),
			),
		);
		for (const chart of charts) chart.hide(hidden);
	};
	const entries = /** @type {NodeListOf<HTMLButtonElement>} */ (section.querySelectorAll("[data-curve]"));
	const colourEntries = () =>
		entries.forEach((entry, i) => {
			const { colour = "" } = figure.legend[i] ?? {};
			entry.style.setProperty("--curve", night.matches ? darkened(colour) : colour);
		});
	for (const entry of entries)
		entry.addEventListener("click", () => {
			const name = String(entry.dataset["curve"]);
			hidden = hidden.includes(name) ? hidden.filter((one) => one !== name) : [...hidden, name];
			entry.setAttribute("aria-pressed", String(!hidden.includes(name)));
			for (const chart of charts) chart.hide(hidden);
		});
	/** @type {Record<string, (chart: import("./chart.js").Chart) => void>} */
	const actions = {
		in: (chart) => chart.zoom(0.7),
		out: (chart) => chart.zoom(1 / 0.7),
		reset: (chart) => chart.reset(),
		ArrowLeft: (chart) => chart.pan(-0.1, 0),
		ArrowRight: (chart) => chart.pan(0.1, 0),
		ArrowUp: (chart) => chart.pan(0, 0.1),
		ArrowDown: (chart) => chart.pan(0, -0.1),
	};
	for (const button of /** @type {NodeListOf<HTMLButtonElement>} */ (section.querySelectorAll("[data-zoom]"))) {
		button.addEventListener("click", () => charts.forEach(actions[String(button.dataset["zoom"])] ?? (() => {})));
		button.addEventListener("keydown", (event) => {
			const action = event.key.startsWith("Arrow") ? actions[event.key] : undefined;
			if (!action) return;
			event.preventDefault();
			charts.forEach(action);
		});
	}
	startDownloads(section, figure, () => charts);
	section.querySelector("details")?.addEventListener("toggle", () => listValues(section, figure), { once: true });
	night.addEventListener("change", () => {
		colourEntries();
		draw();
	});
	colourEntries();
	await draw();
}

/**
 * The buttons that give a figure as a file, and that copy it where the browser lets a page.
 * @param {HTMLElement} section
 * @param {PageFigure} figure
 * @param {() => readonly import("./chart.js").Chart[]} charts
 */
function startDownloads(section, figure, charts) {
	const name = String(section.dataset["figure"]);
	const svg = () => figureSvg(figure.title, figure, charts());
	/** @type {Record<string, () => Promise<void>>} */
	const actions = {
		svg: async () => download(`${name}.svg`, new Blob([await svg()], { type: "image/svg+xml" })),
		png: async () => download(`${name}.png`, await pngOf(await svg())),
		csv: async () => download(`${name}.csv`, new Blob([figureCsv(figure)], { type: "text/csv" })),
		copy: async () => navigator.clipboard.write([new ClipboardItem({ "image/png": pngOf(await svg()) })]),
	};
	const said = section.querySelector("[data-said]");
	for (const button of /** @type {NodeListOf<HTMLButtonElement>} */ (section.querySelectorAll("[data-give]"))) {
		const what = String(button.dataset["give"]);
		if (what === "copy") button.hidden = typeof ClipboardItem === "undefined" || !navigator.clipboard;
		button.addEventListener("click", async () => {
			try {
				await actions[what]?.();
				if (said) said.textContent = what === "copy" ? "copied" : "";
			} catch (error) {
				if (said) said.textContent = String(error);
			}
		});
	}
}

/**
 * Writes the points of a figure as a table.
 * @param {HTMLElement} section
 * @param {PageFigure} figure
 */
function listValues(section, figure) {
	const body = section.querySelector("details tbody");
	for (const { heading = "", spec } of figure.panels) {
		const { data = [] } = /** @type {{ data?: { values?: Record<string, unknown>[] }[] }} */ (spec);
		const all = data.flatMap(({ values = [] }) => values).filter(({ x, y }) => x !== undefined && y !== undefined);
		// Where curves have names, points without one are the ends of lines to compare with.
		const named = all.filter(({ curve }) => curve !== undefined);
		const points = named.length > 0 ? named : all;
		const seen = new Set();
		for (const { curve = "", x, y, value } of points) {
			const cells = [heading, curve, shown(x), shown(value ?? y)];
			if (value !== undefined) cells[1] = shown(y);
			const text = cells.join("\t");
			if (seen.has(text)) continue;
			seen.add(text);
			const row = document.createElement("tr");
			for (const cell of cells) row.append(Object.assign(document.createElement("td"), { textContent: String(cell) }));
			body?.append(row);
		}
	}
}
