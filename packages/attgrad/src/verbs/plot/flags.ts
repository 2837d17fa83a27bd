import { existsSync } from "node:fs";
import { figureFormats, type PlotOptions } from "@attgrad/harness";
import { UsageError } from "@attgrad/matrix-core";
import { z } from "zod";
import { experimentFile, json } from "../../flags/runtime-flags.ts";

/** The flags of `attgrad plot`. */
export const plotFlags = z.object({
	format: z
		.string()
		.optional()
		.describe(
			`for a paper: ${figureFormats.join(", ")}, or several with commas; default: svg,png as reports show them`,
		),
	width: z
		.string()
		.optional()
		.describe(
			"for a paper: width as 3.25in, 8.4cm, 246pt, the layout follows so that text stays legible; default: 7.3in",
		),
	title: z.boolean().default(true).describe("draw title and notes; --no-title leaves them to the caption"),
	font: z
		.string()
		.min(1)
		.optional()
		.describe("for a paper: a .ttf or .otf file in place of the project's font; pgf takes that of the document"),
	experiment: experimentFile,
	json,
});

/** Points of each unit of length. */
const units: Readonly<Record<string, number>> = { in: 72, cm: 72 / 2.54, mm: 72 / 25.4, pt: 1 };

/**
 * How figures are to be drawn.
 * @throws UsageError for a format, a width or a font that there is not
 */
export function plotOptions({ format, width, title, font }: z.output<typeof plotFlags>): PlotOptions {
	const isForPaper = format !== undefined || width !== undefined || font !== undefined || !title;
	if (!isForPaper) return {};
	const formats = (format ?? "pdf").split(",").map((name) => {
		const found = figureFormats.find((one) => one === name.trim());
		if (!found) throw new UsageError(`--format must be among ${figureFormats.join(", ")}, got ${name}`);
		return found;
	});
	if (font !== undefined && !(existsSync(font) && /\.(ttf|otf)$/i.test(font)))
		throw new UsageError(`--font must be a file that ends in .ttf or .otf, got ${font}`);
	return {
		...{ formats, title },
		...(width !== undefined && { width: pointsOf(width) }),
		...(font !== undefined && { font: { regular: font, bold: font } }),
	};
}

/** A length in points. @throws UsageError for what is none, or below an inch or above 100 */
function pointsOf(text: string): number {
	const [, digits = "", unit = ""] = /^(\d+(?:\.\d+)?)(in|cm|mm|pt)$/.exec(text.trim()) ?? [];
	const points = Number(digits) * (units[unit] ?? Number.NaN);
	if (!(points >= 72 && points <= 7200))
		throw new UsageError(`--width must be a length of 1in to 100in like 3.25in, 8.4cm or 246pt, got ${text}`);
	return points;
}
