import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { UsageError } from "@attgrad/matrix-core";
import { expect, test } from "vitest";
import { readMachine, readVersions } from "../system/machine.ts";
import { folderIn, temporaryFolder } from "../testing/temporary-folder.ts";
import { type RunInfo, readRunInfo, writeRunInfo } from "./run-info.ts";

const folder = temporaryFolder();
const path = join(folder, "run.json");

const info: RunInfo = {
	experiment: "tiny",
	title: "A tiny experiment",
	question: "Does it?",
	preset: "quick",
	settings: { jobs: 1 },
	versions: readVersions(),
	machine: readMachine(),
	kernel: "js",
	commit: null,
	dirty: null,
	startedAt: "2026-01-02T03:04:05.678Z",
	cells: [
		{
			key: "0123456789abcdef",
			experiment: "tiny",
			algorithm: "streaming",
			n: 8,
			d: 2,
			B: 1,
			distribution: "uniform",
			seed: 1,
			dtype: "f64",
			threads: 1,
			kernel: "js",
		},
	],
};

test("run.json is read as it was written", () => {
	writeRunInfo(folder, info);
	expect(readRunInfo(folder)).toEqual(info);
	expect(info.machine).toMatchObject({ cores: expect.any(Number), memoryMb: expect.any(Number) });
});

test("a run.json that is missing or damaged is refused", () => {
	expect(() => readRunInfo(join(folder, "nowhere"))).toThrow(UsageError);
	expect(() => readRunInfo(join(folder, "nowhere"))).toThrow(
		"run.json: not found; give a folder that a sweep has written",
	);
	writeRunInfo(folder, info);
	writeFileSync(path, readFileSync(path, "utf8").slice(0, 50));
	expect(() => readRunInfo(folder)).toThrow(`${path}: not valid JSON; sweep again to replace it`);
	writeFileSync(path, "[]");
	expect(() => readRunInfo(folder)).toThrow(`${path}: invalid input: expected object`);
	writeRunInfo(folder, { ...info, preset: "enormous" } as unknown as RunInfo);
	expect(() => readRunInfo(folder)).toThrow(`${path}: preset: `);
});

test("a run.json that cannot be read is not said to be missing", () => {
	const other = folderIn(folder);
	expect(() => readRunInfo(other)).toThrow(`${join(other, "run.json")}: not found; give a folder`);
	mkdirSync(join(other, "run.json"));
	expect(() => readRunInfo(other)).toThrow(`cannot read ${join(other, "run.json")}: is a folder`);
});
