import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createLines } from "../sweep/progress.ts";
import { sweep } from "../sweep/sweep.ts";
import { scalingFigure } from "../testing/figure-rows.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import tiny from "../testing/tiny-experiment.ts";
import { plotRun } from "./plot-run.ts";

test("figures that the rows of the last sweep no longer make are gone", async () => {
	const out = temporaryFolder();
	const experiment = { ...tiny, figures: [{ ...scalingFigure, name: "time" }] };
	const progress = createLines({ isTTY: false, write: () => true });
	const drawn = async (algorithm: string) => {
		const overrides = { algorithm: [algorithm], n: [4, 8] };
		await sweep(experiment, { out, progress, overrides });
		await plotRun(join(out, "tiny"), [experiment]);
		return readdirSync(join(out, "tiny")).filter((name) => name.startsWith("time."));
	};
	expect(await drawn("honest")).toEqual(["time.png", "time.svg"]);
	expect(await drawn("throwing")).toEqual([]);
});
