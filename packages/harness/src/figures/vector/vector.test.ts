import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { scalingFigure, scalingRows } from "../../testing/figure-rows.ts";
import { figureSpec } from "../print/print-spec.ts";
import { renderForPaper } from "../print/render.ts";
import { colourAt, rgbOf } from "./colours.ts";
import { DrawingContext } from "./drawing-context.ts";
import type { PathStep, Pen } from "./pen.ts";
import { latexText } from "./pgf.ts";

const spec = figureSpec(scalingFigure, scalingRows())!;

/** A pen that keeps what is drawn. */
function recording() {
	const paths: (readonly PathStep[])[] = [];
	const texts: Parameters<Pen["text"]>[0][] = [];
	const strokes: Parameters<Pen["stroke"]>[1][] = [];
	let clips = 0;
	const pen: Pen = {
		fill: (path) => void paths.push([...path]),
		stroke: (path, stroke) => {
			paths.push([...path]);
			strokes.push(stroke);
		},
		text: (run) => void texts.push(run),
		beginClip: () => void clips++,
		endClip: () => void clips--,
	};
	return { pen, paths, texts, strokes, open: () => clips };
}

test("transforms compose as a canvas's do, and restore takes them back", () => {
	const { pen, paths } = recording();
	const context = new DrawingContext(pen);
	context.translate(10, 20);
	context.save();
	context.rotate(Math.PI / 2);
	context.scale(2, 3);
	context.beginPath();
	context.moveTo(1, 0);
	context.lineTo(0, 1);
	context.stroke();
	context.restore();
	context.beginPath();
	context.moveTo(1, 1);
	context.lineTo(2, 2);
	context.stroke();
	const rounded = paths.map((path) => path.map(([kind, ...xy]) => [kind, ...xy.map((x) => Math.round(x * 1e9) / 1e9)]));
	expect(rounded).toEqual([
		[
			["move", 10, 22],
			["line", 7, 20],
		],
		[
			["move", 11, 21],
			["line", 12, 22],
		],
	]);
});

test("the curves of an arc stay within 3e-4 of its radius", () => {
	fc.assert(
		fc.property(
			fc.double({ min: -7, max: 7, noNaN: true }),
			fc.double({ min: -7, max: 7, noNaN: true }),
			fc.boolean(),
			(start, end, back) => {
				const { pen, paths } = recording();
				const context = new DrawingContext(pen);
				context.beginPath();
				context.arc(0, 0, 1, start, end, back);
				context.stroke();
				let [x0, y0] = [0, 0];
				for (const step of paths[0])
					if (step[0] === "curve") {
						const [, x1, y1, x2, y2, x3, y3] = step;
						for (const t of [0.25, 0.5, 0.75]) {
							const s = 1 - t;
							const at = (a: number, b: number, c: number, d: number) =>
								s ** 3 * a + 3 * s * s * t * b + 3 * s * t * t * c + t ** 3 * d;
							expect(Math.abs(Math.hypot(at(x0, x1, x2, x3), at(y0, y1, y2, y3)) - 1)).toBeLessThan(3e-4);
						}
						[x0, y0] = [x3, y3];
					} else if (step[0] !== "close") [x0, y0] = [step[1], step[2]];
				expect(Math.abs(Math.hypot(x0 - Math.cos(end), y0 - Math.sin(end)))).toBeLessThan(
					Math.abs(end - start) >= 2 * Math.PI ? 3 : 1e-9,
				);
			},
		),
	);
});

test("every clip that is begun is ended, and a dash without gaps is a solid line", () => {
	const { pen, strokes, open } = recording();
	const context = new DrawingContext(pen);
	context.save();
	context.rect(0, 0, 1, 1);
	context.clip();
	expect(open()).toBe(1);
	context.setLineDash([1, 0]);
	context.stroke();
	context.setLineDash([3]);
	context.stroke();
	context.restore();
	expect(open()).toBe(0);
	expect(strokes.map(({ dash }) => dash)).toEqual([[], [3, 3]]);
});

