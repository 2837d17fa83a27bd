import { createRequire } from "node:module";
import type { TopLevelSpec } from "vega-lite";
import { figureWidth, fontFamily } from "../look/layout.ts";
import { textWidth } from "../look/text.ts";
import type { FontFiles } from "../vector/index.ts";
import { indexedPng } from "./indexed-png.ts";
import { shortSvg } from "./short-svg.ts";

/** A figure as text and as pixels. */
export interface RenderedFigure {
	readonly svg: string;
	readonly png: Uint8Array;
}

/** Formats in which a figure is drawn: for pages, for slides, for LaTeX as a picture and as its own commands. */
export const figureFormats = ["svg", "png", "pdf", "pgf"] as const;

/** A format in which a figure is drawn. */
export type FigureFormat = (typeof figureFormats)[number];

/** How a figure is drawn for a paper. */
export interface PaperOptions {
	/** Width on paper, points (72 an inch); the height follows. @default 525, as wide as the page it was laid out for */
	readonly width?: number | undefined;
	/** Whether the title and the notes are drawn; a paper has a caption. @default true */
	readonly title?: boolean | undefined;
	/** Files of a font in place of the project's; its bold cut, too. Text keeps the places that were measured for the project's font. */
	readonly font?: FontFiles | undefined;
}

/**
 * Draws a vega-lite specification, without a canvas and without the fonts of the host. Equal specifications give equal
 * SVG.
 * @throws Error for what vega or vega-lite warn about: a figure with a warning is not the one that was meant
 */
export async function renderFigure(spec: TopLevelSpec): Promise<RenderedFigure> {
	const view = await viewOf(spec);
	const svg = shortSvg(await view.toSVG());
	view.finalize();
	return { svg, png: await pngOf(svg, 2 * figureWidth, ownFonts()) };
}

/**
 * Draws a specification for a paper, in one format: text for SVG and PGF, bytes for PNG (300 dots an inch) and PDF. PDF has its fonts embedded; PGF is set
 * in the fonts of the document that inputs it.
 * @throws as `renderFigure` does
 */
export async function renderForPaper(
	spec: TopLevelSpec,
	format: FigureFormat,
	{ width = 0.75 * figureWidth, title = true, font }: PaperOptions = {},
): Promise<string | Uint8Array> {
	const { title: heading, ...rest } = spec as { title?: { text?: string | string[] } };
	const view = await viewOf((title ? spec : rest) as TopLevelSpec);
	try {
		const svg = shortSvg(await view.toSVG());
		const fonts = font ?? ownFonts();
		const [, wide = "", high = ""] = /^<svg[^>]* width="([\d.]+)" height="([\d.]+)"/.exec(svg) ?? [];
		const [w, h] = [Number(wide), Number(high)];
		const unit = width / w;
		if (format === "svg")
			return svg.replace(/ width="[\d.]+" height="[\d.]+"/, ` width="${width}pt" height="${unit * h}pt"`);
		if (format === "png") return pngOf(svg, Math.round((width * 300) / 72), fonts);
		const name = [heading?.text ?? "figure"].flat().join(" ");
		const { pdfPage, pgfPage, DrawingContext } = await import("../vector/index.ts");
		const page = format === "pdf" ? await pdfPage(w, h, unit, fonts, name) : pgfPage(w, h, unit, name);
		await view.toCanvas(1, { externalContext: new DrawingContext(page) } as never);
		return page.finish();
	} finally {
		view.finalize();
	}
}

/** A view of a specification, its text measured in the project's font. */
async function viewOf(spec: TopLevelSpec) {
	const [vega, { compile }] = await Promise.all([import("vega"), import("vega-lite")]);
	// Vega would estimate text as much wider than this font is.
	const { textMetrics } = vega as unknown as { textMetrics: TextMetrics };
	textMetrics.width = ({ fontSize = 11, fontWeight }, text) =>
		textWidth(String(text), fontSize, fontWeight === "bold" || Number(fontWeight) >= 600);
	vega.resetSVGDefIds();
	const logger = strictLogger();
	return new vega.View(vega.parse(compile(spec, { logger }).spec), { renderer: "none", logger });
}

/** The files of the figures' font. */
function ownFonts(): FontFiles {
	const require = createRequire(import.meta.url);
	const file = (path: string): string => require.resolve(`@expo-google-fonts/source-sans-3/${path}`);
	return { regular: file("400Regular/SourceSans3_400Regular.ttf"), bold: file("700Bold/SourceSans3_700Bold.ttf") };
}

/** An SVG as pixels. */
async function pngOf(svg: string, pixels: number, { regular, bold }: FontFiles): Promise<Uint8Array> {
	const { Resvg } = await import("@resvg/resvg-js");
	const font = { loadSystemFonts: false, fontFiles: [regular, bold], defaultFontFamily: fontFamily };
	const { width, height, pixels: rgba } = new Resvg(svg, { fitTo: { mode: "width", value: pixels }, font }).render();
	return indexedPng({ width, height, rgba });
}

/** How vega measures text; not in its types. */
interface TextMetrics {
	width(item: { readonly fontSize?: number; readonly fontWeight?: string | number }, text: unknown): number;
}

function strictLogger() {
	const refuse = (...words: unknown[]) => {
		throw new Error(`figure: ${words.join(" ")}`);
	};
	const logger = { level: () => logger, error: refuse, warn: refuse, info: () => logger, debug: () => logger };
	return logger as never;
}
