import { createRequire } from "node:module";
import type { TopLevelSpec } from "vega-lite";
import { figureWidth, fontFamily } from "../look/layout.ts";
import { textWidth } from "../look/text.ts";
import { indexedPng } from "./indexed-png.ts";
import { shortSvg } from "./short-svg.ts";

/** A figure as text and as pixels. */
export interface RenderedFigure {
	readonly svg: string;
	readonly png: Uint8Array;
}

/** Files of the figures' font. */
const fontFiles = ["400Regular/SourceSans3_400Regular.ttf", "700Bold/SourceSans3_700Bold.ttf"];

/**
 * Draws a vega-lite specification, without a canvas and without the fonts of the host. Equal specifications give equal
 * SVG.
 * @throws Error for what vega or vega-lite warn about: a figure with a warning is not the one that was meant
 */
export async function renderFigure(spec: TopLevelSpec): Promise<RenderedFigure> {
	const [vega, { compile }, { Resvg }] = await Promise.all([
		import("vega"),
		import("vega-lite"),
		import("@resvg/resvg-js"),
	]);
	// Vega would estimate text as much wider than this font is.
	const { textMetrics } = vega as unknown as { textMetrics: TextMetrics };
	textMetrics.width = ({ fontSize = 11, fontWeight }, text) =>
		textWidth(String(text), fontSize, fontWeight === "bold" || Number(fontWeight) >= 600);
	vega.resetSVGDefIds();
	const logger = strictLogger();
	const compiled = compile(spec, { logger }).spec;
	const view = new vega.View(vega.parse(compiled), { renderer: "none", logger });
	const svg = shortSvg(await view.toSVG());
	view.finalize();
	const require = createRequire(import.meta.url);
	const image = new Resvg(svg, {
		fitTo: { mode: "width", value: 2 * figureWidth },
		font: {
			loadSystemFonts: false,
			fontFiles: fontFiles.map((file) => require.resolve(`@expo-google-fonts/source-sans-3/${file}`)),
			defaultFontFamily: fontFamily,
		},
	});
	const { width, height, pixels } = image.render();
	return { svg, png: indexedPng({ width, height, rgba: pixels }) };
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
