import { availableKernels } from "@attgrad/matrix-core";
import { expect, test } from "vitest";
import { tryShape } from "./shapes.ts";

/** The first cases of `npm run fuzz:kernels`, which runs 2000. */
const CASES = 15;

const builds = (await availableKernels()).filter((kernel) => kernel !== "js");

test.each(builds)(`%s gives what plain TypeScript gives, at ${CASES} random shapes`, async (kernel) => {
	for (let seed = 0; seed < CASES; seed++) {
		const { description, share } = await tryShape(seed, kernel);
		expect(share, description).toBeLessThanOrEqual(1);
	}
});
