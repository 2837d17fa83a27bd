import {
	type Cell,
	cellKey,
	expandGrid,
	parseAlgorithms,
	parseAxis,
	presets,
	reproduceCommand,
	reproduceRun,
} from "@attgrad/harness";
import { expect, test } from "vitest";
import { experiments } from "../index.ts";

/** The words of a command, read as a POSIX shell reads them. */
function words(command: string): string[] {
	return Array.from(command.matchAll(/(?:'[^']*'|\\.|[^\s'\\])+/g), ([word]) =>
		word.replaceAll(/'([^']*)'|\\(.)/g, (_, quoted, escaped) => quoted ?? escaped),
	);
}

/** The cells that a command of a report asks for. */
function cellsOf(command: string, kernel: string): Cell[] {
	const [npx, attgrad, sweep, name, ...options] = words(command.replace(/ --fresh --out again$/, ""));
	expect([npx, attgrad, sweep]).toEqual(["npx", "attgrad", "sweep"]);
	const given = Object.fromEntries(
		options.flatMap((word, i) => (i % 2 === 0 ? [[word.replace(/^--/, ""), options[i + 1]]] : [])),
	);
	const { preset, algorithm, command: program, distribution, dtype, ...axes } = given;
	const numbers = Object.entries(axes).map(([axis, text]) => [axis, parseAxis(axis, text)]);
	return expandGrid(experiments.find((experiment) => experiment.name === name)!, preset as "quick", kernel, {
		...Object.fromEntries(numbers),
		algorithm: program ? [`command:${program}`] : parseAlgorithms(algorithm),
		distribution: [distribution],
		dtype: [dtype as "f64"],
	});
}

test.each(experiments.flatMap((experiment) => presets.map((preset) => [experiment.name, preset, experiment] as const)))(
	"the command of a cell of %s, %s, measures that cell and no other",
	(_, preset, experiment) => {
		const cells = expandGrid(experiment, preset, "js");
		const step = Math.ceil(cells.length / 5);
		for (const cell of cells.filter((_, i) => i % step === 0)) {
			const command = reproduceCommand(cell, preset);
			expect(cellsOf(command, "js").map(cellKey), command).toEqual([cellKey(cell)]);
		}
	},
);

test("a row of a program of one's own is measured again whatever is in its words, into a folder of its own", () => {
	const cell = expandGrid(experiments.find(({ name }) => name === "scaling")!, "quick", "js", {
		algorithm: ["command:python3 x.py 1,2"],
		n: [256],
	})[0];
	const command = reproduceCommand(cell, "quick");
	expect(command).toContain("--command 'python3 x.py 1,2'");
	expect(command).toMatch(/ --fresh --out again$/);
	expect(cellsOf(command, "js").map(cellKey)).toEqual([cellKey(cell)]);
});

test("the whole run is measured again with its settings, every word as a shell takes it", () => {
	const settings = {
		overrides: { algorithm: ["exact", "command:python3 mine.py"], n: [256, 512] },
		jobs: 2,
		timeLimit: 20_000,
		cellTimeout: 120_000,
	};
	expect(words(reproduceRun({ experiment: "scaling", preset: "quick", settings }))).toEqual([
		...["npx", "attgrad", "sweep", "scaling", "--preset", "quick", "--algorithm", "exact"],
		...["--command", "python3 mine.py", "--n", "256,512", "--time-limit", "20s", "--jobs", "2"],
		...["--fresh", "--out", "again"],
	]);
});
