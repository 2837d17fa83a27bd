import { join } from "node:path";
import { writeAtomically } from "@attgrad/attention-problem";
import { type Figure, figureSpec, type Row, renderFigure } from "@attgrad/harness";
import { log2CrossoverOf, type ModelPlan, type ModelShape, type TimeOf } from "./crossover.ts";

/** Bounds of the curve. */
const BOUNDS = Array.from({ length: 33 }, (_, at) => 0.25 + (at * (8 - 0.25)) / 32);

/** Sizes that are drawn: beyond, a curve ends. */
const LARGEST_LOG2 = 128;

/** A row that holds a predicted point: nothing is measured. */
const predicted = (name: string, { n, d, B }: { n: number; d: number; B: number }): Row => ({
	...{ key: "0".repeat(16), experiment: "plan", algorithm: name, n, d, B, distribution: "", kernel: "" },
	...{ status: "done", reason: "", contended: false, started_at: new Date(0).toISOString(), machine: "", commit: "" },
});

/** Names of the curves. */
const [CROSSOVER, THRESHOLD, MODEL] = [
	"certified is faster from this n on",
	"n = exp(B²), the paper's threshold",
	"the model",
];

/**
 * Draws the least n at which certified attention is faster against B, for the model's width and half and double of it, with the model as a point.
 * @returns the files written
 * @throws UsageError where the folder cannot be written
 */
export async function drawCrossover(
	shape: ModelShape,
	{ pays }: ModelPlan,
	timeOf: TimeOf,
	folder: string,
): Promise<string[]> {
	const widths = [...new Set([Math.max(1, Math.round(shape.d / 4)), shape.d])];
	const curve = (d: number): Row[] =>
		BOUNDS.flatMap((B) => {
			const log2 = log2CrossoverOf({ ...shape, d, B }, timeOf);
			return log2 < LARGEST_LOG2 ? [predicted(`${CROSSOVER}, d = ${d}`, { n: 2 ** log2, d, B })] : [];
		});
	const threshold = BOUNDS.filter((B) => (B * B) / Math.LN2 < LARGEST_LOG2).map((B) =>
		predicted(THRESHOLD, { n: Math.exp(B * B), d: shape.d, B }),
	);
	const rows = [...widths.flatMap(curve), ...threshold, predicted(MODEL, shape)];
	const spec = figureSpec(crossoverFigure(shape, pays), rows);
	if (!spec) return [];
	const { svg, png } = await renderFigure(spec);
	return [
		["svg", svg],
		["png", png],
	].map(([ending, content]) => {
		const path = join(folder, `plan.${ending}`);
		writeAtomically(path, content);
		return path;
	});
}

const crossoverFigure = ({ d, relative }: ModelShape, pays: boolean): Figure => ({
	name: "plan",
	title: () => `Certified attention ${pays ? "pays" : "does not pay"} for this model`,
	regime: `Worst case over all data of bound B; each softmax weight within ${relative} of itself; times predicted for this machine`,
	x: { title: "bound B on the entries of queries and keys", scale: "linear" },
	y: { title: "sequence length n (tokens)", scale: "powers-of-two" },
	series: [
		{
			kind: "predicted",
			name: ({ algorithm }) => (algorithm === MODEL ? undefined : algorithm),
			x: ({ algorithm, B }) => (algorithm === MODEL ? undefined : B),
			y: ({ n }) => n,
		},
		{ kind: "predicted", name: MODEL, x: ({ algorithm, B }) => (algorithm === MODEL ? B : undefined), y: ({ n }) => n },
	],
	caveat: `Above a curve certified is faster. Nothing here is measured but the speed of this machine; real heads of width ${d} may lie far below the worst case.`,
});
