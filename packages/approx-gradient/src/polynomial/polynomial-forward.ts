import {
	type AttentionLayer,
	defineForward,
	type ForwardResult,
	provedRelative,
	type RowSink,
	withoutTarget,
} from "@attgrad/attention-problem";
import { ComputationError, Matrix, maxAbs, type RowSource, type Runtime, withCachedRows } from "@attgrad/matrix-core";
import { z } from "zod";
import { type Accuracy, DEFAULT_RELATIVE, oneAccuracy, relativeOption } from "../accuracy.ts";
import { type LayerOutputByRows, layerFits, prepareLayerOutput } from "../backward/output/layer-output.ts";
import { outputTarget } from "../relative/output-size.ts";
import type { ProvenBound } from "./certificates/forms/forms.ts";
import { aPrioriOutputBound, OutputError, outputBoundFromTotals } from "./certificates/output-error.ts";
import { polynomialFamilies } from "./families/index.ts";
import { forwardOnKernels } from "./kernels/kernel-forward.ts";
import { type Approximation, type Method, totalDegreeApproximation } from "./method/approximation.ts";
import { leastCertifiedDegree } from "./method/choose-degree.ts";
import { balancedSpace } from "./method/feature-space.ts";
import { memoryOf } from "./method/memory.ts";
import { profileOn } from "./method/method-of.ts";
import { availableMemory, featureWeights, requireMemory } from "./monomials/feature-tree.ts";
import { basisAndDegree } from "./polynomial-options.ts";
import { forwardRows } from "./routes/forward.ts";
import { routes } from "./routes/index.ts";

const options = z
	.strictObject({
		degree: basisAndDegree.degree,
		basis: z
			.enum([...basisAndDegree.basis.unwrap().options, "gauss"])
			.optional()
			.describe(
				"polynomial that replaces exp; gauss: one per row, from the row's scores; default: chebyshev at a given degree, otherwise gauss where the rows fit into memory",
			),
		epsilon: z.number().positive().optional().describe("bound on max |o~ - o| to certify"),
		relative: relativeOption,
	})
	.refine(...oneAccuracy("polynomial"));

/** Options of the polynomial method for outputs. */
export type PolynomialForwardOptions = z.output<typeof options>;

/**
 * A layer's output with exp replaced by a polynomial, in time O(n K d) and with a proved bound on its error: passes 1 and 2 of
 * the moment route without the gradient, or with a polynomial of its own for each row (`prepareLayerOutput`). Definition E.1 asks for just this.
 */
export const polynomialForward = defineForward({
	name: "polynomial",
	summary: "exp replaced by a polynomial with a certified error, time O(n K d)",
	exact: false,
	options,
	run: async (layer, options, runtime, sink): Promise<ForwardResult> => {
		const { rowBounds, ...result } = await polynomialOutput(layer, options, runtime, sink);
		return result;
	},
});

/** Polynomials of which one serves all rows. */
type Basis = z.output<typeof basisAndDegree.basis>;

/** The result of an output by the polynomial method, which has a degree, a rank and a certificate always. */
export type PolynomialOutput = Required<Pick<ForwardResult, "degree" | "rank" | "certificate">> &
	Pick<ForwardResult, "relative" | "exactRows" | "remark"> & {
		/** A bound on the error of the entries of each row, where rows have polynomials of their own. */
		readonly rowBounds?: Float64Array;
	};

/** Computes a layer's output, as `polynomialForward` says. @throws ComputationError and UsageError as it does */
export async function polynomialOutput(
	layer: AttentionLayer<RowSource>,
	{ basis, ...asked }: PolynomialForwardOptions,
	runtime: Runtime,
	sink: RowSink,
): Promise<PolynomialOutput> {
	return byRowsOrOne(
		layer,
		{ basis, ...asked },
		() => outputByRows(layer, asked, runtime, sink),
		(one) => outputByOne(layer, { basis: one, ...asked }, runtime, sink),
	);
}

