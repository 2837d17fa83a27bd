import type { KeyIntervals, RowRange } from "@attgrad/attention-problem";
import { Matrix } from "@attgrad/matrix-core";
import { valueKeyPairs } from "../../../feature-maps/direct-bounds.ts";
import type { HybridMap } from "../../../feature-maps/hybrid/hybrid-map.ts";
import { GROUP, rowsAt } from "../../../feature-maps/residual-forms.ts";
import { type ColumnPass, columnsOf } from "../column-pass.ts";
import type { HybridHead } from "../hybrid-head.ts";
import { boundsOfRows } from "../kernels/bounds-of-rows.ts";
import {
	type HybridKernels,
	type PlacedFeatures,
	paddedColumns,
	placedFeatures,
	putMatrix,
	rowFeatures,
} from "../kernels/placed-features.ts";
import { clearRows, putKeyFactors, reachOfPlaced, sumsOfPlaced } from "../kernels/placed-sums.ts";
import { keyResults, queryResults } from "../kernels/row-results.ts";
import { type ColumnBounds, groupOf } from "../query-sums.ts";
import { boundedRows, type FeatureReach, type RowPass } from "../row-pass.ts";
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

/** A masked head whose features are in the kernels' memory. The weights of an edge are further features of its rows: one for each row of the other side, whose columns are further sums. */
export class KernelMaskedHead implements MaskedHead {
	readonly head: HybridHead;
	readonly reach: FeatureReach;
	readonly squares: MaskedHead["squares"];
	readonly #kernels: HybridKernels;
	readonly #map: HybridMap;
	readonly #intervals: KeyIntervals;
	readonly #queries: PlacedFeatures;
	readonly #keys: PlacedFeatures;
	/** Addresses of (v, 1) and of (k, 1). */
	readonly #values: number;
	readonly #factors: number;

