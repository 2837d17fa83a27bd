import { availableKernels } from "@attgrad/matrix-core";
import { unjoined } from "@attgrad/matrix-core/testing-kernels";
import { expect, test } from "vitest";
import { gaussKernels } from "./polynomial/gauss/gauss-kernels.ts";
import { polynomialKernels } from "./polynomial/kernels/polynomial-kernels.ts";

const wide = (await availableKernels()).includes("fma256");

test.runIf(wide)("every pair of vectors in the polynomial kernels is joined into 256 bits", () => {
	expect(unjoined(polynomialKernels)).toEqual([]);
});

/** V8 leaves pairs of vectors apart in the kernels of row polynomials (`--basis gauss`): slower, not wrong. */
test.runIf(wide).fails("every pair of vectors in the kernels of row polynomials is joined into 256 bits", () => {
	expect(unjoined(gaussKernels)).toEqual([]);
});
