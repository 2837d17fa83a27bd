import { colourAt, rgbOf } from "./colours.ts";
import type { Gradient, PathStep, Pen, Stroke, TextRun } from "./pen.ts";

/** A page in PGF's basic layer, for \input in a LaTeX document that loads pgf. */
export interface PgfPage extends Pen {
	/** The text of the file. */
	finish(): string;
}

/** Strips that a gradient is made of. */
const STRIPS = 64;

/**
 * A page of the given size in units of which one is `unit` points of LaTeX. Text is set in the fonts of the document, at its size in the figure.
 * @param source named in the file's first line
 */
export function pgfPage(width: number, height: number, unit: number, source: string): PgfPage {
	const lines: string[] = [];
	const point = (x: number, y: number): string =>
		`\\pgfqpoint{${number(unit * x)}bp}{${number(unit * (height - y))}bp}`;
	const outline = (path: readonly PathStep[]): void => {
		for (const step of path) lines.push(pathLine(step, point));
	};
	const scoped = (work: () => void): void => {
		lines.push("\\begin{pgfscope}");
		work();
		lines.push("\\end{pgfscope}");
	};
	const fill = (path: readonly PathStep[], css: string, opacity: number): void =>
		scoped(() => {
			lines.push(...colourLines("fill", css, opacity));
			outline(path);
			lines.push("\\pgfusepath{fill}");
		});
	return {
		fill(path, style, opacity) {
			if (typeof style === "string") return fill(path, style, opacity);
			scoped(() => {
				outline(path);
				lines.push("\\pgfusepath{clip}");
				for (const [strip, css] of stripsOf(style, width, height)) fill(strip, css, opacity);
			});
		},
		stroke(path, stroke) {
			scoped(() => {
				lines.push(...strokeLines(stroke, unit));
				outline(path);
				lines.push("\\pgfusepath{stroke}");
			});
		},
		text({ text, x, y, angle, size, bold, align, colour: css, opacity }: TextRun) {
			scoped(() => {
				lines.push(...colourLines("fill", css, opacity));
				// Ten points scaled: the cuts for small sizes are far wider than the text was measured.
				const font = `\\fontsize{10}{10}\\selectfont${bold ? "\\bfseries" : ""}`;
				const scaled = `\\scalebox{${number((unit * size) / 10)}}{${font} ${latexText(text)}}`;
				const place = align === "center" ? "base" : `base,${align}`;
				lines.push(`\\pgftext[${place},at={${point(x, y)}},rotate=${number(-angle)}]{\\color{attgrad}${scaled}}`);
			});
		},
		beginClip(path) {
			lines.push("\\begin{pgfscope}");
			outline(path);
			lines.push("\\pgfusepath{clip}");
		},
		endClip() {
			lines.push("\\end{pgfscope}");
		},
		finish() {
			return [
				`% ${source}: \\usepackage{pgf} in the preamble, then \\input this file.`,
				"\\begingroup",
				"\\begin{pgfpicture}",
				`\\pgfpathrectangle{\\pgfpointorigin}{\\pgfqpoint{${number(unit * width)}bp}{${number(unit * height)}bp}}`,
				"\\pgfusepath{use as bounding box}",
				...lines,
				"\\end{pgfpicture}",
				"\\endgroup",
				"",
			].join("\n");
		},
	};
}

const number = (x: number): string => String(Number(x.toFixed(3)));

function colourLines(kind: "fill" | "stroke", css: string, opacity: number): string[] {
	const [red, green, blue] = rgbOf(css).map((part) => number(part / 255));
	return [
		`\\definecolor{attgrad}{rgb}{${red},${green},${blue}}\\pgfset${kind}color{attgrad}`,
		`\\pgfset${kind}opacity{${number(opacity)}}`,
	];
}

function strokeLines({ colour, opacity, width, dash, cap, join }: Stroke, unit: number): string[] {
	const lengths = dash.map((length) => `{${number(unit * length)}bp}`).join("");
	return [
		...colourLines("stroke", colour, opacity),
		`\\pgfsetlinewidth{${number(unit * width)}bp}\\pgfset${cap === "square" ? "rect" : cap}cap\\pgfset${join}join`,
		...(dash.length > 0 ? [`\\pgfsetdash{${lengths}}{0bp}`] : []),
	];
}

