import { availableKernels } from "@attgrad/matrix-core";
import { unjoined } from "@attgrad/matrix-core/testing-kernels";
import { expect, test } from "vitest";
import { polynomialKernels } from "./polynomial/kernels/kernel-module.ts";

const wide = (await availableKernels()).includes("fma256");

test.runIf(wide)("every pair of vectors in the polynomial kernels is joined into 256 bits", () => {
	expect(unjoined(polynomialKernels)).toEqual([]);
});
