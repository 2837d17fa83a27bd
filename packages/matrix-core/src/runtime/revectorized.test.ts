import { expect, test } from "vitest";
import { matrixKernels } from "../kernel-matrices.ts";
import { availableKernels } from "./choice.ts";
import { unjoined } from "./testing-kernels.ts";

const wide = (await availableKernels()).includes("fma256");

test.runIf(wide).each([matrixKernels, { ...matrixKernels, name: "probe" }])(
	"every pair of vectors in $name is joined into 256 bits",
	(module) => {
		expect(unjoined(module)).toEqual([]);
	},
);
