import { availableKernels } from "@attgrad/matrix-core";
import { unjoined } from "@attgrad/matrix-core/testing-kernels";
import { expect, test } from "vitest";
import { hybridKernels } from "./backward/hybrid/kernels/hybrid-kernels.ts";
import { gaussKernels } from "./polynomial/gauss/gauss-kernels.ts";
import { polynomialKernels } from "./polynomial/kernels/polynomial-kernels.ts";

const wide = (await availableKernels()).includes("fma256");

test.runIf(wide)("every pair of vectors in the polynomial kernels is joined into 256 bits", () => {
	expect(unjoined(polynomialKernels)).toEqual([]);
});

test.runIf(wide)("every pair of vectors in the kernels of trained heads is joined into 256 bits", () => {
	expect(unjoined(hybridKernels)).toEqual([]);
});

/**
 * Lines in which V8 tells of pairs that it leaves apart in the kernels of row polynomials: two for each of 30 where single precision is
 * widened. Slower, not wrong; no more may come.
 */
const APART = 60;

test.runIf(wide)("no more pairs than are known are left apart in the kernels of row polynomials", () => {
	expect(unjoined(gaussKernels).length).toBeLessThanOrEqual(APART);
});