test.each([
	["2¹⁰ and n²", "2$^{10}$ and n$^{2}$"],
	["max |g̃ − g| ≤ ε", "max |$\\tilde{g}$ $-$ g| $\\leq$ $\\varepsilon$"],
	["B = √ln n; 50 % of a_b", "B = $\\sqrt{}$ln n; 50 \\% of a\\_b"],
	["n^0.5 {x} \\ ~", "n\\textasciicircum{}0.5 \\{x\\} \\textbackslash{} \\textasciitilde{}"],
	["10⁻⁶ x₁₂ Λ", "10$^{-6}$ x$_{12}$ $\\Lambda$"],
])("the text %s for LaTeX is %s", (text, latex) => {
	expect(latexText(text)).toBe(latex);
});

test("colours are read as CSS writes them, and gradients are even", () => {
	expect([rgbOf("#fff"), rgbOf("#0072b2"), rgbOf("rgb(1, 2, 3)"), rgbOf("white")]).toEqual([
		[255, 255, 255],
		[0, 114, 178],
		[1, 2, 3],
		[255, 255, 255],
	]);
	expect(() => rgbOf("papaya")).toThrow("unknown colour: papaya");
	const stops = [
		[0, "#000"],
		[0.5, "#fff"],
		[1, "#f00"],
	] as const;
	expect([0, 0.25, 0.5, 0.75, 1].map((offset) => colourAt(stops, offset))).toEqual([
		...["#000", "rgb(128,128,128)", "rgb(255,255,255)", "rgb(255,128,128)", "rgb(255,0,0)"],
	]);
});

test("a PDF is of the width that is asked for, has its fonts in it, and is the same each time", async () => {
	const draw = () => renderForPaper(spec, "pdf", { width: 234, title: false }) as Promise<Uint8Array>;
	const bytes = await draw();
	const text = Buffer.from(bytes).toString("latin1");
	expect(text).toMatch(/^%PDF-1\.\d/);
	expect(text).toMatch(/\/MediaBox \[0 0 234 \d/);
	expect(text).toContain("SourceSans3-Regular");
	expect(text).toContain("/FontFile2");
	expect(Buffer.from(await draw()).equals(bytes)).toBe(true);
	const withTitle = (await renderForPaper(spec, "pdf", { width: 234 })) as Uint8Array;
	const height = (pdf: Uint8Array) =>
		Number(/MediaBox \[0 0 234 ([\d.]+)/.exec(Buffer.from(pdf).toString("latin1"))?.[1]);
	expect(height(withTitle)).toBeGreaterThan(height(bytes) + 5);
});

test("SVG and PNG are of the width that is asked for", async () => {
	expect(await renderForPaper(spec, "svg", { width: 234 })).toMatch(/^<svg[^>]* width="234pt" height="[\d.]+pt"/);
	const png = Buffer.from((await renderForPaper(spec, "png", { width: 234 })) as Uint8Array);
	expect(png.readUInt32BE(16)).toBe(975);
});

const latex = spawnSync("pdflatex", ["--version"]).status === 0;

test("PGF opens and closes what it draws, and its braces match", async () => {
	const text = (await renderForPaper(spec, "pgf")) as string;
	const count = (word: string) => text.split(word).length - 1;
	expect(count("\\begin{pgfscope}")).toBe(count("\\end{pgfscope}"));
	expect(count("\\begin{pgfscope}")).toBeGreaterThan(20);
	const bare = text.replaceAll(/\\[{}]/g, "");
	expect(bare.split("{").length).toBe(bare.split("}").length);
});

test.skipIf(!latex)("LaTeX sets a figure in PGF (skipped without pdflatex)", async () => {
	const folder = mkdtempSync(join(tmpdir(), "attgrad-pgf-"));
	try {
		writeFileSync(join(folder, "figure.pgf"), await renderForPaper(spec, "pgf", { width: 234 }));
		const page = "\\documentclass{article}\\usepackage{pgf}\\begin{document}\\input{figure.pgf}\\end{document}";
		writeFileSync(join(folder, "page.tex"), page);
		const words = ["-interaction=nonstopmode", "-halt-on-error", "page.tex"];
		const { status, stdout } = spawnSync("pdflatex", words, { cwd: folder, encoding: "utf8" });
		expect({ status, errors: stdout.match(/^!.*$/gm) }).toEqual({ status: 0, errors: null });
	} finally {
		rmSync(folder, { recursive: true });
	}
});
