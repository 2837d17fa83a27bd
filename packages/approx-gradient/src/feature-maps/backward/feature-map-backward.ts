import {
	type AttentionProblem,
	type BackwardProblem,
	type BackwardResult,
	type Head,
	headsOf,
	type OfEachGradient,
	type Reason,
} from "@attgrad/attention-problem";
import { Matrix, materialise, maxAbs, type Numbers, type RowSource, unitRoundoff } from "@attgrad/matrix-core";
import { maxUp, plus, times } from "../../error-bound/index.ts";
import { requireFinite } from "../../rows/require-finite.ts";
import type { FeatureMap } from "../feature-map.ts";
import { featureMapHead } from "./feature-map-head.ts";
import type { PlainHead } from "./plain-head.ts";

/** A feature map of one head, with the degree of its polynomial where it has one. */
export interface HeadMap {
	readonly map: FeatureMap;
	readonly degree?: number;
}

/** Whether a feature map takes a layer: no map knows masks. */
export function takesNoMask(algorithm: string, { visibility }: BackwardProblem<RowSource>): true | Reason {
	if (visibility.mask === "none" && visibility.lengths === undefined) return true;
	const what = visibility.lengths ? "packed sequences" : `a ${visibility.mask} mask`;
	return { reason: `${algorithm} takes no mask, and the layer has ${what}; hybrid, polynomial and streaming take all` };
}

/**
 * The backward pass of every head through a feature map that is made for it, with a proof of the error of each gradient where the map has
 * one of its entries, and no claim where it has none.
 * @param mapOf makes the map of a head from the paper's problem with A1 = Q, A2 = K and X = I
 * @throws ComputationError (invalid) where a row's normaliser is not > 0
 */
export async function featureMapBackward(
	problem: BackwardProblem<RowSource>,
	mapOf: (head: AttentionProblem<RowSource>, index: number) => HeadMap,
	algorithm: string,
	onProgress?: (done: number, total: number) => void,
): Promise<BackwardResult> {
	const { batch, heads, keyHeads, n_q, n_k, d, d_v, scale } = problem;
	const [queries, keys] = [batch * heads * n_q, batch * keyHeads * n_k];
	const made = { output: Matrix.zeros(queries, d_v), dQ: Matrix.zeros(queries, d) };
	const [dK, dV] = [Matrix.zeros(keys, d), Matrix.zeros(keys, d_v)];
	const rows = { dQ: new Float64Array(queries), dK: new Float64Array(keys), dV: new Float64Array(keys) };
	const maps: HeadMap[] = [];
	// The bounds are about the numbers as they were read.
	let [exactRows, proved] = [0, problem.roundedFrom === undefined];
	for (const head of headsOf(problem)) {
		const chosen = mapOf(headProblem(head, scale), head.index);
		maps.push(chosen);
		const result = await featureMapHead(wideHead(head, scale), chosen.map, algorithm);
		const [query, key] = [head.index * n_q, head.keyIndex * n_k];
		made.output.slice(query, query + n_q).data.set(result.output.data);
		made.dQ.slice(query, query + n_q).data.set(result.dQ.data);
		addTo(dK.slice(key, key + n_k), result.dK);
		addTo(dV.slice(key, key + n_k), result.dV);
		exactRows += result.exactRows;
		const { errors } = result;
		if (errors === undefined) proved = false;
		else {
			rows.dQ.set(errors.dQ, query);
			for (const name of ["dK", "dV"] as const)
				for (let l = key; l < key + n_k; l++) rows[name][l] = plus(rows[name][l], errors[name]);
		}
		onProgress?.((head.index + 1) * n_q, queries);
	}
	const [{ degree }] = maps;
	const ranks = maps.map(({ map }) => map.rank);
	const result = {
		...certified(problem, { dQ: made.dQ, dK, dV }, rows, proved),
		output: made.output.as(problem.Q.dtype),
	};
	requireFinite(algorithm, { output: result.output, dQ: result.dQ, dK: result.dK, dV: result.dV });
	return {
		...result,
		...(degree !== undefined && { degree }),
		rank: ranks.every((rank) => rank === ranks[0]) ? ranks[0] : ranks,
		exactRows,
	};
}

/** The gradients in the number type of the operands, with their bounds: what rounding to it adds, and the sums over the heads of a group. */
function certified(
	{ Q: { dtype }, heads, keyHeads }: BackwardProblem<RowSource>,
	gradients: OfEachGradient<Matrix>,
	rows: OfEachGradient<Float64Array>,
	proved: boolean,
): Pick<BackwardResult, "dQ" | "dK" | "dV" | "certificate" | "remark"> {
	const stored = (name: keyof OfEachGradient, bound: number): number => {
		const size = maxAbs(gradients[name]);
		const sum = plus(bound, times(size, (heads / keyHeads) * 2 ** -52));
		return dtype === "f64" ? sum : plus(sum, plus(times(unitRoundoff(dtype), plus(size, sum)), 2 ** -149));
	};
	const ofEach = <Value>(value: (name: keyof OfEachGradient) => Value): OfEachGradient<Value> => ({
		dQ: value("dQ"),
		dK: value("dK"),
		dV: value("dV"),
	});
	const rowBounds = ofEach((name) =>
		rows[name].map((bound) => (proved ? stored(name, bound) : Number.POSITIVE_INFINITY)),
	);
	const bounds = ofEach((name) => maxUp(rowBounds[name]));
	const made = ofEach((name) => gradients[name].as(dtype));
	const areFinite = (["dQ", "dK", "dV"] as const).every((name) => Number.isFinite(bounds[name]));
	return {
		...made,
		certificate: { kind: proved && areFinite ? "a-posteriori" : "none", bounds, ...(proved && { rowBounds }) },
		...(!(proved && areFinite) && { remark: "nothing is proved of the error" }),
	};
}

function wideHead({ Q, K, V, dO = V }: Head<RowSource>, scale: number): PlainHead {
	const wide = (rows: RowSource): Matrix => materialise(rows).as("f64");
	return { Q: wide(Q), K: wide(K), V: wide(V), dO: wide(dO), scale };
}

/**
 * A head as a problem that maps are made for: they look at its queries and keys. Where there are more of the one than of the other, the
 * fewer are repeated, which changes none of the sizes that they take.
 */
function headProblem({ Q, K }: Head<RowSource>, scale: number): AttentionProblem<RowSource> {
	const [n, d] = [Math.max(Q.rows, K.rows), Q.cols];
	const [A1, A2] = [repeated(Q, n), repeated(K, n)];
	const same = Matrix.identity(d, Q.dtype);
	return { n, d, A1, A2, A3: A2, E: A1, X: same, Y: same, scale };
}

function repeated(source: RowSource, n: number): RowSource {
	if (source.rows === n) return source;
	const { rows, cols, dtype } = source;
	const readRows = (from: number, to: number, target: Numbers): void => {
		for (let row = from; row < to; row++)
			source.readRows(row % rows, (row % rows) + 1, target.subarray((row - from) * cols, (row - from + 1) * cols));
	};
	return { rows: n, cols, dtype, readRows };
}

function addTo(target: Matrix, terms: Matrix): void {
	for (let at = 0; at < terms.data.length; at++) target.data[at] += terms.data[at];
}
