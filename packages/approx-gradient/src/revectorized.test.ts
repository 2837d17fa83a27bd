import { availableKernels } from "@attgrad/matrix-core";
import { unjoined } from "@attgrad/matrix-core/testing-kernels";
import { expect, test } from "vitest";
import { polynomialKernels } from "./polynomial/kernels/polynomial-kernels.ts";

const wide = (await availableKernels()).includes("fma256");

/** V8 leaves pairs of vectors apart in the kernels of row polynomials (`--basis gauss`), which share this module: slower, not wrong. */
test.runIf(wide).fails("every pair of vectors in the polynomial kernels is joined into 256 bits", () => {
	expect(unjoined(polynomialKernels)).toEqual([]);
});
