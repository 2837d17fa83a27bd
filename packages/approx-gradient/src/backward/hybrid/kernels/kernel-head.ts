import type { Runtime } from "@attgrad/matrix-core";
import { plus, times } from "../../../error-bound/index.ts";
import { DirectBounds } from "../../../feature-maps/direct-bounds.ts";
import type { RowsOnKernels } from "../../../feature-maps/direct-rows.ts";
import { type HybridMap, residualLengths } from "../../../feature-maps/hybrid/hybrid-map.ts";
import { GROUP } from "../../../feature-maps/residual-forms.ts";
import { type ChosenKeys, joinedColumns, type SplitKeys, splitKeys } from "../chosen-keys.ts";
import { type ColumnPass, keyBoundsOf, noColumns, noForms, queryForms } from "../column-pass.ts";
import { ExactKeys, headOfKeys } from "../exact-keys.ts";
import type { HybridHead } from "../hybrid-head.ts";
import { type ColumnBounds, groupOf, type QueryWeights, querySums, queryWeights, WEIGHTS } from "../query-sums.ts";
import { boundedRows, type FeatureReach, type RowPass, type RowSums } from "../row-pass.ts";
import { boundsOfRows, type PlacedRows } from "./bounds-of-rows.ts";
import type { GroupSums } from "./group-sums.ts";
import { featuresOf, type HybridKernels, type PlacedFeatures, placedFeatures, putMatrix } from "./placed-features.ts";
import { clearRows, type PlacedColumns, putKeyFactors, reachOfPlaced, sumsOfPlaced } from "./placed-sums.ts";
import { keyResults, type MappedRows, queryResults } from "./row-results.ts";
import { weighQueries } from "./weighed-queries.ts";

/** Rows whose upstream gradient is the output less a target, with what their bounds are made of. */
export interface ResidualPass {
	readonly reach: FeatureReach;
	readonly sums: RowSums;
	/** Has taken in all keys. */
	readonly direct: DirectBounds;
	/** Bounds of rows from the forms of their cotangents with the moments of `direct`. */
	readonly forms: RowsOnKernels;
	/** ‖φ_j‖² of each query. */
	readonly querySquares: Float64Array;
	/** Σ_l φ·ψ_l h'_l k_lb, n x d (d_v + 1), a key coordinate after the other, and the features of both sides: views of the kernels' memory. */
	readonly placed?: PlacedHead | undefined;
}

/** Numbers of a head in the kernels' memory. */
export interface PlacedHead {
	readonly products: Float64Array;
	/** Addresses of what kernels made of rows. */
	readonly rows: PlacedRows;
	readonly queries: PlacedFeatures;
	readonly keys: PlacedFeatures;
}

/** Features of both sides, with the keys that have none. */
interface PlacedSides {
	readonly queries: PlacedFeatures;
	readonly keys: PlacedFeatures;
	readonly exact?: ExactKeys;
	readonly split?: SplitKeys;
}

/** A head whose features are in the kernels' memory: `rowPass` and `columnPass` on kernels. O(n K (K + d d_v)). */
export class KernelHead {
	readonly #kernels: HybridKernels;
	readonly #head: HybridHead;
	readonly #map: HybridMap;
	readonly #queries: PlacedFeatures;
	readonly #keys: PlacedFeatures;
	/** Address of (v, 1). */
	readonly #values: number;
	/** The keys that have no features, and all of them. */
	readonly #exact: ExactKeys | undefined;
	readonly #split: SplitKeys | undefined;

	private constructor(
		kernels: HybridKernels,
		head: HybridHead,
		map: HybridMap,
		{ queries, keys, exact, split }: PlacedSides,
	) {
		this.#kernels = kernels;
		this.#head = head;
		this.#map = map;
		this.#queries = queries;
		this.#keys = keys;
		this.#exact = exact;
		this.#split = split;
		this.#values = putMatrix(kernels, head.values);
	}

	/**
	 * Makes the features of a head.
	 * @param exactKeys chooses the keys that are exact for all queries
	 * @param within runs what the kernels wait for
	 */
	static async of(
		kernels: HybridKernels,
		map: HybridMap,
		head: HybridHead,
		exactKeys?: ChosenKeys,
		within?: Runtime,
	): Promise<KernelHead> {
		const queries = await placedFeatures(kernels, map, "queries", head.queries);
		const keys = await placedFeatures(kernels, map, "keys", head.keys);
		if (!exactKeys || !within) return new KernelHead(kernels, head, map, { queries, keys });
		const split = splitKeys(head, residualLengths(keys.squares, keys.side.sizes, map.unit), exactKeys);
		if (split.exact.length === 0) return new KernelHead(kernels, head, map, { queries, keys, split });
		const exact = await ExactKeys.of(headOfKeys(head, split.exact), map, queries.left, within);
		const rest = featuresOf(keys, split.rest, kernels);
		return new KernelHead(kernels, headOfKeys(head, split.rest), map, { queries, keys: rest, exact, split });
	}

