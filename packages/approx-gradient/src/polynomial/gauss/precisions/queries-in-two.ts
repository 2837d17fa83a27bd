import type { Kernels, KernelTask } from "@attgrad/matrix-core";
import { edgeTable, runTable } from "../../kernels/feature-tables.ts";
import { kernelConstants } from "../../kernels/kernel-constants.ts";
import { putIndices, putNumbers } from "../../kernels/kernel-operands.ts";
import type { KernelPlan } from "../../kernels/kernel-plan.ts";
import type { gaussKernels } from "../gauss-kernels.ts";
import { levelsOf } from "../levels.ts";
import { nodesOf } from "../row-polynomial.ts";
import type { GaussInput } from "../run/gauss-run.ts";
import {
	boundOperands,
	boundPanels,
	byDegreeTable,
	integralTable,
	mapOperands,
	productTable,
} from "../run/query-operands.ts";

/** A task of pass 2 in two precisions. */
export type TaskInTwo = KernelTask<typeof gaussKernels, "gaussQueriesInTwo">;

/** Arguments that all tasks of pass 2 in two precisions share, and the bytes of scratch of a thread. */
export function operandsInTwo(
	input: GaussInput,
	moments: Float64Array,
	{ columns, panelBytes }: KernelPlan,
	kernels: Kernels<typeof gaussKernels>,
) {
	const { problem, tree, constants } = input;
	const { d } = problem;
	const { degree, single } = constants;
	if (single === undefined) throw new Error("no rounding of single precision is counted");
	const split = single.from;
	const r = nodesOf(degree);
	const { starts } = levelsOf(tree);
	const edge = edgeTable(tree);
	const back = runTable(tree, tree.raisedSize, starts);
	const [low, lowBack] = [starts[split], starts[split + 1]];
	const byDegree = byDegreeTable(input, moments, columns);
	const integrals = integralTable(input, moments, columns);
	const { terms, ...bounds } = boundOperands(input, kernels);
	const shared = {
		...{ d, degree, split, terms, levels: putIndices(kernels, starts) },
		...{ lowRuns: runsBelow(edge.triples, low), runs: edge.runs, tops: edge.products },
		runTable: putIndices(kernels, edge.triples),
		...mapOperands(input, kernels),
		byDegree: putNumbers(kernels, "f64", byDegree.subarray(0, low * columns)),
		highByDegree: putNumbers(kernels, "f32", byDegree.subarray(low * columns)),
		integrals: putNumbers(kernels, "f64", integrals.subarray(0, lowBack * (d + 1))),
		highIntegrals: putNumbers(kernels, "f32", integrals.subarray(lowBack * (d + 1))),
		...{ backRuns: back.runs, backTable: putIndices(kernels, back.triples) },
		products: putNumbers(kernels, "f64", productTable(input, moments, columns)),
		...bounds,
	};
	const { KEPT_PANELS, TRUNCATED_PANELS } = kernelConstants;
	const sums = (degree + 2) * (d + 1);
	const part = 7 * d + 2 + low + lowBack + sums + 2 * r + 1 + degree + 2 * r + 6 + KEPT_PANELS + d * (d + 1);
	const narrow = 4 * d + 4 + tree.size + tree.raisedSize + sums + degree + 1;
	const ofBounds = 6 * d + 3 + boundPanels(d) + TRUNCATED_PANELS;
	const wide = ofBounds + r * r + 3 * r + terms + 3 + 2 + d + 2 * d * d + (d + 2) * d;
	return { shared, scratch: 256 + (2 * part + narrow + wide) * panelBytes };
}

/** How many runs the first `nodes` nodes are made of. */
function runsBelow(triples: Int32Array, nodes: number): number {
	let [runs, made] = [0, 1];
	for (; made < nodes; runs++) made += triples[3 * runs + 2];
	if (made !== nodes) throw new Error("runs of two degrees");
	return runs;
}
