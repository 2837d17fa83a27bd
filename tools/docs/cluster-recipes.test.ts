import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseShard, readRows } from "@attgrad/harness";
import { attgrad, temporaryFolder } from "attgrad/testing";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));
const docs = readFileSync(join(root, "docs/cluster.md"), "utf8");
const recipe = /```yaml\n(apiVersion: batch\/v1[\s\S]*?)```/.exec(docs)?.[1] ?? "";

test("the Kubernetes job of docs/cluster.md asks for every shard once", () => {
	const completions = Number(/completions: (\d+)/.exec(recipe)![1]);
	const [, line] = /command: \[sh, -c, '(.*)'\]/.exec(recipe)!;
	const folder = temporaryFolder();
	// Stands for npx in a pod: it tells what it was called with.
	const npx = join(folder, "npx");
	writeFileSync(npx, '#!/bin/sh\necho "$@"\n');
	chmodSync(npx, 0o755);
	const shards = Array.from({ length: completions }, (_, index) => {
		const env = { PATH: `${folder}${delimiter}${process.env["PATH"]}`, JOB_COMPLETION_INDEX: String(index) };
		const words = execFileSync("sh", ["-c", line], { env, encoding: "utf8" }).trim().split(" ");
		expect(words.toSpliced(4, 1)).toEqual(["attgrad", "sweep", "scaling", "--shard", "--out", "/results"]);
		return parseShard(words[4]);
	});
	expect(shards).toEqual(shards.map((_, index) => ({ index: index + 1, of: completions })));
	expect(shards.length).toBeGreaterThan(1);
});

const parallel = spawnSync("parallel", ["--version"], { encoding: "utf8" }).stdout?.startsWith("GNU parallel") ?? false;

test.skipIf(!parallel)(
	"GNU parallel runs the shards as docs/cluster.md has it, and merge joins them (skipped where it is not installed)",
	async () => {
		const [line] = /^parallel --jobs 2 npx attgrad sweep scaling --shard \{\}\/4 ::: 1 2 3 4$/m.exec(docs)!;
		const folder = join(temporaryFolder(), "work");
		mkdirSync(folder);
		symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
		const small = "--algorithm exact --n 64,128,256,512,1024";
		execFileSync("sh", ["-c", line.replace(" --shard", ` ${small} --shard`)], { cwd: folder, stdio: "pipe" });
		const results = join(folder, "results");
		const shards = [1, 2, 3, 4].map((index) => join(results, `shard-${index}-of-4`));
		const { code, stderr } = await attgrad(["merge", ...shards, "--out", results]);
		expect(code, stderr).toBe(0);
		expect(
			readRows(join(results, "scaling/rows.csv"))
				.rows.map(({ n }) => n)
				.sort((a, b) => a - b),
		).toEqual([64, 128, 256, 512, 1024]);
	},
	120_000,
);
