import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createLines } from "../sweep/progress.ts";
import { sweep } from "../sweep/sweep.ts";
import { scalingFigure } from "../testing/figure-rows.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import tiny from "../testing/tiny-experiment.ts";
import { plotRun } from "./plot-run.ts";
import { reportClaims, reportIndex } from "./report-index.ts";

const experiment = {
	...tiny,
	figures: [{ ...scalingFigure, name: "time", title: () => "Twice as fast & more" }],
	claims: [
		{ statement: "Theorem 1.6", says: "It is faster.", figure: "time" },
		{ statement: "ours", says: "It has no figure.", figure: "missing" },
	],
};

const out = temporaryFolder();
const refuse = (line: string) => {
	throw new Error(line);
};

await sweep(experiment, { out, progress: createLines({ isTTY: false, write: () => true }), overrides: { n: [4, 8] } });

test("the page of results has each claim with the title of its figure, the figure, and the command", async () => {
	await plotRun(join(out, "tiny"), [experiment]);
	const path = reportClaims(out, [experiment], refuse);
	const page = readFileSync(path, "utf8");
	expect(path).toBe(join(out, "report.html"));
	expect(page).toContain('<td class="wrap">It is faster.</td>');
	expect(page).toContain('<a href="#tiny-time">Twice as fast &amp; more</a>');
	expect(page).toContain("<code>attgrad sweep tiny --preset quick</code>");
	expect(page).toContain('<figure id="tiny-time">');
	expect(page).toContain(readFileSync(join(out, "tiny/time.png"), "base64"));
	expect(page).not.toContain("It has no figure.");
});

test("a folder of an experiment that nobody knows is left out with a line, and the others have their reports", async () => {
	cpSync(join(out, "tiny"), join(out, "other"), { recursive: true });
	const info = join(out, "other/run.json");
	writeFileSync(info, readFileSync(info, "utf8").replaceAll('"tiny"', '"bygone"'));
	const lines: string[] = [];
	const files = await reportIndex(out, [experiment], (line) => lines.push(line));
	expect(files).toEqual([join(out, "tiny/report.html"), join(out, "report.html")]);
	expect(lines).toEqual([`${join(out, "other")}: left out, since there is no experiment bygone`]);
	await expect(reportIndex(join(out, "other"), [experiment], refuse)).rejects.toThrow(/unknown experiment: bygone/);
});
