import { csvOf } from "./rows.js";

/** Widths and heights in the picture of a figure, pixels. */
const panelWidth = 480;
const titleHeight = 30;
const headingHeight = 24;

/**
 * Text for SVG.
 * @param {string} text
 */
const escaped = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

/**
 * A figure as it is now, zoomed and with curves hidden, as one SVG on white.
 * @param {string} title
 * @param {PageFigure} figure
 * @param {readonly { signals(): Record<string, unknown> }[]} charts
 */
export async function figureSvg(title, figure, charts) {
	const panels = await Promise.all(
		figure.panels.map(async ({ spec }, i) => {
			const view = new vega.View(vega.parse(spec), { renderer: "none", hover: false });
			for (const [name, value] of Object.entries(charts[i]?.signals() ?? {})) view.signal(name, value);
			await view.width(panelWidth).runAsync();
			const svg = await view.toSVG();
			view.finalize();
			const [, width, height] = /width="([\d.]+)" height="([\d.]+)"/.exec(svg) ?? [];
			return { svg, width: Number(width), height: Number(height) };
		}),
	);
	const columns = panels.length > 1 ? 2 : 1;
	const width = columns * (Math.max(...panels.map((panel) => panel.width)) + 20);
	/** @type {string[]} */
	const parts = [];
	const hidden = /** @type {string[]} */ (charts[0]?.signals()["hidden"] ?? []);
	let x = 10;
	let y = titleHeight + 8;
	for (const { name, colour } of figure.legend.filter(({ name }) => !hidden.includes(name))) {
		if (x > width - 160) [x, y] = [10, y + 18];
		parts.push(`<text x="${x}" y="${y}" font-size="13" font-weight="bold" fill="${colour}">${escaped(name)}</text>`);
		x += 8.2 * name.length + 22;
	}
	let top = y + 12;
	for (let i = 0; i < panels.length; i += columns) {
		const line = panels.slice(i, i + columns);
		line.forEach(({ svg }, k) => {
			const left = 10 + (k * width) / columns;
			const heading = figure.panels[i + k]?.heading ?? "";
			parts.push(
				`<text x="${left}" y="${top + 14}" font-size="13" font-weight="bold">${escaped(heading)}</text>`,
				svg.replace("<svg ", `<svg x="${left}" y="${top + headingHeight}" `),
			);
		});
		top += headingHeight + Math.max(...line.map(({ height }) => height)) + 10;
	}
	const head = `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="${width}" height="${top}" viewBox="0 0 ${width} ${top}" font-family="'Source Sans 3', sans-serif">`;
	return `${head}<rect width="100%" height="100%" fill="white"/><text x="10" y="22" font-size="16" font-weight="bold">${escaped(title)}</text>${parts.join("")}</svg>`;
}

/**
 * An SVG as pixels, two for each of its units.
 * @param {string} svg
 * @returns {Promise<Blob>}
 */
export async function pngOf(svg) {
	const image = new Image();
	image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
	await image.decode();
	const canvas = Object.assign(document.createElement("canvas"), { width: 2 * image.width, height: 2 * image.height });
	const context = canvas.getContext("2d");
	if (!context) throw new Error("report: no canvas to draw on");
	context.drawImage(image, 0, 0, canvas.width, canvas.height);
	return new Promise((resolve, reject) =>
		canvas.toBlob(
			(blob) => (blob ? resolve(blob) : reject(new Error("report: the picture is too large"))),
			"image/png",
		),
	);
}

/**
 * The points of a figure: panel, curve, x, y and the ends of the band.
 * @param {PageFigure} figure
 */
export function figureCsv(figure) {
	const names = ["panel", "curve", "x", "y", "low", "high", "value"];
	const rows = figure.panels.flatMap(({ heading = "", spec }) => {
		const { data = [] } = /** @type {{ data?: { values?: Record<string, unknown>[] }[] }} */ (spec);
		const points = data.flatMap(({ values = [] }) => values).filter(({ x, y }) => x !== undefined && y !== undefined);
		const named = points.filter(({ curve }) => curve !== undefined);
		const lines = (named.length > 0 ? named : points).map((point) =>
			[heading, ...names.slice(1).map((name) => String(point[name] ?? ""))].join("\u0000"),
		);
		return [...new Set(lines)].map((line) => line.split("\u0000"));
	});
	return csvOf(
		names.map((name) => ({ name, isNumber: false, isShown: true })),
		rows,
	);
}
