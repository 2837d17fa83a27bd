import { bytesPerNumber, type Kernels } from "@attgrad/matrix-core";
import { edgeTable, mostJoins, runTable } from "../../kernels/feature-tables.ts";
import { kernelConstants } from "../../kernels/kernel-constants.ts";
import { putIndices, putNumbers, putRuns, queryMapOperands } from "../../kernels/kernel-operands.ts";
import type { KernelPlan } from "../../kernels/kernel-plan.ts";
import { REACH_SLACK } from "../../method/feature-space.ts";
import type { FeatureTree } from "../../monomials/feature-tree.ts";
import { columnsOf, momentsOfBoundary } from "../anisotropic/key-powers.ts";
import { boundaryFactors } from "../anisotropic/truncation.ts";
import type { ErrorConstants } from "../bounds/error-constants.ts";
import { LEAST_REACH, LIMITS, largestRadius } from "../bounds/limits.ts";
import { exponentialTerms } from "../exponential-terms.ts";
import type { gaussKernels } from "../gauss-kernels.ts";
import { levelsOf } from "../levels.ts";
import { pairScratch } from "../pairs/kernel-pairs.ts";
import { nodesOf } from "../row-polynomial.ts";
import { solutionConstants } from "../row-polynomials.ts";
import { pilotDegree } from "../row-terms.ts";
import type { GaussInput } from "./gauss-run.ts";

/** Arguments that all tasks of pass 2 share, and the bytes of scratch of a thread. */
export function queryOperands(
	input: GaussInput,
	moments: Float64Array,
	{ columns, panelBytes }: KernelPlan,
	kernels: Kernels<typeof gaussKernels>,
) {
	const { problem, tree, constants } = input;
	const { d } = problem;
	const { dtype } = problem.A1;
	const { degree } = constants;
	const r = nodesOf(degree);
	const { starts } = levelsOf(tree);
	const nodes = tree.raisedSize;
	const runs = edgeTable(tree);
	const byDegree = byDegreeTable(input, moments, columns);
	const back = runTable(tree, nodes, starts);
	const pilot = pilotTable(input, moments, columns);
	const { runs: runCount, runTable: runAddress } = putRuns(kernels, runs);
	const numbers = (values: ArrayLike<number>): number => putNumbers(kernels, dtype, values);
	const { terms: M, ...bounds } = boundOperands(input, kernels);
	const shared = {
		...{ d, degree, extra: columns - d - 1, terms: M, levels: putIndices(kernels, starts) },
		...{ runs: runCount, tops: runs.products, runTable: runAddress },
		...mapOperands(input, kernels),
		byDegree: numbers(byDegree),
		integrals: numbers(integralTable(input, moments, columns)),
		backRuns: back.runs,
		backTable: putIndices(kernels, back.triples),
		pilot: numbers(pilot),
		pilotNodes: pilot.length / d,
		products: putNumbers(kernels, "f64", productTable(input, moments, columns)),
		...bounds,
		...boundaryOperands(input, moments, kernels),
	};
	const parts = 8 / bytesPerNumber(dtype);
	const sumColumns = columns - d;
	const solution = degree + 2 * r + 6;
	const solving = r * r + 3 * r + M + 3;
	const ofPart = sumColumns * (2 * r + 1) + solution + kernelConstants.KEPT_PANELS;
	const truncated =
		(degree + 1) * sumColumns * (1 + parts) +
		kernelConstants.TRUNCATED_PANELS * parts +
		4 * (degree + 2) +
		kernelConstants.RUN_NODES;
	const ofBounds = 12 * d + boundPanels(d) + d + 2 + 2 * d * (d + 1) + 1;
	const wide = ofBounds + 1 + degree + 1 + (degree + 2) * columns + parts * ofPart + solving + 8 + truncated;
	const ofPairs = input.records ? pairScratch(input.records.places, d, panelBytes) : 0;
	return {
		shared,
		scratch: 256 + (wide + tree.size + nodes + 1 + d + 2 * d * d + (d + 2) * d + 1) * panelBytes + ofPairs,
	};
}

/** Panels of scratch that the bounds of a block of rows take: `boundPanels` of the kernels. */
export const boundPanels = (d: number): number => 4 * d + 3 + kernelConstants.SQUARE_PANELS;

/** The frame of queries and targets. */
export const mapOperands = ({ problem, space: { frame } }: GaussInput, kernels: Kernels<typeof gaussKernels>) => ({
	valueCentre: putNumbers(kernels, "f64", frame.valueCentre),
	...queryMapOperands({ problem, frame }, kernels),
});

/** Constants of polynomials and bounds, and the terms of exp that are divided. */
export function boundOperands({ constants, space, termReach }: GaussInput, kernels: Kernels<typeof gaussKernels>) {
	const precision = constants.single === undefined ? "double" : "single";
	const exponential = exponentialTerms(largestRadius(space), 2 * nodesOf(constants.degree), precision);
	return {
		terms: exponential.terms.length - 1,
		constants: putNumbers(kernels, "f64", solutionConstants(constants, exponential)),
		bounds: putNumbers(kernels, "f64", boundConstants(constants, space, termReach)),
	};
}

