import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import {
	type Cell,
	cellKey,
	type Experiment,
	expandGrid,
	figureModel,
	type Progress,
	plotRun,
	presets,
	readRows,
	readRun,
	sweep,
} from "@attgrad/harness";
import { createRuntime } from "@attgrad/matrix-core";
import { afterAll, expect, test } from "vitest";
import { experiments } from "../index.ts";

const parent = mkdtempSync(join(tmpdir(), "attgrad-experiments-"));
afterAll(() => rmSync(parent, { recursive: true, force: true }));

const runtime = await createRuntime();
const { kernel } = runtime;
await runtime.close();

const silent: Progress = { start() {}, begin() {}, finish() {}, notice() {}, stop() {} };

test("names of experiments are unique", () => {
	expect(new Set(experiments.map(({ name }) => name)).size).toBe(experiments.length);
});

test.each(experiments.map(({ name, module }) => [name, module] as const))(
	"%s lives in a folder of its name, beside a README that says how to run it",
	async (name, module) => {
		const folder = dirname(fileURLToPath(module));
		expect(basename(folder)).toBe(name);
		expect((await import(module)).default).toMatchObject({ name });
		const readme = readFileSync(join(folder, "README.md"), "utf8");
		expect(readme).toMatch(new RegExp(`^# ${name}: `));
		expect(readme).toMatch(new RegExp(`sweep (-- )?${name}\\b`));
	},
);

/** Experiments that the reference run has. */
const referred = experiments.filter(({ name }) =>
	existsSync(new URL(`../../results/reference/${name}`, import.meta.url)),
);

test.each(referred.map((experiment) => [experiment.name, experiment] as const))(
	"the README of %s shows each of its figures",
	(name, { module, figures }) => {
		const readme = readFileSync(join(dirname(fileURLToPath(module)), "README.md"), "utf8");
		const shown = [...readme.matchAll(/!\[[^\]]+\]\(\.\.\/\.\.\/results\/reference\/([^)]+)\.png\)/g)];
		expect(shown.map(([, path]) => path).sort()).toEqual(figures.map((figure) => `${name}/${figure.name}`).sort());
	},
);

test.each(experiments.flatMap((experiment) => presets.map((preset) => [experiment.name, preset, experiment] as const)))(
	"the %s experiment has a %s grid of algorithms that exist",
	(_name, preset, experiment) => {
		expect(expandGrid(experiment, preset, "js").length).toBeGreaterThan(10);
	},
);

test.each(referred.map((experiment) => [experiment.name, experiment] as const))(
	"no figure of the reference run of %s is split into settings that its experiment has not declared",
	(name, { figures }) => {
		const { rows } = readRun(fileURLToPath(new URL(`../../results/reference/${name}`, import.meta.url)), experiments);
		for (const figure of figures)
			for (const { note } of figureModel(figure, rows)?.panels ?? []) expect(note, figure.name).toBeUndefined();
	},
);

/** An experiment with no more cells than these few, the smallest. */
function beginning(experiment: Experiment, cells: number): Experiment {
	const kept = new Set(expandGrid(experiment, "quick", kernel).slice(0, cells).map(cellKey));
	const quick = experiment.grid.quick.map((block) => ({
		...block,
		exclude: (cell: Cell) => block.exclude?.(cell) === true || !kept.has(cellKey(cell)),
	}));
	return { ...experiment, grid: { ...experiment.grid, quick } };
}

test.each(experiments.map((experiment) => [experiment.name, experiment] as const))(
	"the beginning of a %s sweep is measured within its certificates and drawn",
	async (_name, experiment) => {
		const out = mkdtempSync(join(parent, "test-"));
		const { folder, counts, left } = await sweep(beginning(experiment, 3), { progress: silent, out });
		expect({ counts, left }).toEqual({ counts: { done: 3 }, left: 0 });
		const rows = readRows(join(folder, "rows.csv")).rows;
		expect(rows.every(({ error_max = 0, error_bound = Infinity }) => error_max <= error_bound)).toBe(true);
		const files = await plotRun(folder, experiments);
		expect(files.length).toBeGreaterThan(0);
		expect(files.every((file) => existsSync(file))).toBe(true);
	},
);
