/** A transform: x' = a x + c y + e, y' = b x + d y + f. */
export type Transform = readonly [a: number, b: number, c: number, d: number, e: number, f: number];

/** A step of an outline, in the drawing's coordinates. */
export type PathStep =
	| readonly ["move" | "line", x: number, y: number]
	| readonly ["curve", x1: number, y1: number, x2: number, y2: number, x: number, y: number]
	| readonly ["close"];

/** A colour between two others, along a line. */
export interface Gradient {
	readonly from: readonly [x: number, y: number];
	readonly to: readonly [x: number, y: number];
	readonly stops: readonly (readonly [offset: number, colour: string])[];
}

/** How a line is drawn. */
export interface Stroke {
	readonly colour: string;
	readonly opacity: number;
	readonly width: number;
	readonly dash: readonly number[];
	readonly cap: "butt" | "round" | "square";
	readonly join: "miter" | "round" | "bevel";
}

/** A line of text; (x, y) is on its base line. */
export interface TextRun {
	readonly text: string;
	readonly x: number;
	readonly y: number;
	/** Degrees, clockwise. */
	readonly angle: number;
	readonly size: number;
	readonly bold: boolean;
	readonly align: "left" | "center" | "right";
	readonly colour: string;
	readonly opacity: number;
}

/** Draws on a page of a vector format. Units are those of the figure, y goes down. */
export interface Pen {
	fill(path: readonly PathStep[], colour: string | Gradient, opacity: number): void;
	stroke(path: readonly PathStep[], stroke: Stroke): void;
	text(run: TextRun): void;
	/** All that follows is cut at an outline, until `endClip`. */
	beginClip(path: readonly PathStep[]): void;
	endClip(): void;
}
