import { expect, test } from "vitest";
import { matricesKernels } from "../algebra/matrices-kernels.ts";
import { probeKernels } from "../probe-kernels.ts";
import { availableKernels } from "./choice.ts";
import { unjoined } from "./testing-kernels.ts";

const wide = (await availableKernels()).includes("fma256");

test.runIf(wide).each([matricesKernels, probeKernels])(
	"every pair of vectors in $name is joined into 256 bits",
	(module) => {
		expect(unjoined(module)).toEqual([]);
	},
);
