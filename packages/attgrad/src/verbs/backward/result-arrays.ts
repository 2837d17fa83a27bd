import { type BackwardProblem, type BackwardResult, shapesOf } from "@attgrad/attention-problem";
import type { RowSource } from "@attgrad/matrix-core";

/** The arrays of a result by their names, shaped like the inputs: dQ, dK, dV, and O, lse and the bounds of rows where they are asked for. */
export function resultArrays(
	problem: BackwardProblem<RowSource>,
	{ dQ, dK, dV, output, lse, certificate }: BackwardResult,
	{ withOutput, rowBounds = false }: { readonly withOutput: boolean; readonly rowBounds?: boolean },
) {
	const shapes = shapesOf(problem);
	const bounds = rowBounds && certificate?.rowBounds;
	const perRow = (shape: readonly number[]) => shape.slice(0, -1);
	return {
		dQ: { shape: shapes.dQ, data: dQ.data },
		dK: { shape: shapes.dK, data: dK.data },
		dV: { shape: shapes.dV, data: dV.data },
		...(withOutput && output && { O: { shape: shapes.O, data: output.data } }),
		...(withOutput && lse && { lse: { shape: shapes.lse, data: lse } }),
		...(bounds && {
			dQBounds: { shape: perRow(shapes.dQ), data: bounds.dQ },
			dKBounds: { shape: perRow(shapes.dK), data: bounds.dK },
			dVBounds: { shape: perRow(shapes.dV), data: bounds.dV },
		}),
	};
}
