/** A rectangle in pixels, from the top left. */
export interface Box {
	readonly left: number;
	readonly right: number;
	readonly top: number;
	readonly bottom: number;
}

/** Distance at which lines are looked at, in pixels. */
const step = 4;

/** The box of this size around a point. */
export function boxAround(x: number, y: number, width: number, height: number): Box {
	return { left: x - width / 2, right: x + width / 2, top: y - height / 2, bottom: y + height / 2 };
}

/** Small boxes that cover the line through points. */
export function boxesAlong(points: readonly { readonly x: number; readonly y: number }[]): Box[] {
	return points.slice(1).flatMap((to, i) => {
		const from = points[i];
		const steps = Math.ceil(Math.hypot(to.x - from.x, to.y - from.y) / step);
		return Array.from({ length: steps }, (_, k) => {
			const t = k / steps;
			return boxAround(from.x + t * (to.x - from.x), from.y + t * (to.y - from.y), 3, 3);
		});
	});
}

/** Boxes that cover what lies between two heights at each of several points. */
export function boxesBetween(
	points: readonly { readonly x: number; readonly top: number; readonly bottom: number }[],
): Box[] {
	return points.slice(1).flatMap((to, i) => {
		const from = points[i];
		const steps = Math.ceil(Math.abs(to.x - from.x) / step);
		const between = (a: number, b: number, t: number) => a + t * (b - a);
		return Array.from({ length: steps + 1 }, (_, k) => {
			const t = steps === 0 ? 0 : k / steps;
			const x = between(from.x, to.x, t);
			const [top, bottom] = [between(from.top, to.top, t), between(from.bottom, to.bottom, t)];
			return { left: x - step / 2, right: x + step / 2, top, bottom };
		});
	});
}

/** Whether two boxes share more than an edge. */
export function overlap(a: Box, b: Box): boolean {
	return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}

/** Whether a box lies in a panel of this size. */
export function isWithin(box: Box, { width, height }: { readonly width: number; readonly height: number }): boolean {
	return box.left >= 0 && box.right <= width && box.top >= 0 && box.bottom <= height;
}
