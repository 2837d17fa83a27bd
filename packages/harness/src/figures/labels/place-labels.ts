/** A point in pixels, from the top left. */
export interface Pixel {
	readonly x: number;
	readonly y: number;
}

/** Text that belongs to a point. */
export interface Label {
	readonly text: string;
	readonly colour: string;
	/** Whether it names a thin line to compare slopes with; otherwise a curve. */
	readonly isGuide: boolean;
	readonly width: number;
	readonly anchor: Pixel;
}

/** A label with the place of its left end, in the middle of its height. */
export type PlacedLabel = Label & Pixel;

/** Space between a point and its label. */
export const labelGap = 9;

/**
 * Puts each label right of its point. Labels that would overlap move apart, up and down; one that a curve would still
 * cross goes to the left of its point, or one or two lines below or above, where that is free.
 * @param curves the curves that labels keep clear of
 * @param lineHeight height of a label
 * @param height labels stay within 0..height
 */
export function placeLabels(
	labels: readonly Label[],
	curves: readonly (readonly Pixel[])[],
	lineHeight: number,
	height: number,
): PlacedLabel[] {
	const right = labels.map((label) => ({ ...label, x: label.anchor.x + labelGap, y: label.anchor.y }));
	const placed = moveApart(right, lineHeight, height);
	for (const [i, label] of placed.entries()) {
		const isFree = (candidate: PlacedLabel) =>
			candidate.y >= lineHeight / 2 &&
			candidate.y <= height - lineHeight / 2 &&
			!curves.some((curve) => crosses(curve, candidate, lineHeight)) &&
			!placed.some((other, k) => k !== i && overlap(candidate, other, lineHeight));
		const { anchor, width } = label;
		const [after, before] = [anchor.x + labelGap, anchor.x - labelGap - width];
		const elsewhere = [
			{ ...label, x: before, y: anchor.y },
			...[1, 1.5, 2].flatMap((lines) => {
				const [above, below] = [anchor.y - lines * lineHeight, anchor.y + lines * lineHeight];
				return [
					{ ...label, x: after, y: below },
					{ ...label, x: after, y: above },
					{ ...label, x: before, y: above },
					{ ...label, x: before, y: below },
				];
			}),
		];
		if (!isFree(label)) placed[i] = elsewhere.find(isFree) ?? label;
	}
	return placed;
}

/** Each round moves every pair that is too close apart by what is missing, until none is. */
function moveApart(labels: readonly PlacedLabel[], lineHeight: number, height: number): PlacedLabel[] {
	const moved = labels.map((label) => ({ ...label }));
	const downwards = [...moved].sort((a, b) => a.y - b.y);
	for (let round = 0; round < 200; round++) {
		let missing = 0;
		for (const [i, upper] of downwards.entries())
			for (const lower of downwards.slice(i + 1)) {
				const short = lineHeight - (lower.y - upper.y);
				if (short <= 0 || !besides(upper, lower)) continue;
				upper.y -= short / 2;
				lower.y += short / 2;
				missing += short;
			}
		for (const label of moved) label.y = Math.min(Math.max(label.y, lineHeight / 2), height - lineHeight / 2);
		if (missing < 0.1) break;
	}
	return moved;
}

/** Whether two labels share a stretch of x. */
function besides(a: PlacedLabel, b: PlacedLabel): boolean {
	return a.x < b.x + b.width && b.x < a.x + a.width;
}

function overlap(a: PlacedLabel, b: PlacedLabel, lineHeight: number): boolean {
	return besides(a, b) && Math.abs(a.y - b.y) < 0.95 * lineHeight;
}

/** Whether a curve runs through a label: looked at closely enough that no label fits between two looks. */
function crosses(curve: readonly Pixel[], { x, y, width }: PlacedLabel, lineHeight: number): boolean {
	return curve.slice(1).some((to, i) => {
		const from = curve[i];
		const looks = Math.ceil(Math.hypot(to.x - from.x, to.y - from.y) / 3);
		return Array.from({ length: looks + 1 }, (_, k) => k / Math.max(looks, 1)).some((t) => {
			const [px, py] = [from.x + t * (to.x - from.x), from.y + t * (to.y - from.y)];
			return px > x - 2 && px < x + width + 2 && Math.abs(py - y) < lineHeight / 2;
		});
	});
}
