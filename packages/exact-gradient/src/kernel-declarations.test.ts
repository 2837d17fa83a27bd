import { readFile } from "node:fs/promises";
import { declarationOf } from "@attgrad/matrix-core/build-kernels";
import { expect, test } from "vitest";

test.each([
	["streaming", "src/streaming"],
	["backward", "src/backward"],
])("the declaration of the kernels %s is what their source says", async (name, into) => {
	const folder = new URL("../", import.meta.url);
	const declaration = await declarationOf({
		folder: folder.pathname,
		name,
		into,
		constants: () => ({ HALF_VECTORS: 1 }),
	});
	expect(await readFile(new URL(`${into}/${name}-kernels.ts`, folder), "utf8")).toBe(declaration);
});
