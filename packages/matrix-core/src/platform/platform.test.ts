import { expect, test } from "vitest";
import { kernelBytes } from "../runtime/kernel-module.ts";
import * as browser from "./browser.ts";
import * as node from "./node.ts";
import { provideKernels } from "./provided-kernels.ts";

test("a browser has every function that Node has, with the same types", () => {
	const platform: typeof node = browser;
	expect(Object.keys(platform).sort()).toEqual(Object.keys(node).sort());
});

test("a turn of the event loop lets messages and timers come first, on both", async () => {
	for (const { nextTurn } of [browser, node]) {
		const seen: string[] = [];
		setTimeout(() => seen.push("timer"), 0);
		for (let turn = 0; turn < 1000 && seen.length === 0; turn++) await nextTurn();
		expect(seen).toEqual(["timer"]);
	}
});

test("a module that was handed over comes before the one in its folder", () => {
	const other = { name: "handed-over", folder: new URL("file:///nowhere/"), kernels: {}, structs: {} };
	expect(kernelBytes(other, "simd")).toBeUndefined();
	const bytes = Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0);
	provideKernels({ "handed-over.simd.wasm": bytes });
	expect(kernelBytes(other, "simd")).toBe(bytes);
	expect(kernelBytes(other, "fma")).toBeUndefined();
});
