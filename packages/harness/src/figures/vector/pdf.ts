import { hexOf } from "./colours.ts";
import type { Gradient, PathStep, Pen, TextRun } from "./pen.ts";

/** A page as PDF. */
export interface PdfPage extends Pen {
	/** The bytes of the file. */
	finish(): Promise<Uint8Array>;
}

/** Files of the fonts of text. */
export interface FontFiles {
	readonly regular: string;
	readonly bold: string;
}

/**
 * A page of the given size in units of which one is `unit` points, with its fonts embedded. Equal drawings give equal bytes: no date is written.
 */
export async function pdfPage(
	width: number,
	height: number,
	unit: number,
	{ regular, bold }: FontFiles,
	title: string,
): Promise<PdfPage> {
	const { default: PDFDocument } = await import("pdfkit");
	const document = new PDFDocument({
		size: [unit * width, unit * height],
		margin: 0,
		info: { Title: title, Creator: "attgrad", CreationDate: new Date(0) },
	});
	const chunks: Uint8Array[] = [];
	document.on("data", (chunk: Uint8Array) => chunks.push(chunk));
	const ended = new Promise<void>((resolve) => document.on("end", () => resolve()));
	document.registerFont("regular", regular).registerFont("bold", bold);
	document.scale(unit);
	const outline = (path: readonly PathStep[]): void => {
		for (const step of path)
			if (step[0] === "move") document.moveTo(step[1], step[2]);
			else if (step[0] === "line") document.lineTo(step[1], step[2]);
			else if (step[0] === "curve") document.bezierCurveTo(step[1], step[2], step[3], step[4], step[5], step[6]);
			else document.closePath();
	};
	const gradientOf = ({ from, to, stops }: Gradient) => {
		const gradient = document.linearGradient(...from, ...to);
		for (const [offset, colour] of stops) gradient.stop(offset, hexOf(colour));
		return gradient;
	};
	return {
		fill(path, style, opacity) {
			outline(path);
			document.fillColor(typeof style === "string" ? hexOf(style) : gradientOf(style), opacity).fill();
		},
		stroke(path, { colour, opacity, width: lineWidth, dash, cap, join }) {
			document.save().lineWidth(lineWidth).lineCap(cap).lineJoin(join);
			if (dash.length > 0) document.dash([...dash] as never, {});
			outline(path);
			document.strokeColor(hexOf(colour), opacity).stroke().restore();
		},
		text({ text, x, y, angle, size, bold: isBold, align, colour, opacity }: TextRun) {
			document
				.save()
				.font(isBold ? "bold" : "regular")
				.fontSize(size)
				.fillColor(hexOf(colour))
				.fillOpacity(opacity);
			const wide = document.widthOfString(text);
			const left = align === "left" ? 0 : align === "right" ? -wide : -wide / 2;
			document.translate(x, y).rotate(angle);
			document.text(text, left, 0, { lineBreak: false, baseline: "alphabetic" }).restore();
		},
		beginClip(path) {
			document.save();
			outline(path);
			document.clip();
		},
		endClip() {
			document.restore();
		},
		async finish() {
			document.end();
			await ended;
			return Buffer.concat(chunks);
		},
	};
}
