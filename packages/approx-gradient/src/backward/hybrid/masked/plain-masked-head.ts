import type { KeyIntervals, RowRange } from "@attgrad/attention-problem";
import { Matrix, multiplyOn, type Runtime } from "@attgrad/matrix-core";
import { valueKeyPairs, WIDEST } from "../../../feature-maps/direct-bounds.ts";
import type { HybridMap } from "../../../feature-maps/hybrid/hybrid-map.ts";
import { squaredNorms } from "../../../feature-maps/kernel-scale.ts";
import { type Product, residualForms, rowsAt, symmetricPairs } from "../../../feature-maps/residual-forms.ts";
import { boundedColumns, type ColumnPass, columnsOf, keyGradients } from "../column-pass.ts";
import type { HybridHead } from "../hybrid-head.ts";
import { type ColumnBounds, groupOf } from "../query-sums.ts";
import {
	boundedRows,
	type FeatureReach,
	featureReach,
	type RowPass,
	type RowSums,
	rowGradients,
	rowOutputs,
	valueSums,
} from "../row-pass.ts";
import {
	type ChunkSums,
	edgeMembers,
	hideUnseen,
	type KeptChunk,
	type KeyChunk,
	type Masked,
	type MaskedHead,
	membersFrom,
	type QueryChunk,
	squaresOf,
} from "./masked-head.ts";

/** A masked head whose products run on a runtime, one after the other. */
export class PlainMaskedHead implements MaskedHead {
	readonly head: HybridHead;
	readonly reach: FeatureReach;
	readonly squares: MaskedHead["squares"];
	readonly #map: HybridMap;
	readonly #intervals: KeyIntervals;
	readonly #Phi: Matrix;
	readonly #Psi: Matrix;
	readonly #product: Product;

