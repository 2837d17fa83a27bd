import { present } from "@attgrad/matrix-core";
import type { Row } from "../../cells/index.ts";
import type { HeatMapFigure, Overlay } from "../figure.ts";
import { type Box, boxAround, boxesAlong, isWithin, overlap } from "../labels/boxes.ts";
import { fontSize } from "../look/layout.ts";
import { ink } from "../look/palette.ts";
import { textWidth } from "../look/text.ts";
import { drawnValue } from "../scales/number-text.ts";
import { type HeatFrame, placeIn } from "./heat-frame.ts";

/** A point of an overlay, in its panel's values and in pixels. */
interface OverlayPoint {
	readonly x: number;
	readonly y: number;
	readonly across: number;
	readonly down: number;
}

/** Places at which an overlay is looked up, and distance between places that are tried for its name. */
const steps = 160;
const stride = 4;

/**
 * The overlays of a panel of a heat map: dashed curves with white around them, so that they show on every colour, each with
 * its name beside its upper end. Both keep clear of `marks`, the numbers and crosses in the rectangles.
 */
export function overlayLayers(
	figure: HeatMapFigure,
	rows: readonly Row[],
	frame: HeatFrame,
	{ x, y }: { readonly x: object; readonly y: object },
	marks: readonly Box[],
): object[] {
	return (figure.overlays ?? []).flatMap((overlay) => {
		const points = pointsOf(figure, overlay, rows, frame);
		if (points.length === 0) return [];
		const encoding = {
			x: { field: "x", ...x },
			y: { field: "y", ...y },
			detail: { field: "piece", type: "nominal" },
		};
		const values = pieces(points, marks);
		const line = (mark: object) => ({ data: { values }, mark: { type: "line", ...mark }, encoding });
		const name = { text: overlay.label, ...placeName(overlay.label, points, marks, frame) };
		const text = (mark: object) => ({
			data: { values: [{}] },
			mark: { type: "text", align: "center", fontSize: fontSize.tick, fontWeight: 700, ...name, ...mark },
		});
		return [
			line({ color: "white", strokeWidth: 5, opacity: 0.8 }),
			line({ color: ink.text, strokeWidth: 2, strokeDash: [6, 3] }),
			text({ stroke: "white", strokeWidth: 4, strokeJoin: "round" }),
			text({ color: ink.text }),
		];
	});
}

/** Where an overlay runs inside the panel. */
function pointsOf(
	figure: HeatMapFigure,
	{ y: heightAt }: Overlay,
	rows: readonly Row[],
	frame: HeatFrame,
): OverlayPoint[] {
	const [forth, back] = figure.x.scale === "linear" ? [Number, Number] : [Math.log, Math.exp];
	const [from, to] = frame.x.range.map(forth) as [number, number];
	const [low, high] = frame.y.range;
	return Array.from({ length: steps + 1 }, (_, i) => back(from + ((to - from) * i) / steps))
		.map((x) => ({ x, y: heightAt(x, rows) }))
		.filter(({ y }) => y >= low && y <= high)
		.map((point) => ({ ...point, ...placeIn(frame, figure, point) }));
}

/** The points that lie in no mark, with the number of the piece between marks that each belongs to. */
function pieces(points: readonly OverlayPoint[], marks: readonly Box[]) {
	const isHiding = ({ across, down }: OverlayPoint) =>
		marks.some((mark) => overlap(mark, boxAround(across, down, 2, 2)));
	let piece = 0;
	return points.flatMap((point, i) => {
		if (isHiding(point)) return [];
		if (i > 0 && isHiding(points[i - 1])) piece++;
		return [{ x: drawnValue(point.x), y: drawnValue(point.y), piece }];
	});
}

/** The middle of a name: as near to the upper end of the curve as a place is that neither curve nor marks need. */
function placeName(label: string, points: readonly OverlayPoint[], marks: readonly Box[], frame: HeatFrame) {
	const width = textWidth(label, fontSize.tick, true);
	const pixels = points.map(({ across, down }) => ({ x: across, y: down }));
	const end = present(pixels.at(-1), "the end of an overlay");
	const curve = boxesAlong(pixels);
	// Between rows of marks there is room at whatever width a screen shows the panel.
	const rows = marks.map((mark) => ({ ...mark, left: 0, right: frame.width }));
	const boxOf = ({ x, y }: { x: number; y: number }) => boxAround(x, y, width + 4, fontSize.tick + 2);
	const places = Array.from({ length: Math.ceil(frame.width / stride) }, (_, i) => i * stride)
		.flatMap((x) => Array.from({ length: Math.ceil(frame.height / stride) }, (_, i) => ({ x, y: i * stride })))
		.filter((place) => isWithin(boxOf(place), frame))
		.map((place) => {
			const away = Math.min(...pixels.map(({ x, y }) => Math.hypot(place.x - x, 2 * (place.y - y))));
			return { place, cost: 3 * away + Math.hypot(place.x - end.x, place.y - end.y) };
		})
		.sort((a, b) => a.cost - b.cost);
	const freeOf = (taken: readonly Box[]) =>
		places.find(({ place }) => ![...taken, ...curve].some((other) => overlap(boxOf(place), other)));
	return (freeOf(rows) ?? freeOf(marks) ?? places[0])?.place ?? { x: frame.width / 2, y: frame.height / 2 };
}
