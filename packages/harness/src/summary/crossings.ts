import { type Crossover, findCrossover } from "../fits/index.ts";
import type { Run } from "../store/index.ts";
import { type CurveRows, curvesOverSizes } from "./curves.ts";

/** From where on one curve is below another. */
export interface Crossing extends Omit<Crossover, "lowerAbove"> {
	/** The curve that is lower for larger n. */
	readonly winner: string;
	readonly loser: string;
}

/** Most pairs that are told: of many curves those that cross at the smallest n. */
const mostCrossings = 12;

/**
 * Where curves of a run cross whose settings agree in what both have: at the same d and B, not at others. Sizes beyond
 * ten times the largest that was measured, or below a tenth of the smallest, say nothing and are left out.
 */
export function crossingsOf({ info, rows }: Pick<Run, "info" | "rows">): Crossing[] {
	const curves = curvesOverSizes(info.cells, rows);
	const sizes = curves.flatMap(({ times }) => times.map(({ n }) => n));
	const [least, most] = [Math.min(...sizes) / 10, Math.max(...sizes) * 10];
	return curves
		.flatMap((first, i) => curves.slice(i + 1).map((second) => [first, second] as const))
		.filter(([first, second]) => areComparable(first, second))
		.flatMap(([first, second]) => {
			const found = findCrossover(first.times, second.times);
			if (!found || found.n < least || found.n > most) return [];
			const { lowerAbove, ...where } = found;
			const [winner, loser] = lowerAbove === "first" ? [first, second] : [second, first];
			return [{ ...where, winner: nameOf(winner), loser: nameOf(loser) }];
		})
		.sort((a, b) => a.n - b.n)
		.slice(0, mostCrossings);
}

/** Whether two algorithms were measured on the same problems: settings agree, but for how accurate the answer is to be. */
function areComparable(first: CurveRows, second: CurveRows): boolean {
	const problem = ({ setting }: CurveRows) => setting.replaceAll(/\b(epsilon|relative|degree)=\S+ ?/g, "").trim();
	return first.algorithm !== second.algorithm && problem(first) === problem(second);
}

const nameOf = ({ algorithm, setting }: CurveRows) => [algorithm, setting].filter(Boolean).join(" ");
