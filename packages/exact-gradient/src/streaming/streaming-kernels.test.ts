import { readFile } from "node:fs/promises";
import { declarationOf } from "@attgrad/matrix-core/build-kernels";
import { expect, test } from "vitest";

test("the declaration of the kernels is what their source says", async () => {
	const declaration = await declarationOf({ folder: new URL("..", import.meta.url).pathname, name: "streaming" });
	expect(await readFile(new URL("streaming-kernels.ts", import.meta.url), "utf8")).toBe(declaration);
});
