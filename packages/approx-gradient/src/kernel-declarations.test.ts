import { readFile } from "node:fs/promises";
import { declarationOf } from "@attgrad/matrix-core/build-kernels";
import { expect, test } from "vitest";
import { kernelConstants } from "./polynomial/kernels/kernel-constants.ts";

test("the declaration of the kernels is what their source says", async () => {
	const folder = new URL("../", import.meta.url);
	const into = "src/polynomial/kernels";
	const constants = () => kernelConstants;
	const declaration = await declarationOf({ folder: folder.pathname, name: "polynomial", into, constants });
	expect(await readFile(new URL(`${into}/polynomial-kernels.ts`, folder), "utf8")).toBe(declaration);
});
