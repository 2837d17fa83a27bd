import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createRuntime } from "@attgrad/matrix-core";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { readUnitTimes, writeUnitTimes } from "./calibration-cache.ts";

const key = "a processor, kernel fma256, f64, threads 1";
const times = { streaming: [1, 2, 3, 4, 5] };
let folder: string;

beforeEach(async () => {
	folder = await mkdtemp(join(tmpdir(), "attgrad-cache-"));
	vi.stubEnv("XDG_CACHE_HOME", folder);
});
afterEach(async () => {
	vi.unstubAllEnvs();
	vi.resetModules();
	await rm(folder, { recursive: true });
});

const cached = async () => join(folder, "attgrad", (await readdir(join(folder, "attgrad")))[0]);

test("what is cached is read again, under its own key and version only", async () => {
	await writeUnitTimes(key, times, { streaming: 2 });
	expect(await readUnitTimes(key, { streaming: 2 })).toEqual(times);
	expect(await readUnitTimes(key, { streaming: 3 })).toEqual({});
	expect(await readUnitTimes(key.replace("f64", "f32"), { streaming: 2 })).toEqual({});
	expect(JSON.parse(await readFile(await cached(), "utf8")).key).toBe(key);
});

test("a second name is cached beside the first", async () => {
	await writeUnitTimes(key, times, { streaming: 2 });
	await writeUnitTimes(key, { definition: [5, 6, 7] }, { definition: 1 });
	expect(await readUnitTimes(key, {})).toEqual({ ...times, definition: [5, 6, 7] });
});

test.each(["", "{", "[]", '{"format":3,"key":"another","times":{}}', '{"format":3,"times":7}'])(
	"a damaged cache is as none: %s",
	async (text) => {
		await writeUnitTimes(key, times, { streaming: 2 });
		await writeFile(await cached(), text);
		expect(await readUnitTimes(key, {})).toEqual({});
		await writeUnitTimes(key, times, { streaming: 2 });
		expect(await readUnitTimes(key, {})).toEqual(times);
	},
);

test("a cache that cannot be written is as none", async () => {
	const file = join(folder, "file");
	await writeFile(file, "");
	vi.stubEnv("XDG_CACHE_HOME", file);
	await writeUnitTimes(key, times, { streaming: 2 });
	expect(await readUnitTimes(key, {})).toEqual({});
});

test("a machine is measured once: the next process reads what this one has written", async () => {
	const runtime = await createRuntime({ kernel: "js" });
	const timeOf = async () => {
		vi.resetModules();
		const { calibratedModel } = await import("./calibration.ts");
		return (await calibratedModel(runtime, "f64", ["definition"])).timeOf("definition", { n: 100, d: 2 });
	};
	const first = await timeOf();
	expect(first).toBeGreaterThan(0);
	expect(await timeOf()).toBe(first);
});