	/** Sums over keys, then the rows of all queries. */
	rows(): Promise<RowPass> {
		return this.#kernels.scope(async () => {
			const exact = this.#exact;
			const { reach, direct, sums } = await this.#keySums();
			const { made, placed } = await queryResults(
				this.#kernels,
				this.#rowsOf("queries"),
				{ sums, moments: direct.moments },
				{ given: "gradient", aside: exact?.sums },
			);
			const errors = await exact?.addGradients(made);
			if (exact) this.#kernels.view("f64", placed.gradients, made.gradients.data.length).set(made.gradients.data);
			const rows = await boundedRows(this.#head, { ...reach, exact: exact?.exact }, made, direct, {
				boundRows: (known, rests) => boundsOfRows(this.#kernels, placed, known, rests, "gradient"),
			});
			if (errors) for (let j = 0; j < errors.length; j++) rows.bounds[j] = plus(rows.bounds[j], errors[j]);
			return { ...rows, keySizes: this.#split?.sizes };
		});
	}

	/**
	 * The same for targets about the values' centre in place of dO, which is the output less those; bounds are not made.
	 * @param use takes the pass while what is placed is in the memory, with the products of values and keys where they are wanted
	 */
	residualRows<Made>(withProducts: boolean, use: (pass: ResidualPass) => Made | Promise<Made>): Promise<Made> {
		return this.#kernels.scope(async () => {
			const { reach, direct, sums } = await this.#keySums();
			const { made, placed, products } = await queryResults(
				this.#kernels,
				this.#rowsOf("queries"),
				{ sums, moments: direct.moments },
				{ given: "target", withProducts },
			);
			const forms: RowsOnKernels = {
				boundRows: (known, rests) => boundsOfRows(this.#kernels, placed, known, rests, "target"),
			};
			const [queries, keys] = [this.#queries, this.#keys];
			return use({
				...{ reach, direct, sums: made, forms, querySquares: queries.squares },
				placed: products && { products, rows: placed, queries, keys },
			});
		});
	}

	/** Sums over keys, and the moments and sizes that bounds of rows are made of. */
	async #keySums() {
		const { middleKeys, values, keyHalf, valueHalf } = this.#head;
		const { sums, forms } = await this.#sums(this.#keys, GROUP, {
			...{ factors: putKeyFactors(this.#kernels, middleKeys), numbers: this.#values },
			...{ width: values.cols, blocks: middleKeys.cols + 1, beside: 0, extra: 0, forms: "crossed" },
		});
		const reach = reachOfPlaced(this.#map, this.#queries, this.#keys);
		const direct = new DirectBounds({ keyHalf, valueHalf });
		const spread = reach.beta.reduce((sum, x) => plus(sum, times(x, x)), 0);
		direct.addForms(forms, { beta: reach.beta, spread });
		return { sums, reach, direct };
	}

	/** Sums over the queries that are kept, then the rows of all keys. */
	async columns(rows: RowPass, kept: readonly number[], bounds: ColumnBounds): Promise<ColumnPass> {
		const rest = await this.#columns(rows, kept, bounds);
		if (!this.#exact || !this.#split) return rest;
		if (kept.length === 0) return noColumns(this.#split.sizes.length, rest.dK.cols, rest.dV.cols);
		return joinedColumns(rest, await this.#exact.columns(rows, kept), this.#split);
	}

	/** The rows of keys that have features. */
	#columns(rows: RowPass, kept: readonly number[], bounds: ColumnBounds): Promise<ColumnPass> {
		const kernels = this.#kernels;
		return kernels.scope(async () => {
			const head = this.#head;
			const [d, width] = [head.queries.cols, head.values.cols];
			if (kept.length === 0) return noColumns(head.values.rows, d, width - 1);
			const weights = queryWeights(head, rows, kept, bounds);
			const { factors, extra, numbers: added } = await weighQueries(kernels, head, weights);
			const sums = querySums(added, weights, width - 1);
			const numbers = putMatrix(kernels, rows.cotangents);
			this.#clear(numbers, weights);
			const made = await this.#sums(this.#queries, groupOf(bounds), {
				...{ factors, numbers, width, extra, blocks: d + 1, beside: width - 1 + d },
				forms: bounds === "sizes" ? "none" : "own",
			});
			const forms = bounds === "sizes" ? noForms(head) : queryForms(head, sums, made.forms);
			return keyResults(
				kernels,
				this.#rowsOf("keys"),
				{ sums: made.sums, moments: forms.moments },
				rows,
				this.#values,
				keyBoundsOf(sums, forms),
			);
		});
	}

	/** Sets the features, cotangents and factors of the queries that are not kept to 0: they may be NaN. */
	#clear(cotangents: number, { weights }: QueryWeights): void {
		const rows = { from: 0, to: this.#queries.left.rows };
		const isKept = (j: number) => weights[WEIGHTS * j] !== 0;
		clearRows(this.#queries, rows, isKept);
		const width = this.#head.values.cols;
		const given = this.#kernels.view("f64", cotangents, rows.to * width);
		for (let j = 0; j < rows.to; j++) if (!isKept(j)) given.fill(0, j * width, (j + 1) * width);
	}

	/** Sums and forms of all rows of one side. */
	#sums(placed: PlacedFeatures, group: number, columns: PlacedColumns): Promise<GroupSums> {
		return sumsOfPlaced(this.#kernels, this.#map, placed, { from: 0, to: placed.left.rows }, group, columns);
	}

	#rowsOf(side: "queries" | "keys"): MappedRows {
		return { head: this.#head, map: this.#map, features: side === "queries" ? this.#queries : this.#keys };
	}
}
