// Made from kernels/hybrid.ts by npm run build. Change the kernel, not this file.
import { kernelModule } from "@attgrad/matrix-core";

/** The kernels of `kernels/hybrid.ts`. */
export const hybridKernels = kernelModule({
	name: "hybrid",
	folder: new URL("../../../../", import.meta.url),
	constants: "src/polynomial/kernels/kernel-constants.ts",
	kernels: {
		/** Numbers that a row of a product is padded to a multiple of. */
		panelColumns: {
			parameters: [],
			result: "i32",
			typed: false,
		},
		/** Columns of a row-major matrix, depth x cols, or of its transpose, in panels; steps are bytes. */
		packMatrix: {
			parameters: ["b: usize", "rowStep: usize", "columnStep: usize", "depth: i32", "cols: i32", "panels: usize"],
			result: "void",
			typed: false,
		},
		/** Bytes of scratch that `rowFeatures` takes. */
		featureScratch: {
			parameters: ["map: usize"],
			result: "f64",
			typed: false,
		},
		/** Features of the rows from..to-1 of a `HybridFeatures`; both are multiples of 6, or `to` is the end. */
		rowFeatures: {
			parameters: ["map: usize", "from: i32", "to: i32"],
			result: "void",
			typed: false,
		},
		/** Bytes of scratch that `sumRows` takes. */
		sumScratch: {
			parameters: ["rows: usize"],
			result: "f64",
			typed: false,
		},
		/** Adds the sums of the rows from..to-1 of a `HybridRows` to a slot. */
		sumRows: {
			parameters: ["rows: usize", "from: i32", "to: i32", "slot: usize"],
			result: "void",
			typed: false,
		},
		/** Bytes of scratch that `formGroups` takes. */
		groupScratch: {
			parameters: ["rows: usize"],
			result: "f64",
			typed: false,
		},
		/** Bytes of a slot of `sumRows` and `formGroups`. */
		groupSlot: {
			parameters: ["rows: usize"],
			result: "f64",
			typed: false,
		},
		/** Adds the forms of the groups from..to-1 of a `HybridRows` to a slot. */
		formGroups: {
			parameters: ["rows: usize", "from: i32", "to: i32", "slot: usize"],
			result: "void",
			typed: false,
		},
		/** Adds the numbers of all of `count` slots, `bytes` each, to the first. */
		addSlots: {
			parameters: ["slots: usize", "count: i32", "bytes: usize"],
			result: "void",
			typed: false,
		},
		/** Bytes of scratch that `queryResults` and `keyResults` take. */
		resultScratch: {
			parameters: ["rows: usize"],
			result: "f64",
			typed: false,
		},
		/** Results of the queries from..to-1 of a `HybridResults`. */
		queryResults: {
			parameters: ["rows: usize", "from: i32", "to: i32"],
			result: "void",
			typed: false,
		},
		/** Results of the keys from..to-1 of a `HybridResults`. */
		keyResults: {
			parameters: ["rows: usize", "from: i32", "to: i32"],
			result: "void",
			typed: false,
		},
		/** Writes the columns of the queries from..to-1 of a `HybridWeights`, and adds to 3 (d_v + d) sums. */
		queryWeights: {
			parameters: ["rows: usize", "from: i32", "to: i32", "sums: usize"],
			result: "void",
			typed: false,
		},
		/** Writes bounds of the queries from..to-1 of a `HybridBounds`. */
		boundQueries: {
			parameters: ["rows: usize", "from: i32", "to: i32"],
			result: "void",
			typed: false,
		},
		/** Bytes of scratch that `pairRanges` takes. */
		pairRangeScratch: {
			parameters: ["d: i32", "dv: i32"],
			result: "f64",
			typed: false,
		},
		/** Envelopes and ranges of the rows from..to-1 of a `HybridPairs`. */
		pairRanges: {
			parameters: ["rows: usize", "from: i32", "to: i32"],
			result: "void",
			typed: false,
		},
		/** Bytes of scratch that `drawPairs` takes. */
		pairDrawScratch: {
			parameters: ["d: i32", "dv: i32"],
			result: "f64",
			typed: false,
		},
		/** Bytes of a slot of `drawPairs`. */
		pairSlot: {
			parameters: ["d: i32"],
			result: "f64",
			typed: false,
		},
		/** Draws pairs of the rows from..to-1 of a `HybridPairs`, and adds them to a slot. */
		drawPairs: {
			parameters: ["rows: usize", "from: i32", "to: i32", "slot: usize"],
			result: "void",
			typed: false,
		},
	},
	structs: {
		HybridBounds: [
			"d: i32",
			"dv: i32",
			"forms: i32",
			"residual: i32",
			"rests: usize",
			"cotangents: usize",
			"quadratic: usize",
			"means: usize",
			"gradients: usize",
			"keyMeans: usize",
			"known: usize",
			"bounds: usize",
		],
		HybridFeatures: [
			"d: i32",
			"pivots: i32",
			"rank: i32",
			"rows: i32",
			"points: usize",
			"inverse: usize",
			"left: usize",
			"sizes: usize",
			"features: usize",
			"squares: usize",
		],
		HybridRows: [
			"rows: i32",
			"groups: i32",
			"d: i32",
			"blocks: i32",
			"width: i32",
			"beside: i32",
			"rank: i32",
			"forms: i32",
			"left: usize",
			"right: usize",
			"sizes: usize",
			"raises: usize",
			"features: usize",
			"factors: usize",
			"numbers: usize",
			"extra: usize",
		],
		HybridPairs: [
			"keys: i32",
			"d: i32",
			"dv: i32",
			"rank: i32",
			"cotangents: usize",
			"means: usize",
			"gradients: usize",
			"keyMeans: usize",
			"inputs: usize",
			"products: usize",
			"left: usize",
			"features: usize",
			"keyFeatures: usize",
			"keyRecords: usize",
			"tables: usize",
			"known: usize",
			"reach: usize",
			"records: usize",
			"coins: usize",
		],
		PairRow: ["output: usize", "keyMean: usize", "covariances: usize", "numbers: usize"],
		DrawnKeys: [
			"keys: usize",
			"weights: usize",
			"cotangents: usize",
			"parts: usize",
			"entries: usize",
			"tried: usize",
			"cotangent: usize",
			"value: usize",
			"left: usize",
			"features: usize",
			"exponential: usize",
			"numbers: usize",
		],
		HybridResults: [
			"d: i32",
			"width: i32",
			"beside: i32",
			"rank: i32",
			"forms: i32",
			"residual: i32",
			"features: usize",
			"sums: usize",
			"moments: usize",
			"given: usize",
			"aside: usize",
			"means: usize",
			"cotangents: usize",
			"outputs: usize",
			"gradients: usize",
			"keyMeans: usize",
			"valueGradients: usize",
			"quadratic: usize",
			"products: usize",
			"reach: usize",
			"known: usize",
			"bounds: usize",
		],
		HybridWeights: [
			"d: i32",
			"dv: i32",
			"queries: usize",
			"given: usize",
			"weights: usize",
			"factors: usize",
			"extra: usize",
		],
	},
});