/** Multinomials times moments: those of degree <= g against all columns, then those of degree g + 1 against ones and squares. */
export function byDegreeTable(
	{ tree, constants, anisotropic }: GaussInput,
	moments: Float64Array,
	columns: number,
): Float64Array {
	const { d, size, raisedSize } = tree;
	const { multiplicity } = levelsOf(tree);
	const table = new Float64Array(size * columns + (raisedSize - size) * (columns - d));
	let to = 0;
	for (let node = 0, at = 0; node < raisedSize; node++)
		for (let column = 0; column < columns; column++, at++)
			if (node < size || column >= d) table[to++] = moments[at] * multiplicity[node];
	if (!anisotropic && edgeTable(tree).products > d + constants.degree)
		throw new Error("more runs than bounds on rounding count");
	return table;
}

/** Multinomials times moments over the degree, against values and ones: Σ_l ω_l h_l s_l^k / k by monomials, of which the gradient is the derivative. */
export function integralTable({ tree }: GaussInput, moments: Float64Array, columns: number): Float64Array {
	const { d, degree, raisedSize } = tree;
	const { starts, multiplicity } = levelsOf(tree);
	const table = new Float64Array(raisedSize * (d + 1));
	for (let k = 1; k <= degree + 1; k++)
		for (let node = starts[k]; node < starts[k + 1]; node++)
			for (let i = 0; i <= d; i++) table[node * (d + 1) + i] = (multiplicity[node] * moments[node * columns + i]) / k;
	return table;
}

/** The most runs of one pass that join the same sum one by one: those of products, and those that lead back to a variable. */
export const mostJoinsOf = (tree: FeatureTree): number =>
	Math.max(edgeTable(tree).products, mostJoins(runTable(tree, tree.raisedSize, levelsOf(tree).starts)));

/** The boundary of an anisotropic set as the kernels read it; none of a total-degree set. */
function boundaryOperands(
	{ problem, tree, space, constants, anisotropic }: GaussInput,
	moments: Float64Array,
	kernels: Kernels<typeof gaussKernels>,
) {
	if (!anisotropic) return { boundaryStarts: 0, boundaryNodes: 0, boundaryMoments: 0, boundaryFactors: 0 };
	const { set, profile } = anisotropic;
	const { nodes, starts } = set.boundary;
	const ofBoundary = momentsOfBoundary(set, { profile, space }, constants, moments);
	const columns = columnsOf(constants.form);
	const { multiplicity } = levelsOf(tree);
	const weighed = ofBoundary.map((moment, at) => multiplicity[nodes[Math.floor(at / columns)]] * moment);
	const { values, keys } = constants.addedSquares;
	const factors = [0, values, keys].map((added) => boundaryFactors(constants, added));
	return {
		boundaryStarts: putIndices(kernels, starts),
		boundaryNodes: putIndices(kernels, nodes),
		boundaryMoments: putNumbers(kernels, problem.A1.dtype, weighed),
		boundaryFactors: putNumbers(kernels, "f64", [
			...[factors[0].rounded, factors[0].ofColumn],
			...factors.map(({ ofWeights }) => ofWeights),
		]),
	};
}

/** Σ_l ω_l T(s_l) k_l as a table of moments, nodes x d, T the Taylor polynomial of degree `pilotDegree`; none for the form l1. */
function pilotTable({ tree, constants }: GaussInput, moments: Float64Array, columns: number): Float64Array {
	const { d, degree, raise } = tree;
	if (constants.form === "l1") return new Float64Array(0);
	const { starts, multiplicity } = levelsOf(tree);
	const highest = Math.min(degree, pilotDegree(nodesOf(degree)));
	const table = new Float64Array(starts[highest + 1] * d);
	for (let k = 0, factorial = 1; k <= highest; k++, factorial *= k)
		for (let node = starts[k]; node < starts[k + 1]; node++)
			for (let b = 0; b < d; b++)
				if (raise[node * d + b] >= 0)
					table[node * d + b] = (multiplicity[node] * moments[raise[node * d + b] * columns + d]) / factorial;
	return table;
}

/** Σ_l ω_l (1 + s_l) x_l k_lb as a table of moments for x = v_i and x = 1: of each x the d sums of degree 0, negative, then d x d. Zeros at degree 0 and for anisotropic sets. */
export function productTable({ tree, anisotropic }: GaussInput, moments: Float64Array, columns: number): Float64Array {
	const { d, degree, raise } = tree;
	const table = new Float64Array((d + 1) * (d + 1) * d);
	for (let i = 0, to = 0; degree > 0 && !anisotropic && i <= d; i++)
		for (let node = 0; node <= d; node++)
			for (let b = 0; b < d; b++) table[to++] = (node > 0 ? 1 : -1) * moments[raise[node * d + b] * columns + i];
	return table;
}

/** The doubles that `kernels/gauss/gauss-bounds.ts` reads, in its order. */
function boundConstants(
	constants: ErrorConstants,
	{ keyNorm, keyReach }: GaussInput["space"],
	termReach?: Float64Array,
): number[] {
	const { sums, scoreError, halfRangeSquare, keyRatio, halfRange, rounding, covarianceError, single } = constants;
	const reaches = keyReach.map((reach) => reach * REACH_SLACK);
	return [
		...[
			sums,
			scoreError,
			keyNorm * REACH_SLACK,
			constants.radiusLimit,
			LIMITS.kappa,
			constants.roundingLimit,
			halfRangeSquare,
			keyRatio,
			LEAST_REACH,
		],
		...[rounding.constant, rounding.outputSquare, rounding.product, covarianceError],
		...[single?.from ?? 0, single?.share ?? 1, rounding.term],
		...reaches,
		...halfRange,
		...rounding.output,
		...rounding.residual,
		...(termReach ?? reaches),
		...rounding.mean,
		...rounding.known,
	];
}
