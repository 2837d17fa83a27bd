import { findForward } from "@attgrad/algorithms";
import {
	type AttentionOperands,
	computeOutput,
	createOperands,
	projectedLayer,
	scaleOf,
	shapesOf,
} from "@attgrad/attention-problem";
import type { Runtime } from "@attgrad/matrix-core";
import { z } from "zod";
import { describeKnown } from "../../forward/operator.ts";
import { operatorOutput } from "../../forward/operator-output.ts";
import type { Answer } from "../answer.ts";
import { readArrays } from "../arrays.ts";
import { dtypeOf, operatorParams, readOptions, readParams, visibilityOf } from "../params.ts";
import type { ServeRequest } from "../request.ts";
import { describeOperator, takeOperands } from "./operands.ts";

const params = z.object({ ...operatorParams.shape, algorithm: z.string().default("auto") });

/** Answers `forward`: O, shaped like the output, and lse where the exact pass computed it. */
export async function answerForward(request: ServeRequest, runtime: Runtime): Promise<Answer> {
	const { own, others } = readParams(params, request.params);
	const algorithm = findForward(own.algorithm);
	const options = readOptions(algorithm, others, params);
	const arrays = readArrays(request, ["Q", "K", "V"], "forward takes Q, K and V");
	const { Q, K, V } = takeOperands(arrays, dtypeOf(own.dtype, Object.values(arrays)));
	const scale = own.scale === undefined ? {} : { scale: scaleOf(own.scale, Q.rows.cols) };
	const operands = createOperands({ Q, K, V }, { ...scale, visibility: visibilityOf(own) });
	const start = performance.now();
	const { array, ...known } = await outputOf(operands, { algorithm, options }, runtime);
	return {
		result: {
			algorithm: algorithm.name,
			options,
			...describeOperator(operands),
			...known,
			milliseconds: performance.now() - start,
			kernel: runtime.kernel,
			threads: runtime.threads,
		},
		arrays: array,
	};
}

async function outputOf(
	operands: AttentionOperands,
	{ algorithm, options }: { algorithm: ReturnType<typeof findForward>; options: Record<string, unknown> },
	runtime: Runtime,
) {
	const { axes, n_q, n_k, d, d_v, Q, K, V, visibility, scale } = operands;
	const shapes = shapesOf(operands);
	const isPlain = axes === 2 && n_q === n_k && d === d_v && visibility.mask === "none" && !visibility.lengths;
	if (isPlain && algorithm.name !== "streaming") {
		const { output, ...run } = await computeOutput(algorithm, projectedLayer({ Q, K, V }, scale), options, runtime);
		return {
			...(run.picked && { chosen: run.picked }),
			degree: run.degree ?? null,
			rank: run.rank ?? null,
			certificate: run.certificate ?? { kind: "none", bound: null },
			array: { O: { shape: shapes.O, data: output.data } },
		};
	}
	const { output, lse, ...known } = await operatorOutput(operands, algorithm, options, runtime);
	const why = "exact up to rounding";
	return {
		...(algorithm.name === "auto" && { chosen: { algorithm: "streaming", why } }),
		...describeKnown(known),
		array: { O: { shape: shapes.O, data: output.data }, ...(lse && { lse: { shape: shapes.lse, data: lse } }) },
	};
}
