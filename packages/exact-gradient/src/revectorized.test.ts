import { availableKernels } from "@attgrad/matrix-core";
import { unjoined } from "@attgrad/matrix-core/testing-kernels";
import { expect, test } from "vitest";
import { backwardKernels } from "./backward/backward-kernels.ts";
import { streamingKernels } from "./streaming/streaming-kernels.ts";

const wide = (await availableKernels()).includes("fma256");

test.runIf(wide).each([streamingKernels, backwardKernels])(
	"every pair of vectors in the kernels $name is joined into 256 bits",
	(kernels) => {
		expect(unjoined(kernels)).toEqual([]);
	},
);