	private constructor(
		kernels: HybridKernels,
		map: HybridMap,
		{ head, mask }: Masked,
		{ queries, keys }: { readonly queries: PlacedFeatures; readonly keys: PlacedFeatures },
	) {
		this.head = head;
		this.#kernels = kernels;
		this.#map = map;
		this.#intervals = mask.intervals;
		[this.#queries, this.#keys] = [queries, keys];
		this.#values = putMatrix(kernels, head.values);
		this.#factors = putKeyFactors(kernels, head.middleKeys);
		this.reach = reachOfPlaced(map, queries, keys);
		this.squares = { queries: squaresOf(queries.left), keys: squaresOf(keys.left) };
	}

	/** Makes the features of all rows. O(n K m) for m pivots. */
	static async of(kernels: HybridKernels, map: HybridMap, masked: Masked): Promise<KernelMaskedHead> {
		const { head } = masked;
		const queries = await placedFeatures(kernels, map, "queries", head.queries);
		const keys = await placedFeatures(kernels, map, "keys", head.keys);
		return new KernelMaskedHead(kernels, map, masked, { queries, keys });
	}

	keySums(rows: RowRange): Promise<ChunkSums> {
		const { values, middleKeys } = this.head;
		const [width, blocks] = [values.cols, middleKeys.cols + 1];
		return this.#kernels.scope(() =>
			sumsOfPlaced(this.#kernels, this.#map, this.#keys, rows, GROUP, {
				...{ width, blocks, beside: 0, extra: 0, forms: "crossed" },
				factors: this.#factors + 8 * blocks * rows.from,
				numbers: this.#values + 8 * width * rows.from,
			}),
		);
	}

	querySums({ rows, members, weighed, cotangents }: KeptChunk, bounds: ColumnBounds): Promise<ChunkSums> {
		const kernels = this.#kernels;
		const kept = Matrix.zeros(cotangents.rows, cotangents.cols);
		for (const j of members) kept.row(j - rows.from).set(cotangents.row(j - rows.from));
		const isKept = new Set(members);
		clearRows(this.#queries, rows, (j) => isKept.has(j));
		return kernels.scope(() =>
			sumsOfPlaced(kernels, this.#map, this.#queries, rows, groupOf(bounds), {
				...{ width: kept.cols, blocks: weighed.factors.cols, beside: weighed.extra.cols },
				forms: bounds === "sizes" ? "none" : "own",
				...{ factors: putMatrix(kernels, weighed.factors), numbers: putMatrix(kernels, kept) },
				extra: putMatrix(kernels, weighed.extra),
			}),
		);
	}

	rows(chunk: QueryChunk, ofChunk: HybridHead, reach: FeatureReach): Promise<RowPass> {
		const { values, middleKeys } = this.head;
		const kernels = this.#kernels;
		const { sums, direct } = chunk.core;
		const members = edgeMembers(chunk.keys);
		const pairs = valueKeyPairs(rowsAt(values, members), rowsAt(middleKeys, members));
		return kernels.scope(async () => {
			const features = await this.#withEdge("queries", chunk.rows, members);
			const { made, placed } = await queryResults(
				kernels,
				{ head: ofChunk, map: { rank: sums.rows + members.length }, features: { features } },
				{ sums: stacked(kernels, sums, pairs), moments: direct.moments },
				{ given: "gradient" },
			);
			return boundedRows(ofChunk, reach, made, direct, {
				boundRows: (known, rests) => boundsOfRows(kernels, placed, known, rests, "gradient"),
			});
		});
	}

	columns({ rows, core, edge, moments, known }: KeyChunk, reach: FeatureReach): Promise<ColumnPass> {
		const { head } = this;
		const kernels = this.#kernels;
		const members = edge.flatMap((chunk) => chunk.members);
		const columns = edge.map((chunk) =>
			columnsOf(
				chunk.cotangents,
				chunk.weighed,
				chunk.members.map((j) => j - chunk.rows.from),
			),
		);
		const own = { ...head, values: head.values.slice(rows.from, rows.to), keys: head.keys.slice(rows.from, rows.to) };
		return kernels.scope(async () => {
			const features = await this.#withEdge("keys", rows, members);
			return keyResults(
				kernels,
				{ head: own, map: { rank: core.sums.rows + members.length }, features: { features } },
				{ sums: stacked(kernels, core.sums, ...columns), moments },
				reach,
				this.#values + 8 * head.values.cols * rows.from,
				known,
			);
		});
	}

	/** Features of some rows of one side, and behind them their weights with rows of the other side, 0 where these are not visible. */
	async #withEdge(of: "queries" | "keys", { from, to }: RowRange, members: readonly number[]): Promise<Float64Array> {
		const kernels = this.#kernels;
		const { rank } = this.#map;
		const [own, other] = of === "queries" ? [this.#queries, this.#keys] : [this.#keys, this.#queries];
		const [count, across] = [to - from, rank + members.length];
		const step = await paddedColumns(kernels, across);
		const made = kernels.view("f64", kernels.allocateZeros("f64", (count + 5) * step), (count + 5) * step);
		for (let j = 0; j < count; j++) {
			const at = (from + j) * own.step;
			made.set(own.features.subarray(at, at + rank), j * step);
		}
		if (members.length === 0) return made;
		const rows = membersFrom({ from, to });
		await kernels.scope(async () => {
			const weights = await rowFeatures(kernels, {
				points: rowsAt(other.right, members),
				// Weights of keys: of the rows themselves, or of the others.
				inverse: diagonal(kernels, of === "queries" ? members.map((l) => other.side.sizes[l]) : members.map(() => 1)),
				left: own.left.data.byteOffset + 8 * own.left.cols * from,
				sizes: own.sizes + 8 * from,
				rows: count,
			});
			const pairs = of === "queries" ? { queries: rows, keys: members } : { queries: members, keys: rows };
			hideUnseen(weights.features, weights.step, pairs, this.#intervals, of);
			for (let j = 0; j < count; j++) {
				const at = j * weights.step;
				made.set(weights.features.subarray(at, at + members.length), j * step + rank);
			}
		});
		return made;
	}
}

/** Matrices one below the other, in the kernels' memory. */
function stacked(kernels: HybridKernels, first: Matrix, ...below: readonly Matrix[]): Matrix {
	const rows = below.reduce((sum, M) => sum + M.rows, first.rows);
	const length = rows * first.cols;
	const made = new Matrix(rows, first.cols, kernels.view("f64", kernels.allocate("f64", length), length));
	let at = 0;
	for (const { data } of [first, ...below]) {
		made.data.set(data, at);
		at += data.length;
	}
	return made;
}

/** A diagonal matrix in the kernels' memory. */
function diagonal(kernels: HybridKernels, numbers: readonly number[]): Matrix {
	const n = numbers.length;
	const made = new Matrix(n, n, kernels.view("f64", kernels.allocateZeros("f64", n * n), n * n));
	for (let i = 0; i < n; i++) made.data[i * (n + 1)] = numbers[i];
	return made;
}
