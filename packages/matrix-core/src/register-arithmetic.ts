import { bytesPerNumber, type Dtype } from "./matrix.ts";
import { probeKernels } from "./probe-kernels.ts";
import { type Runtime, withKernels } from "./runtime/runtime.ts";

/** Vectors that the kernel keeps in registers, flops of a multiply-add, bytes of a vector. */
const [VECTORS, FLOPS, BYTES] = [12, 2, 16];

/**
 * Multiply-adds of 128-bit vectors in registers, on one thread: with the build `fma` what a core can do at 128 bits,
 * which products are measured against. Gives the flops that it has done, 24 · `times` a lane.
 * @throws ComputationError for the kernel js, which has no vectors
 */
export async function registerArithmetic(runtime: Runtime, dtype: Dtype, times: number): Promise<number> {
	await withKernels(runtime, probeKernels, (kernels) =>
		kernels.run("registers", [{ times }], { dtype, scratch: 2 * BYTES }),
	);
	return times * VECTORS * FLOPS * (BYTES / bytesPerNumber(dtype));
}
