import type { Gradient, PathStep, Pen, Stroke, TextRun, Transform } from "./pen.ts";

/** The state that `save` keeps. */
interface State {
	transform: Transform;
	fillStyle: string | LinearGradient;
	strokeStyle: string;
	globalAlpha: number;
	lineWidth: number;
	lineCap: Stroke["cap"];
	lineJoin: Stroke["join"];
	dash: readonly number[];
	font: string;
	textAlign: string;
	/** Clips that were begun since the last `save`. */
	clips: number;
}

const initial: State = {
	...{ transform: [1, 0, 0, 1, 0, 0], fillStyle: "#000", strokeStyle: "#000", globalAlpha: 1, lineWidth: 1 },
	...{ lineCap: "butt", lineJoin: "miter", dash: [], font: "400 12px sans-serif", textAlign: "left", clips: 0 },
};

/** A gradient as a canvas has it: stops are added after it was made. */
class LinearGradient {
	readonly #from: readonly [number, number];
	readonly #to: readonly [number, number];
	readonly #stops: [number, string][] = [];

	constructor(x0: number, y0: number, x1: number, y1: number) {
		[this.#from, this.#to] = [
			[x0, y0],
			[x1, y1],
		];
	}

	addColorStop(offset: number, colour: string): void {
		this.#stops.push([offset, colour]);
	}