/**
 * By a polynomial for each row or by one for all, as the basis says. Where none is given: by rows for an accuracy where the rows fit into memory, and by one
 * where no degree by rows proves what is asked for.
 */
export async function byRowsOrOne<Result>(
	layer: AttentionLayer<RowSource>,
	{ basis, degree }: Pick<PolynomialForwardOptions, "basis" | "degree">,
	byRows: () => Promise<Result>,
	byOne: (basis: Basis) => Promise<Result>,
): Promise<Result> {
	if (basis === "gauss") return byRows();
	if (basis !== undefined || degree !== undefined || !layerFits(layer)) return byOne(basis ?? "chebyshev");
	try {
		return await byRows();
	} catch (failure) {
		if (!(failure instanceof ComputationError)) throw failure;
		return byOne("chebyshev");
	}
}

/** With a polynomial of its own for each row. */
async function outputByRows(
	layer: AttentionLayer<RowSource>,
	{ degree, epsilon, relative }: Accuracy,
	runtime: Runtime,
	sink: RowSink,
): Promise<PolynomialOutput> {
	const { run } = await prepareLayerOutput(layer, withDefault({ degree, epsilon, relative }), runtime);
	return handedOver(await run(), sink);
}

/** An accuracy, which is a relative one where none is given. */
export const withDefault = ({ degree, epsilon, relative }: Accuracy): Accuracy =>
	degree === undefined && epsilon === undefined
		? { relative: relative ?? DEFAULT_RELATIVE }
		: { degree, epsilon, relative };

/** Hands the rows of an output over; gives what is known of it. */
export function handedOver(
	{ output, degree, rank, exactRows, bound, rowBounds, floor, kappa, radius, remark }: LayerOutputByRows,
	sink: RowSink,
): PolynomialOutput {
	sink(0, finiteRows(0, output));
	const share = provedRelative(bound, maxAbs(output));
	const kind = Number.isFinite(bound) ? "a-posteriori" : "none";
	return {
		...{ degree, rank, exactRows, rowBounds },
		...(Number.isFinite(share) && { relative: share }),
		certificate: { kind, bound, radius, relativeError: kappa, floatFloor: Math.min(floor, bound) },
		...(remark !== undefined && { remark }),
	};
}

/** With one polynomial for all rows. */
function outputByOne(
	layer: AttentionLayer<RowSource>,
	{ basis, degree, epsilon, relative = DEFAULT_RELATIVE }: Accuracy & { readonly basis: Basis },
	runtime: Runtime,
	sink: RowSink,
): Promise<PolynomialOutput> {
	const { A1, A2, A3 } = layer;
	return withCachedRows(runtime, [A1, A2, A3], A1.dtype, async (runtime) => {
		const method = await methodOf(layer, basis, runtime);
		if (degree !== undefined) {
			const approximation = requireFitting(method, totalDegreeApproximation(method, degree));
			return outputOfDegree(layer, method, approximation, runtime, sink);
		}
		const target = outputTarget(layer, { epsilon, relative });
		const approximation = leastDegree(method, target.epsilon);
		const result = await outputOfDegree(layer, method, approximation, runtime, sink);
		return { ...result, ...(target.remark !== undefined && { remark: target.remark }) };
	});
}

/** An output by the polynomial method that is ready to be computed. */
export interface PreparedForward {
	readonly degree: number;
	/** K. */
	readonly rank: number;
	/** The a-priori bound on the output's error, at most epsilon. */
	readonly bound: number;
	run(sink: RowSink): Promise<ForwardResult>;
}

/**
 * The degree with which the polynomial method certifies epsilon, and its run. Reads the rows four times (the profile); computes no
 * output yet.
 * @throws ComputationError where no degree certifies epsilon
 */
export async function prepareForward(
	layer: AttentionLayer<RowSource>,
	epsilon: number,
	runtime: Runtime,
): Promise<PreparedForward> {
	const method = await methodOf(layer, "chebyshev", runtime);
	const approximation = leastDegree(method, epsilon);
	const { degree, size: rank } = approximation;
	const { bound } = aPrioriOutputBound(method, approximation);
	return { degree, rank, bound, run: (sink) => outputOfDegree(layer, method, approximation, runtime, sink) };
}