	private constructor(map: HybridMap, { head, mask }: Masked, Phi: Matrix, Psi: Matrix, runtime: Runtime) {
		const { error } = map;
		this.head = head;
		this.#map = map;
		this.#intervals = mask.intervals;
		[this.#Phi, this.#Psi] = [Phi, Psi];
		this.#product = (A, B, options) => multiplyOn(runtime, A, B, options);
		this.reach = featureReach({
			alpha: error.queries(head.queries, Phi),
			beta: error.keys(head.keys, Psi),
			squares: squaredNorms(Psi),
			rank: Psi.cols,
			relative: error.relative,
		});
		const ofSide = (side: "queries" | "keys") => squaresOf(map.sideOf(side, head[side]).left);
		this.squares = { queries: ofSide("queries"), keys: ofSide("keys") };
	}

	/** Makes the features of all rows. O(n K m) for m pivots. */
	static async of(map: HybridMap, masked: Masked, runtime: Runtime): Promise<PlainMaskedHead> {
		const { head } = masked;
		const [Phi, Psi] = [await map.queryFeatures(head.queries), await map.keyFeatures(head.keys, 0)];
		return new PlainMaskedHead(map, masked, Phi, Psi, runtime);
	}

	async keySums({ from, to }: RowRange): Promise<ChunkSums> {
		const { values, middleKeys, keys } = this.head;
		const features = this.#Psi.slice(from, to);
		const pairs = valueKeyPairs(values.slice(from, to), middleKeys.slice(from, to));
		const sums = await this.#product(features, pairs, { transposeA: true });
		const { residual } = this.#map.error;
		// `DirectBounds` of wider heads takes none.
		if (middleKeys.cols > WIDEST || !residual) return { sums };
		const columns = { columns: pairs, blocks: middleKeys.cols + 1, width: values.cols };
		return { sums, forms: await residualForms(columns, residual(keys.slice(from, to), features), this.#product) };
	}

	async querySums({ rows, members, weighed, cotangents }: KeptChunk, bounds: ColumnBounds): Promise<ChunkSums> {
		const { queries, values } = this.head;
		const own = rowsAt(this.#Phi, members);
		const local = members.map((j) => j - rows.from);
		const columns = columnsOf(cotangents, weighed, local);
		const sums = await this.#product(own, columns, { transposeA: true });
		const { queryResidual } = this.#map.error;
		if (bounds === "sizes" || !queryResidual) return { sums };
		const blocks = { columns, blocks: queries.cols + 1, width: values.cols, group: groupOf(bounds) };
		return { sums, forms: await residualForms(blocks, queryResidual(rowsAt(queries, members), own), this.#product) };
	}

	async rows(chunk: QueryChunk, ofChunk: HybridHead, reach: FeatureReach): Promise<RowPass> {
		const edge = await this.#edge(membersFrom(chunk.rows), edgeMembers(chunk.keys));
		const sums = await this.#rowSums(ofChunk, chunk, edge);
		return boundedRows(ofChunk, reach, sums, chunk.core.direct, this.#product);
	}

	async columns({ rows, core, edge, moments, known }: KeyChunk, reach: FeatureReach): Promise<ColumnPass> {
		const own = { ...this.head, values: this.head.values.slice(rows.from, rows.to) };
		const all = keyGradients(own, await this.#product(this.#Psi.slice(rows.from, rows.to), core.sums));
		for (const chunk of edge) {
			const { weights } = await this.#edge(chunk.members, membersFrom(rows));
			const local = chunk.members.map((j) => j - chunk.rows.from);
			const columns = columnsOf(chunk.cotangents, chunk.weighed, local);
			const ofEdge = keyGradients(own, await this.#product(weights, columns, { transposeA: true }));
			for (const name of ["dK", "dV", "extra"] as const) addEntries(all[name], ofEdge[name]);
		}
		const squares = await this.#product(symmetricPairs(own.values), moments);
		return boundedColumns(reach, known, { ...all, squares });
	}

	/** Weights of pairs in the units of the features, 0 of those that are not visible, with values and keys. */
	async #edge(queries: readonly number[], keys: readonly number[]): Promise<Edge> {
		const { head } = this;
		const beside = { values: rowsAt(head.values, keys), keys: rowsAt(head.middleKeys, keys) };
		if (keys.length === 0) return { ...beside, weights: Matrix.zeros(queries.length, 0) };
		const weights = await this.#map.weights(rowsAt(head.queries, queries), rowsAt(head.keys, keys));
		hideUnseen(weights.data as Float64Array, weights.cols, { queries, keys }, this.#intervals, "queries");
		return { ...beside, weights };
	}

	/** The sums of the rows of a chunk over their core and its edges. */
	async #rowSums(head: HybridHead, { rows, core }: QueryChunk, edge: Edge): Promise<RowSums> {
		const all = await this.#product(this.#Phi.slice(rows.from, rows.to), core.sums);
		const N = valueSums(all, head.values.cols);
		if (edge.weights.cols > 0) addEntries(N, await this.#product(edge.weights, edge.values));
		const outputs = rowOutputs(N, head.upstream);
		const ofEdge = await this.#edgeGradients(outputs.cotangents, edge);
		return { ...outputs, ...rowGradients(all, outputs, head.middleKeys.cols, ofEdge) };
	}

	/** Σ_l W_jl <c'_j, v_l> k_l and Σ_l W_jl k_l over the edge of each row. */
	async #edgeGradients(cotangents: Matrix, { weights, values, keys }: Edge) {
		if (weights.cols === 0 || keys.cols === 0) return undefined;
		const terms = await this.#product(cotangents, values, { transposeB: true });
		for (let at = 0; at < terms.data.length; at++) terms.data[at] *= weights.data[at];
		return { gradients: await this.#product(terms, keys), keys: await this.#product(weights, keys) };
	}
}

/** Weights of pairs, queries x keys, with values and keys. */
interface Edge {
	readonly weights: Matrix;
	readonly values: Matrix;
	readonly keys: Matrix;
}

function addEntries({ data }: Matrix, added: Matrix): void {
	for (let at = 0; at < data.length; at++) data[at] += added.data[at];
}
