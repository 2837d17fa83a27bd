// Made from kernels/probe.ts by npm run build. Change the kernel, not this file.
import { kernelModule } from "./runtime/kernel-module.ts";

/** The kernels of `kernels/probe.ts`. */
export const probeKernels = kernelModule({
	name: "probe",
	folder: new URL("../", import.meta.url),
	kernels: {
		/**
		 * C (6 x tileColumns, rows cStep bytes apart) += Aᵀ B, `repeats` times over, for A (count x 6) and
		 * B (count x tileColumns).
		 */
		probe: {
			parameters: ["a: usize", "b: usize", "c: usize", "cStep: usize", "count: i32", "repeats: i32"],
			result: "void",
			typed: false,
		},
		/** Columns of the probe's product. */
		probeColumns: {
			parameters: [],
			result: "i32",
			typed: false,
		},
		/** Fills the scratch of the thread it runs on; gives its address. */
		probeScratch: {
			parameters: ["bytes: i32"],
			result: "f64",
			typed: false,
		},
		/** `registers`, and so the flops of a core; scratch: 32 bytes. */
		registers: {
			parameters: ["times: i32"],
			result: "f64",
			typed: true,
		},
	},
	structs: {},
});
