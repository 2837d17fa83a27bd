import fc from "fast-check";
import { expect, test } from "vitest";
import * as browser from "./browser.ts";
import * as node from "./node.ts";

test("a browser has every function that Node has, with the same types", () => {
	const platform: typeof node = browser;
	expect(Object.keys(platform).sort()).toEqual(Object.keys(node).sort());
});

test("the CRC-32 of a browser is that of zlib, in one piece and in two", () => {
	fc.assert(
		fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(300), (bytes, cut) => {
			expect(browser.crc32(bytes)).toBe(node.crc32(bytes));
			const first = browser.crc32(bytes.subarray(0, cut));
			expect(browser.crc32(bytes.subarray(cut), first)).toBe(node.crc32(bytes));
		}),
	);
	expect(browser.crc32(new TextEncoder().encode("123456789"))).toBe(0xcbf43926);
});

test("a path is refused in a browser, with why", () => {
	expect(() => browser.openFile("p.npz")).toThrow("cannot read p.npz: a browser opens no files by path");
	expect(() => browser.isFolder("p")).toThrow("cannot read p: a browser opens no files by path");
});
