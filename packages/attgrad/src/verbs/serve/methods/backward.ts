import { findBackward } from "@attgrad/algorithms";
import { type BackwardProblem, createBackwardProblem, refuseUnless, scaleOf } from "@attgrad/attention-problem";
import type { Runtime } from "@attgrad/matrix-core";
import { z } from "zod";
import { certificateOf } from "../../backward/answer.ts";
import { resultArrays } from "../../backward/result-arrays.ts";
import type { Answer } from "../answer.ts";
import { readArrays } from "../arrays.ts";
import { dtypeOf, operatorParams, readOptions, readParams, visibilityOf } from "../params.ts";
import type { ServeRequest } from "../request.ts";
import { describeOperator, takeOperands } from "./operands.ts";

const params = z.object({
	...operatorParams.shape,
	algorithm: z.string().default("auto"),
	withOutput: z.boolean().default(false),
	rowBounds: z.boolean().default(false),
});

const usage = "backward takes Q, K, V and dO";

/** The problem of a request that has Q, K, V and dO. @throws UsageError for arrays or parameters that are wrong */
export function backwardProblemOf(
	request: ServeRequest,
	own: Pick<z.output<typeof params>, keyof z.output<typeof operatorParams>>,
): BackwardProblem {
	const arrays = readArrays(request, ["Q", "K", "V", "dO"], usage);
	const dtype = dtypeOf(own.dtype, Object.values(arrays));
	const { Q, K, V, dO } = takeOperands(arrays, dtype);
	const scale = own.scale === undefined ? undefined : scaleOf(own.scale, Q.rows.cols);
	return createBackwardProblem(
		{ Q, K, V, dO },
		{ ...(scale !== undefined && { scale }), visibility: visibilityOf(own) },
	);
}

/** Answers `backward`: dQ, dK and dV, shaped like Q, K and V, and O and lse where they are wanted. */
export async function answerBackward(request: ServeRequest, runtime: Runtime): Promise<Answer> {
	const { own, others } = readParams(params, request.params);
	const algorithm = findBackward(own.algorithm);
	const options = readOptions(algorithm, others, params);
	const problem = backwardProblemOf(request, own);
	refuseUnless(algorithm.supports(problem, options));
	const start = performance.now();
	const wants = { output: own.withOutput, rowBounds: own.rowBounds };
	const result = await algorithm.run(problem, options, runtime, wants);
	return {
		result: {
			algorithm: algorithm.name,
			options,
			...describeOperator(problem),
			...(result.picked && { chosen: result.picked }),
			...(result.remark !== undefined && { remark: result.remark }),
			degree: result.degree ?? null,
			rank: result.rank ?? null,
			exactRows: result.exactRows ?? null,
			certificate: certificateOf(result),
			milliseconds: performance.now() - start,
			kernel: runtime.kernel,
			threads: runtime.threads,
		},
		arrays: resultArrays(problem, result, own),
	};
}
