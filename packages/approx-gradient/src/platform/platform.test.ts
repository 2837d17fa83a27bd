import { expect, test } from "vitest";
import * as browser from "./browser.ts";
import * as node from "./node.ts";

test("a browser has every function that Node has, with the same types", () => {
	const platform: typeof node = browser;
	expect(Object.keys(platform).sort()).toEqual(Object.keys(node).sort());
});