async function methodOf(layer: AttentionLayer<RowSource>, basis: Basis, runtime: Runtime): Promise<Method> {
	const problem = withoutTarget(layer);
	const profile = await profileOn(problem, runtime);
	const space = balancedSpace(profile);
	const weightError = layer.weightError ? layer.weightError * layer.scale * largestRow(layer.A1) * profile.keyNorm : 0;
	return {
		profile,
		// Scores of the exact weights, where X is a rounded product; about the key centre, which softmax does not see.
		space: { ...space, scoreError: space.scoreError + weightError },
		route: routes.moment,
		family: polynomialFamilies[basis],
		kernel: runtime.kernel,
	};
}

/** @throws ComputationError as `leastCertifiedDegree` */
const leastDegree = (method: Method, epsilon: number): Approximation =>
	leastCertifiedDegree(method, epsilon, (candidate) => aPrioriOutputBound(method, candidate).bound, availableMemory());

/** @throws UsageError when the features would not fit in memory */
function requireFitting(method: Method, approximation: Approximation): Approximation {
	requireMemory(approximation.size, memoryOf(method, approximation));
	return approximation;
}

/** The output at a degree, with the better of the bounds before and after the run. */
async function outputOfDegree(
	layer: AttentionLayer<RowSource>,
	method: Method,
	approximation: Approximation,
	runtime: Runtime,
	sink: RowSink,
): Promise<PolynomialOutput> {
	const tree = approximation.tree();
	const weights = featureWeights(tree, approximation.coefficients);
	const input = { problem: withoutTarget(layer), tree, weights, frame: method.space.frame };
	let largest = 0;
	const checked: RowSink = (from, rows) => {
		for (const x of finiteRows(from, rows).data) if (Math.abs(x) > largest) largest = Math.abs(x);
		sink(from, rows);
	};
	let after: ProvenBound;
	if (runtime.kernel === "js") {
		const watcher = new OutputError(method, approximation);
		await forwardRows(input, checked, (...block) => watcher.rows(...block), runtime.onProgress);
		after = watcher.result();
	} else after = outputBoundFromTotals(method, approximation, await forwardOnKernels(input, checked, runtime));
	const before = aPrioriOutputBound(method, approximation);
	const { bound, floor } = after.bound <= before.bound ? after : before;
	const share = provedRelative(bound, largest);
	return {
		degree: approximation.degree,
		rank: approximation.size,
		...(Number.isFinite(share) && { relative: share }),
		certificate: {
			kind: Number.isFinite(bound) ? "a-posteriori" : "none",
			bound,
			radius: method.space.radius,
			relativeError: approximation.error.polynomial,
			floatFloor: floor,
		},
	};
}

/** @throws ComputationError (failed) naming the first row with an entry that is not finite */
function finiteRows(from: number, rows: Matrix): Matrix {
	const at = rows.data.findIndex((x) => !Number.isFinite(x));
	if (at >= 0)
		throw new ComputationError(
			"failed",
			`polynomial: the output of row ${from + Math.floor(at / rows.cols)} is not finite, got ${rows.data[at]}`,
		);
	return rows;
}

/** At least the largest ‖row‖. */
function largestRow(source: RowSource): number {
	const most = Math.max(1, Math.floor(2 ** 15 / source.cols));
	const block = Matrix.zeros(Math.min(most, source.rows), source.cols);
	let largest = 0;
	for (let from = 0; from < source.rows; from += most) {
		const count = Math.min(most, source.rows - from);
		source.readRows(from, from + count, block.data);
		for (let j = 0; j < count; j++) {
			let square = 0;
			for (let i = 0; i < source.cols; i++) square += block.at(j, i) ** 2;
			largest = Math.max(largest, square);
		}
	}
	return (1 + 1e-9) * Math.sqrt(largest);
}
