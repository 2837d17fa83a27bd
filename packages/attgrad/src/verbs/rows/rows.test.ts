import { cpSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { attgrad, temporaryFolder } from "../../testing/command.ts";

const folder = temporaryFolder();
const results = join(folder, "results");
cpSync(
	fileURLToPath(new URL("../../../../../results/reference/hardness", import.meta.url)),
	join(results, "hardness"),
	{
		recursive: true,
		filter: (path) => !/\.(png|svg|html)$/.test(path),
	},
);

test("rows are a table whose columns hold what extra holds", async () => {
	const { code, stdout, stderr } = await attgrad(["rows", results, "--where", "extra.reduction=R2 and n<=32"]);
	expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
	const [header, first] = stdout.split("\n");
	expect(header).toMatch(/^experiment,algorithm,n,d,B,epsilon,.*extra\.reduction,extra\.factor,/);
	expect(first).toMatch(/^hardness,noisy,32,136,/);
});

test("columns, format and file are chosen", async () => {
	const out = join(folder, "table.tex");
	const words = ["rows", join(results, "hardness"), "--columns", "n,time_ms", "--format", "latex", "--out", out];
	expect(await attgrad(words)).toEqual({ code: 0, stdout: "", stderr: "" });
	expect(readFileSync(out, "utf8")).toMatch(/^\\begin\{tabular\}\{rr\}\n\\toprule\nn & time\\_ms \\\\\n/);
});

test.each([
	[["rows"], /attgrad rows: <folder> is missing; see --help/],
	[["rows", folder + "/nowhere"], /attgrad rows: no results in /],
	[["rows", results, "--columns", "speed"], /attgrad rows: no column speed \(there are key, /],
	[["rows", results, "--where", "n is large"], /attgrad rows: a condition is like n>4096/],
	[["rows", results, "--format", "xml"], /--format must be one of csv, json, markdown, latex, got xml/],
	[["rows", results, "--format", "latex", "--out", "table.csv"], /--out must end in \.tex, got table\.csv/],
])("%j is refused in one line", async (words, reason) => {
	const { code, stdout, stderr } = await attgrad(words);
	expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
	expect(stderr).toMatch(reason);
	expect(stderr.trim()).not.toContain("\n");
});
