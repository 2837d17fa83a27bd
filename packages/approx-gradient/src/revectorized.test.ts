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

/** Lines in which V8 tells of pairs that it leaves apart: slower, not wrong; no more may come. */
const APART = {
	/** Seven lines about one run. */
	heads: 7,
	/** Two for each of 30 places where single precision is widened. */
	rows: 60,
};

test.runIf(wide)("no more pairs than are known are left apart in the kernels of trained heads", () => {
	expect(unjoined(hybridKernels).length).toBeLessThanOrEqual(APART.heads);
});

test.runIf(wide)("no more pairs than are known are left apart in the kernels of row polynomials", () => {
	expect(unjoined(gaussKernels).length).toBeLessThanOrEqual(APART.rows);
});
