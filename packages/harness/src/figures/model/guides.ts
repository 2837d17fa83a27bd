import { present } from "@attgrad/matrix-core";
import type { Guide } from "../figure.ts";
import type { Curve } from "./curves.ts";

/** A straight line on logarithmic axes. */
export interface GuideLine {
	readonly label: string;
	readonly ends: readonly { readonly x: number; readonly y: number }[];
}

/** How far below the curve that it is compared with a guide runs, as a factor. */
const below = 0.5;

/** A guide whose exponent is further than this from every curve's has nothing to be compared with, and is left out. */
const comparable = 0.5;

/** Each guide below the measured curve whose exponent is nearest to it, as long as that curve. */
export function guideLines(guides: readonly Guide[], curves: readonly Curve[]): GuideLine[] {
	return guides.flatMap(({ exponent, label }) => {
		const distance = ({ law }: Curve) => Math.abs((law?.exponent ?? Number.POSITIVE_INFINITY) - exponent);
		const fitted = curves.filter((curve) => distance(curve) <= comparable).sort((a, b) => distance(a) - distance(b));
		const [nearest] = fitted;
		if (!nearest) return [];
		const coefficient = below * Math.min(...nearest.points.map(({ x, y }) => y / x ** exponent));
		const last = present(nearest.points.at(-1), "the last point of a curve");
		const ends = [nearest.points[0], last].map(({ x }) => ({ x, y: coefficient * x ** exponent }));
		return [{ label, ends }];
	});
}
