import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { sampleKey, sampleRow } from "../testing/rows.ts";
import { sampleRun } from "../testing/sample-run.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { headerLine, rowLine } from "./rows-file.ts";
import { readRun } from "./run.ts";
import { writeRunInfo } from "./run-info.ts";

const folder = temporaryFolder();

test("rows are read in the order of the grid, those of other grids left out", () => {
	const rows = [3, 1, 2].map((number) => sampleRow({ key: sampleKey(number), n: 2 ** number }));
	const { info, experiment } = sampleRun(rows);
	writeRunInfo(folder, info);
	const written = [sampleRow({ key: sampleKey(9) }), ...rows.toReversed()];
	writeFileSync(join(folder, "rows.csv"), headerLine + written.map(rowLine).join(""));
	expect(readRun(folder, [experiment]).rows.map(({ n }) => n)).toEqual([8, 2, 4]);
});
