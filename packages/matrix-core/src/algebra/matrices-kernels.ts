// Made from kernels/matrices.ts by npm run build. Change the kernel, not this file.
import { kernelModule } from "../runtime/kernel-module.ts";

/** The kernels of `kernels/matrices.ts`. */
export const matricesKernels = kernelModule({
	name: "matrices",
	folder: new URL("../../", import.meta.url),
	kernels: {
		/** Numbers of a row of the product's tile. */
		tileColumns: {
			parameters: [],
			result: "i32",
			typed: true,
		},
		/** Columns `from`.. of op(B), depth x cols, into a panel: see `packPanel`. Steps are bytes. */
		packPanel: {
			parameters: [
				"b: usize",
				"rowStep: usize",
				"columnStep: usize",
				"depth: i32",
				"from: i32",
				"cols: i32",
				"panel: usize",
			],
			result: "void",
			typed: true,
		},
		/** C = op(A) op(B), B in `count` panels: see `product`. Steps are bytes. */
		product: {
			parameters: [
				"a: usize",
				"rowStep: usize",
				"columnStep: usize",
				"rows: i32",
				"depth: i32",
				"panels: usize",
				"count: i32",
				"c: usize",
				"cStep: usize",
			],
			result: "void",
			typed: true,
		},
		/** y = e^x for `count` numbers at any addresses; scratch: 512 bytes. */
		exponentials: {
			parameters: ["x: usize", "y: usize", "count: i32"],
			result: "void",
			typed: true,
		},
	},
	structs: {},
});
