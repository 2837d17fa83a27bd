import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { attgrad, temporaryFolder } from "../../testing/command.ts";

const out = temporaryFolder();

test("two shards are measured apart and joined to one sweep, with its figure", async () => {
	const grid = ["scaling", "--algorithm", "exact", "--n", "2^4..2^7", "--out", out];
	const ends = await Promise.all(["1/2", "2/2"].map((shard) => attgrad(["sweep", ...grid, "--shard", shard])));
	expect(ends.map(({ code }) => code)).toEqual([0, 0]);
	expect(ends[0].stderr).toMatch(/^scaling: found 2 cells, done 0, to run 2, about [\d.]+ s\n/);
	expect(existsSync(join(out, "shard-1-of-2/scaling/time-vs-n.png"))).toBe(false);

	const one = await attgrad(["merge", join(out, "shard-1-of-2"), "--out", out]);
	expect(one).toMatchObject({ code: 0, stderr: "" });
	expect(one.stdout).toMatch(/^scaling: 2 of 4 cells, without shard 2\/2; .*: rows\.csv, run\.json/);
	const both = await attgrad(["merge", join(out, "shard-1-of-2"), join(out, "shard-2-of-2/scaling"), "--out", out]);
	expect(both).toMatchObject({ code: 0, stderr: "" });
	expect(both.stdout).toMatch(/^scaling: 4 of 4 cells; .*time-vs-n\.png/);
	expect(readFileSync(join(out, "scaling/rows.csv"), "utf8").trimEnd().split("\n")).toHaveLength(5);

	const again = await attgrad(["sweep", ...grid]);
	expect(again.stderr).toMatch(/^scaling: found 4 cells, done 4, to run 0\n/);
});
