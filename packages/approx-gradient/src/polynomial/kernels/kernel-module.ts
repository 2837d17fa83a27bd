import type { KernelModule } from "@attgrad/matrix-core";

/** The kernels of `kernels/polynomial.ts`. */
export const polynomialKernels: KernelModule = { name: "polynomial", folder: new URL("../../../", import.meta.url) };
