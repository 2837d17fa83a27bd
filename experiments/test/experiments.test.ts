import { existsSync, mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Experiment, expandGrid, type Progress, plotRun, presets, readRows, sweep } from "@attgrad/harness";
import { expect, test } from "vitest";
import { experiments } from "../index.ts";

const silent: Progress = { start() {}, begin() {}, finish() {}, notice() {}, stop() {} };

test("names of experiments are unique", () => {
	expect(new Set(experiments.map(({ name }) => name)).size).toBe(experiments.length);
});

test.each(experiments.map((experiment) => [experiment.name, experiment] as const))(
	"%s lives in a folder of its name, beside a README that says how to run it and what it shows",
	async (name, { module, question }) => {
		const folder = dirname(fileURLToPath(module));
		expect(basename(folder)).toBe(name);
		expect((await import(module)).default).toMatchObject({ name });
		const readme = readFileSync(join(folder, "README.md"), "utf8");
		expect(readme).toContain(question);
		expect(readme).toContain(`npm run sweep -- ${name}`);
		for (const heading of ["## Run it", "## The figure", "## What it shows", "## What it does not show"])
			expect(readme).toContain(heading);
	},
);

test.each(experiments.flatMap((experiment) => presets.map((preset) => [experiment.name, preset, experiment] as const)))(
	"the %s experiment has a %s grid of algorithms that exist",
	(_name, preset, experiment) => {
		expect(expandGrid(experiment, preset, "js").length).toBeGreaterThan(10);
	},
);

/** What is measured of each experiment here, so that it takes seconds. */
const smallGrids: Readonly<Record<string, Parameters<typeof sweep>[1]["overrides"]>> = {
	scaling: { n: [48, 96] },
	degree: { n: [48], B: [1, 2] },
};

const beginning = (experiment: Experiment): Experiment => ({
	...experiment,
	grid: {
		...experiment.grid,
		quick: experiment.grid.quick.map((block) => ({
			...block,
			...(block.degree && { degree: block.degree.slice(0, 3) }),
		})),
	},
});

test.each(experiments.map((experiment) => [experiment.name, experiment] as const))(
	"a small %s sweep measures all its cells and draws its figures",
	async (name, experiment) => {
		const out = mkdtempSync(join(tmpdir(), "attgrad-experiments-"));
		const overrides = smallGrids[name];
		expect(overrides).toBeDefined();
		const { folder, counts, left } = await sweep(beginning(experiment), {
			progress: silent,
			out,
			overrides: overrides!,
		});
		expect(left).toBe(0);
		expect(Object.keys(counts)).toEqual(["done"]);
		const rows = readRows(join(folder, "rows.csv")).rows;
		expect(rows.every(({ error_max, error_bound = Infinity }) => error_max! <= error_bound)).toBe(true);
		const files = await plotRun(folder, experiments);
		expect(files).toEqual(
			experiment.figures.flatMap((figure) => ["svg", "png"].map((ending) => join(folder, `${figure.name}.${ending}`))),
		);
		expect(files.every((file) => existsSync(file))).toBe(true);
	},
);
