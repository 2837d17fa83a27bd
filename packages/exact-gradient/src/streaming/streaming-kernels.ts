// Made from kernels/streaming.ts by npm run build. Change the kernel, not this file.
import { kernelModule } from "@attgrad/matrix-core";

/** The kernels of `kernels/streaming.ts`. */
export const streamingKernels = kernelModule({
	name: "streaming",
	folder: new URL("../../", import.meta.url),
	kernels: {
		/** Rows of a panel. */
		panelRows: {
			parameters: [],
			result: "i32",
			typed: true,
		},
		/** Bytes of scratch of a thread for `rowBlock`. */
		scratchBytes: {
			parameters: ["job: usize"],
			result: "f64",
			typed: true,
		},
		/** Packs rows from..to-1, at A2 and A3: see `packRows`. Gives the largest squared length of a key. */
		packRows: {
			parameters: ["job: usize", "A2: usize", "A3: usize", "centre: usize", "from: i32", "to: i32"],
			result: "f64",
			typed: true,
		},
		/** Packs a d x d matrix by column. */
		packSquare: {
			parameters: ["matrix: usize", "d: i32", "packed: usize"],
			result: "void",
			typed: true,
		},
		/** Gradients of a block of `height` rows: see `rowBlock`. Gives their loss. */
		rowBlock: {
			parameters: ["job: usize", "A1: usize", "E: usize", "height: i32", "gradients: usize"],
			result: "f64",
			typed: true,
		},
		/** Bytes of scratch of a thread for `forwardBlock`. */
		forwardScratch: {
			parameters: ["job: usize"],
			result: "f64",
			typed: true,
		},
		/** Outputs of a block of `height` rows: see `forwardBlock`. */
		forwardBlock: {
			parameters: ["job: usize", "A1: usize", "height: i32", "outputs: usize"],
			result: "void",
			typed: true,
		},
	},
	structs: {
		Job: [
			"n: i32",
			"d: i32",
			"chunk: i32",
			"blockRows: i32",
			"keysByRow: usize",
			"keysByColumn: usize",
			"valuesByRow: usize",
			"valuesByColumn: usize",
			"X: usize",
			"Y: usize",
			"transposedY: usize",
			"step: usize",
			"longestKey: usize",
		],
	},
});