	/** The gradient in the page's coordinates. */
	on(transform: Transform): Gradient {
		return { from: apply(transform, ...this.#from), to: apply(transform, ...this.#to), stops: this.#stops };
	}
}

/**
 * The part of a canvas's 2D context that Vega draws on, for a pen of a vector format: `toCanvas(1, { externalContext })`.
 * Transforms are applied here, so that a pen sees the coordinates of the page.
 */
export class DrawingContext {
	readonly #pen: Pen;
	#state: State = { ...initial };
	readonly #saved: State[] = [];
	#path: PathStep[] = [];
	/** The current point, before the transform. */
	#at: readonly [number, number] = [0, 0];
	lineDashOffset = 0;
	miterLimit = 10;
	/** Vega places the base line itself. */
	textBaseline = "alphabetic";
	/** Vega rounds to whole pixels by it; a page has none. */
	readonly pixelRatio = 1;

	constructor(pen: Pen) {
		this.#pen = pen;
	}

	get fillStyle(): string | LinearGradient {
		return this.#state.fillStyle;
	}
	set fillStyle(style: string | LinearGradient) {
		this.#state.fillStyle = style;
	}
	get strokeStyle(): string {
		return this.#state.strokeStyle;
	}
	set strokeStyle(style: string) {
		this.#state.strokeStyle = style;
	}
	get globalAlpha(): number {
		return this.#state.globalAlpha;
	}
	set globalAlpha(alpha: number) {
		this.#state.globalAlpha = alpha;
	}
	get lineWidth(): number {
		return this.#state.lineWidth;
	}
	set lineWidth(width: number) {
		this.#state.lineWidth = width;
	}
	get lineCap(): Stroke["cap"] {
		return this.#state.lineCap;
	}
	set lineCap(cap: Stroke["cap"]) {
		this.#state.lineCap = cap;
	}
	get lineJoin(): Stroke["join"] {
		return this.#state.lineJoin;
	}
	set lineJoin(join: Stroke["join"]) {
		this.#state.lineJoin = join;
	}
	get font(): string {
		return this.#state.font;
	}
	set font(font: string) {
		this.#state.font = font;
	}
	get textAlign(): string {
		return this.#state.textAlign;
	}
	set textAlign(align: string) {
		this.#state.textAlign = align;
	}

	setLineDash(dash: readonly number[]): void {
		const even = dash.length % 2 === 1 ? [...dash, ...dash] : [...dash];
		// Without gaps it is a solid line.
		this.#state.dash = even.some((length, at) => at % 2 === 1 && length > 0) ? even : [];
	}

	save(): void {
		this.#saved.push({ ...this.#state });
		this.#state = { ...this.#state, clips: 0 };
	}

	restore(): void {
		for (let clip = 0; clip < this.#state.clips; clip++) this.#pen.endClip();
		this.#state = this.#saved.pop() ?? { ...initial };
	}

	translate(x: number, y: number): void {
		this.transform(1, 0, 0, 1, x, y);
	}

	scale(x: number, y: number): void {
		this.transform(x, 0, 0, y, 0, 0);
	}

	rotate(angle: number): void {
		this.transform(Math.cos(angle), Math.sin(angle), -Math.sin(angle), Math.cos(angle), 0, 0);
	}

	transform(...[a, b, c, d, e, f]: Transform): void {
		const [A, B, C, D] = this.#state.transform;
		const [x, y] = apply(this.#state.transform, e, f);
		this.#state.transform = [A * a + C * b, B * a + D * b, A * c + C * d, B * c + D * d, x, y];
	}

	beginPath(): void {
		this.#path = [];
	}

	moveTo(x: number, y: number): void {
		this.#step("move", x, y);
	}

	lineTo(x: number, y: number): void {
		this.#step(this.#path.length === 0 ? "move" : "line", x, y);
	}

	#step(kind: "move" | "line", x: number, y: number): void {
		this.#path.push([kind, ...apply(this.#state.transform, x, y)]);
		this.#at = [x, y];
	}

	bezierCurveTo(x1: number, y1: number, x2: number, y2: number, x: number, y: number): void {
		const { transform } = this.#state;
		this.#path.push(["curve", ...apply(transform, x1, y1), ...apply(transform, x2, y2), ...apply(transform, x, y)]);
		this.#at = [x, y];
	}

	quadraticCurveTo(x1: number, y1: number, x: number, y: number): void {
		const [x0, y0] = this.#at;
		const third = (from: number, to: number): number => from + (2 * (to - from)) / 3;
		this.bezierCurveTo(third(x0, x1), third(y0, y1), third(x, x1), third(y, y1), x, y);
	}

	/** An arc as curves of at most a quarter of a circle, each within 3e-4 of its radius. */
	arc(x: number, y: number, radius: number, start: number, end: number, counterClockwise = false): void {
		const turn = 2 * Math.PI;
		let sweep = end - start;
		if (Math.abs(sweep) >= turn) sweep = counterClockwise ? -turn : turn;
		else if (counterClockwise && sweep > 0) sweep -= turn;
		else if (!counterClockwise && sweep < 0) sweep += turn;
		const pieces = Math.max(1, Math.ceil(Math.abs(sweep) / (Math.PI / 2)));
		const step = sweep / pieces;
		const reach = (4 / 3) * Math.tan(step / 4) * radius;
		this.lineTo(x + radius * Math.cos(start), y + radius * Math.sin(start));
		for (let piece = 0, angle = start; piece < pieces; piece++, angle += step) {
			const [cos, sin, nextCos, nextSin] = [
				...[Math.cos(angle), Math.sin(angle)],
				...[Math.cos(angle + step), Math.sin(angle + step)],
			];
			this.bezierCurveTo(
				...[x + radius * cos - reach * sin, y + radius * sin + reach * cos],
				...([x + radius * nextCos + reach * nextSin, y + radius * nextSin - reach * nextCos] as const),
				...([x + radius * nextCos, y + radius * nextSin] as const),
			);
		}
	}

	rect(x: number, y: number, width: number, height: number): void {
		this.moveTo(x, y);
		this.lineTo(x + width, y);
		this.lineTo(x + width, y + height);
		this.lineTo(x, y + height);
		this.closePath();
	}

	closePath(): void {
		this.#path.push(["close"]);
	}

	fillRect(x: number, y: number, width: number, height: number): void {
		this.beginPath();
		this.rect(x, y, width, height);
		this.fill();
	}

	clearRect(): void {}

	fill(): void {
		const { fillStyle, globalAlpha, transform } = this.#state;
		if (this.#path.length === 0 || fillStyle === "transparent") return;
		this.#pen.fill(this.#path, typeof fillStyle === "string" ? fillStyle : fillStyle.on(transform), globalAlpha);
	}

	stroke(): void {
		const { strokeStyle, globalAlpha, lineWidth, lineCap, lineJoin, dash, transform } = this.#state;
		if (this.#path.length === 0 || strokeStyle === "transparent" || lineWidth <= 0) return;
		const factor = Math.sqrt(Math.abs(transform[0] * transform[3] - transform[1] * transform[2]));
		this.#pen.stroke(this.#path, {
			...{ colour: strokeStyle, opacity: globalAlpha, width: factor * lineWidth },
			...{ dash: dash.map((length) => factor * length), cap: lineCap, join: lineJoin },
		});
	}

	clip(): void {
		this.#pen.beginClip(this.#path);
		this.#state.clips++;
	}

	fillText(text: string, x: number, y: number): void {
		const { transform, fillStyle, globalAlpha, font, textAlign } = this.#state;
		if (text === "" || typeof fillStyle !== "string" || fillStyle === "transparent") return;
		const [px, py] = apply(transform, x, y);
		const scale = Math.hypot(transform[0], transform[1]);
		const size = Number(/([\d.]+)px/.exec(font)?.[1] ?? 12);
		this.#pen.text({
			...{ text, x: px, y: py, size: scale * size, colour: fillStyle, opacity: globalAlpha },
			angle: (Math.atan2(transform[1], transform[0]) * 180) / Math.PI,
			bold: /\bbold\b|\b[6-9]00\b/.test(font),
			align: alignOf(textAlign),
		});
	}

	/** Outlined text stands for a halo, which a page on white does not need. */
	strokeText(): void {}

	createLinearGradient(x0: number, y0: number, x1: number, y1: number): LinearGradient {
		return new LinearGradient(x0, y0, x1, y1);
	}
}

const apply = ([a, b, c, d, e, f]: Transform, x: number, y: number): [number, number] => [
	a * x + c * y + e,
	b * x + d * y + f,
];

function alignOf(textAlign: string): TextRun["align"] {
	if (textAlign === "center") return "center";
	return textAlign === "right" || textAlign === "end" ? "right" : "left";
}
