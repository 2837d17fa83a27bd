// Made from kernels/operator.ts by npm run build. Change the kernel, not this file.
import { kernelModule } from "@attgrad/matrix-core";

/** The kernels of `kernels/operator.ts`. */
export const operatorKernels = kernelModule({
	name: "operator",
	folder: new URL("../../../", import.meta.url),
	constants: "src/polynomial/kernels/kernel-constants.ts",
	kernels: {
		/** Bytes of scratch that every kernel here takes for a part; scratch itself: 256 bytes. */
		scratchBytes: {
			parameters: ["part: usize"],
			result: "f64",
			typed: false,
		},
		/** The largest |x - centre| of `count` rows of `width` doubles. centre: that of two rows. */
		largestDistance: {
			parameters: ["rows: usize", "count: i32", "width: i32", "centre: usize"],
			result: "f64",
			typed: false,
		},
		/** `count` queries x of d doubles become x · factor - ν; gives the largest size of an entry. shift: ν of two rows, then the factor. */
		shiftRows: {
			parameters: ["rows: usize", "count: i32", "d: i32", "shift: usize"],
			result: "f64",
			typed: false,
		},
		/** Makes the keys and values of the chunks from..to-1 ready, see `KeyRows`; gives the largest |<ν, k>|. */
		prepareKeys: {
			parameters: ["rows: usize", "from: i32", "to: i32"],
			result: "f64",
			typed: false,
		},
		/** Brings results of the queries from..to-1 into the units of the problem, see `QueryResults`; out: 2 (d + dv) + 6 doubles. */
		finishQueries: {
			parameters: ["results: usize", "from: i32", "to: i32", "out: usize"],
			result: "void",
			typed: false,
		},
		/** Sums over the key chunks from..to-1, (dv + 3) x nodes, into `sums`; each: 1 for those of every chunk, one behind the other. */
		sumKeys: {
			parameters: ["part: usize", "from: i32", "to: i32", "sums: usize", "each: i32"],
			result: "void",
			typed: false,
		},
		/** Sums over the query chunks from..to-1, from the last to the first, twice (dv + 1) x nodes, into `sums`; each: 1 for those of every chunk. */
		sumQueries: {
			parameters: ["part: usize", "from: i32", "to: i32", "sums: usize", "each: i32"],
			result: "void",
			typed: false,
		},
		/** Each of `count` states of `length` doubles, `step` bytes apart (which may be negative), becomes the sum of itself and all before it. */
		accumulate: {
			parameters: ["states: usize", "count: i32", "length: i32", "step: i32"],
			result: "void",
			typed: false,
		},
		/**
		 * Outputs, dQ, cotangents and bounds of the query chunks from..to-1 of all heads. start: 0, or sums over the key chunks before `startChunk`, or where
		 * that is -1 the sums up to each key chunk, one behind the other. Gives the number of queries that no polynomial serves.
		 */
		queryChunks: {
			parameters: ["part: usize", "from: i32", "to: i32", "start: usize", "startChunk: i32"],
			result: "f64",
			typed: false,
		},
		/**
		 * dK and dV of the key chunks from..to-1, without rows that no polynomial serves. start: 0, or sums over the query chunks from `startChunk` on, or
		 * where that is -1 the sums from each query chunk on, the last first.
		 */
		keyChunks: {
			parameters: ["part: usize", "from: i32", "to: i32", "start: usize", "startChunk: i32"],
			result: "void",
			typed: false,
		},
	},
	structs: {
		QueryResults: [
			"d: i32",
			"dv: i32",
			"rows: i32",
			"numbers: usize",
			"q: usize",
			"dO: usize",
			"dQ: usize",
			"output: usize",
			"lse: usize",
			"errors: usize",
		],
		OperatorPart: [
			"d: i32",
			"dv: i32",
			"degree: i32",
			"roots: i32",
			"terms: i32",
			"nodes: i32",
			"inner: i32",
			"group: i32",
			"queries: i32",
			"keys: i32",
			"size: i32",
			"blockPanels: i32",
			"edge: i32",
			"keyStates: i32",
			"queryStates: i32",
			"outputOnly: i32",
			"levels: usize",
			"runs: i32",
			"innerRuns: i32",
			"products: i32",
			"runTable: usize",
			"multiplicity: usize",
			"raised: usize",
			"solution: usize",
			"bounds: usize",
			"q: usize",
			"dO: usize",
			"k: usize",
			"v: usize",
			"omega: usize",
			"squares: usize",
			"norms: usize",
			"nu: usize",
			"lo: usize",
			"hi: usize",
			"firstQuery: usize",
			"lastQuery: usize",
			"first: usize",
			"last: usize",
			"from: usize",
			"to: usize",
			"largest: usize",
			"cotangents: usize",
			"coefficients: usize",
			"dQ: usize",
			"output: usize",
			"lse: usize",
			"errors: usize",
			"dK: usize",
			"dV: usize",
			"keySizes: usize",
		],
		Window: [
			"part: usize",
			"ofQueries: i32",
			"chunks: i32",
			"length: i32",
			"value: usize",
			"running: usize",
			"states: usize",
			"capacity: i32",
			"first: i32",
			"turned: i32",
			"last: i32",
			"scratch: usize",
		],
		KeyRows: [
			"d: i32",
			"dv: i32",
			"keys: i32",
			"size: i32",
			"centres: usize",
			"tilt: usize",
			"k: usize",
			"v: usize",
			"values: usize",
			"omega: usize",
			"squares: usize",
			"norms: usize",
			"lengths: usize",
			"largest: usize",
		],
	},
});