function pathLine(step: PathStep, point: (x: number, y: number) => string): string {
	if (step[0] === "close") return "\\pgfpathclose";
	if (step[0] === "curve") {
		const [, x1, y1, x2, y2, x, y] = step;
		return `\\pgfpathcurveto{${point(x1, y1)}}{${point(x2, y2)}}{${point(x, y)}}`;
	}
	const [kind, x, y] = step;
	return `\\pgfpath${kind}to{${point(x, y)}}`;
}

/** Strips across a gradient, each with its colour, over a page. */
function stripsOf({ from, to, stops }: Gradient, width: number, height: number): [PathStep[], string][] {
	const isAcross = Math.abs(to[0] - from[0]) > Math.abs(to[1] - from[1]);
	const [start, end] = isAcross ? [from[0], to[0]] : [from[1], to[1]];
	return Array.from({ length: STRIPS }, (_, at) => {
		const [low, high] = [at, at + 1].map((edge) => start + (edge * (end - start)) / STRIPS);
		const corners: [number, number][] = isAcross
			? [
					[low, 0],
					[high, 0],
					[high, height],
					[low, height],
				]
			: [
					[0, low],
					[width, low],
					[width, high],
					[0, high],
				];
		const path = corners.map(([x, y], i): PathStep => [i === 0 ? "move" : "line", x, y]);
		return [[...path, ["close"]], colourAt(stops, (at + 0.5) / STRIPS)];
	});
}

/** Characters that LaTeX reads otherwise, or that its usual fonts lack, in text. */
const replacements: Readonly<Record<string, string>> = {
	"\\": "\\textbackslash{}",
	"~": "\\textasciitilde{}",
	"^": "\\textasciicircum{}",
	"√": "$\\sqrt{}$",
	"·": "$\\cdot$",
	"×": "$\\times$",
	"≤": "$\\leq$",
	"≥": "$\\geq$",
	"∞": "$\\infty$",
	"−": "$-$",
	"±": "$\\pm$",
	"→": "$\\to$",
	"∂": "$\\partial$",
	"‖": "$\\|$",
	"…": "\\dots{}",
	"–": "--",
};

const greek: Readonly<Record<string, string>> = {
	...{ α: "alpha", β: "beta", γ: "gamma", δ: "delta", ε: "varepsilon", θ: "theta", κ: "kappa", λ: "lambda", μ: "mu" },
	...{ π: "pi", ρ: "rho", σ: "sigma", τ: "tau", φ: "phi", ψ: "psi", ω: "omega", Λ: "Lambda", Σ: "Sigma", Ω: "Omega" },
};

const superscripts = "⁰¹²³⁴⁵⁶⁷⁸⁹";
const subscripts = "₀₁₂₃₄₅₆₇₈₉";

/** A letter with a tilde, runs of raised or lowered digits, Greek letters, and characters that LaTeX reads otherwise. */
const special = /.\u0303|[⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+|[₀₁₂₃₄₅₆₇₈₉₋]+|[α-ωΑ-Ω]|[\\~^√·×≤≥∞−±→∂‖…–&%$#_{}]/gu;

/** Text for LaTeX. */
export function latexText(text: string): string {
	return text.normalize("NFD").replaceAll(special, (found) => {
		if (found.endsWith("\u0303")) return `$\\tilde{${latexText(found[0]).replaceAll("$", "")}}$`;
		if (/[⁰¹²³⁴⁵⁶⁷⁸⁹⁻]/.test(found)) return `$^{${digitsIn(found, superscripts, "⁻")}}$`;
		if (/[₀₁₂₃₄₅₆₇₈₉₋]/.test(found)) return `$_{${digitsIn(found, subscripts, "₋")}}$`;
		if (greek[found]) return `$\\${greek[found]}$`;
		return replacements[found] ?? (/[α-ωΑ-Ω]/.test(found) ? found : `\\${found}`);
	});
}

const digitsIn = (text: string, digits: string, minus: string): string =>
	[...text].map((digit) => (digit === minus ? "-" : String(digits.indexOf(digit)))).join("");
