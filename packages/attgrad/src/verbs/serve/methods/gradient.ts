import { algorithms, findAlgorithm } from "@attgrad/algorithms";
import {
	type AttentionProblem,
	asDtype,
	boundMet,
	createProblem,
	type DecodedArray,
	matrixNames,
	refuseUnless,
} from "@attgrad/attention-problem";
import type { Matrix, Runtime } from "@attgrad/matrix-core";
import { UsageError } from "@attgrad/matrix-core";
import { z } from "zod";
import { computeGradients, refuseMatrices } from "../../gradient/compute-gradients.ts";
import { readMatrixNames } from "../../gradient/matrix-names.ts";
import type { Answer } from "../answer.ts";
import { readArrays } from "../arrays.ts";
import { dtypeOf, readOptions, readParams } from "../params.ts";
import type { ServeRequest } from "../request.ts";

/** Parameters of methods that take a problem. */
export const problemParams = z.object({
	scale: z.number().optional(),
	dtype: z.enum(["f64", "f32"]).optional(),
});

const params = z.object({
	...problemParams.shape,
	algorithm: z.string().default("auto"),
	wrt: z.string().default("X"),
});

const usage = "gradient takes A1, A2, A3, E (n x d), X and Y (d x d)";

/** The problem of a request that has its six matrices. @throws UsageError for arrays or parameters that are wrong */
export function problemOf(request: ServeRequest, { scale, dtype }: z.output<typeof problemParams>): AttentionProblem {
	const arrays = readArrays(request, matrixNames, usage);
	// matrices of two types are brought to the wider one, of which a narrower problem is rounded
	const common = dtypeOf(undefined, Object.values(arrays));
	const matrix = (name: keyof typeof arrays): Matrix => {
		const { shape, rows }: DecodedArray = arrays[name];
		if (shape.length !== 2) throw new UsageError(`${name} must have two axes, got shape (${shape.join(", ")})`);
		return rows.as(common);
	};
	const rows = { A1: matrix("A1"), A2: matrix("A2"), A3: matrix("A3"), E: matrix("E") };
	return asDtype(createProblem({ ...rows, X: matrix("X"), Y: matrix("Y") }, scale), dtype ?? common);
}

/** Answers `gradient`: dL/dX, or the gradients in the matrices of `wrt`, by their names. */
export async function answerGradient(request: ServeRequest, runtime: Runtime): Promise<Answer> {
	const { own, others } = readParams(params, request.params);
	const wrt = readMatrixNames(own.wrt, "wrt");
	const { algorithm, options: fixed, spelling } = findAlgorithm(own.algorithm, algorithms);
	const options = readOptions(algorithm, { ...fixed, ...others }, params);
	const problem = problemOf(request, own);
	const start = performance.now();
	const computed = await compute();
	return {
		result: {
			...{ algorithm: algorithm.name, options, n: problem.n, d: problem.d, B: boundMet(problem).B, wrt },
			...{ scale: problem.scale, dtype: problem.A1.dtype, loss: computed.loss },
			...computed.known,
			milliseconds: performance.now() - start,
			kernel: runtime.kernel,
			threads: runtime.threads,
		},
		arrays: Object.fromEntries(
			Object.entries(computed.gradients).map(([name, { rows, cols, data }]) => [name, { shape: [rows, cols], data }]),
		),
	};

	async function compute() {
		if (wrt.join() !== "X") {
			const selection = { spelling, algorithm, options };
			refuseMatrices(selection, wrt, Object.keys(others));
			const { gradients, bounds, loss, ...run } = await computeGradients(problem, selection, wrt, runtime);
			const known = {
				...(run.chosen && { chosen: run.chosen }),
				...(run.remark !== undefined && { remark: run.remark }),
				...{ degree: run.degree ?? null, rank: run.rank ?? null, exactRows: run.exactRows ?? null },
				certificate: bounds ? { kind: "a-posteriori", bounds } : { kind: "none", bounds: null },
			};
			return { gradients, loss, known };
		}
		refuseUnless(algorithm.supports(problem, options));
		const { gradient, loss, picked, degree, rank, certificate, remark } = await algorithm.run(
			problem,
			options,
			runtime,
		);
		const known = {
			...(picked && { chosen: picked }),
			...(remark !== undefined && { remark }),
			degree: degree ?? null,
			rank: rank ?? null,
			certificate: certificate ?? { kind: "none", bound: null },
		};
		return { gradients: { X: gradient }, loss, known };
	}
}
