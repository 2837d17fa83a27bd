import { homedir, userInfo } from "node:os";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import * as browser from "./browser.ts";
import * as node from "./node.ts";

test("a browser has every function that Node has, with the same types", () => {
	const platform: typeof node = browser;
	expect(Object.keys(platform).sort()).toEqual(Object.keys(node).sort());
});

test.each(["", "cache", "./cache"])("a cache folder that is no absolute path is not used: %j", (given) => {
	vi.stubEnv("XDG_CACHE_HOME", given);
	expect(node.cacheFolder()).toBe(join(homedir(), ".cache", "attgrad"));
	vi.stubEnv("HOME", "");
	expect(node.cacheFolder()).toBe(join(userInfo().homedir, ".cache", "attgrad"));
	vi.unstubAllEnvs();
});
