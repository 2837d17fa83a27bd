import { existsSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { writeAtomically } from "@attgrad/attention-problem";
import { UsageError } from "@attgrad/matrix-core";
import type { Experiment } from "../experiment/index.ts";
import { figureModel } from "../figures/index.ts";
import { isRun, type Run, readRun, readRunInfo, runsIn } from "../store/index.ts";
import { type Html, html } from "./html/html.ts";
import { pageFrame } from "./html/page-frame.ts";
import { table } from "./html/report-tables.ts";
import { reportFileName, reportRun } from "./report-run.ts";

/**
 * Writes the reports of a folder: of a results folder its own; of a folder that holds results folders that of each of
 * them, and one beside them with the claims and figures of all.
 * @param tell takes a line about each folder that is left out
 * @returns the files written
 * @throws UsageError when the folder is neither
 */
export async function reportIndex(
	folder: string,
	experiments: readonly Experiment[],
	tell: (line: string) => void,
): Promise<string[]> {
	if (isRun(folder)) return [await reportRun(folder, experiments)];
	const folders = knownRuns(folder, experiments, tell);
	const files: string[] = [];
	for (const one of folders) files.push(await reportRun(one, experiments));
	return [...files, writeIndex(folder, folders, experiments)];
}

/**
 * Writes the page of claims and figures of a folder that holds results folders, and no report of them.
 * @returns its path
 * @throws UsageError where the folder holds no results
 */
export function reportClaims(folder: string, experiments: readonly Experiment[], tell: (line: string) => void): string {
	return writeIndex(folder, knownRuns(folder, experiments, tell), experiments);
}

function writeIndex(folder: string, folders: readonly string[], experiments: readonly Experiment[]): string {
	const path = join(folder, reportFileName);
	writeAtomically(path, indexPage(folders.map((one) => readRun(one, experiments))));
	return path;
}

/** The results folders in a folder whose experiment is known; of each other one a line is told. */
function knownRuns(folder: string, experiments: readonly Experiment[], tell: (line: string) => void): string[] {
	const folders = runsIn(folder);
	const known = folders.filter((one) => {
		const { experiment } = readRunInfo(one);
		const isKnown = experiments.some(({ name }) => name === experiment);
		if (!isKnown) tell(`${one}: left out, since there is no experiment ${experiment}`);
		return isKnown;
	});
	if (known.length === 0)
		throw new UsageError(
			`${folder}: no results; give a folder that a sweep has written, or one that holds such folders`,
		);
	return known;
}

/** A figure of a run: what its title says, and its picture where it was drawn. */
interface DrawnFigure {
	readonly run: Run;
	readonly name: string;
	readonly title: string;
	readonly picture?: string;
}

function figuresOf(run: Run): DrawnFigure[] {
	return run.experiment.figures.flatMap((figure) => {
		const model = figureModel(figure, run.rows);
		if (!model) return [];
		const path = join(run.folder, `${figure.name}.png`);
		const picture = existsSync(path) && `data:image/png;base64,${readFileSync(path, "base64")}`;
		return [{ run, name: figure.name, title: model.title, ...(picture && { picture }) }];
	});
}

const idOf = ({ run, name }: DrawnFigure): string => `${run.info.experiment}-${name}`;

const reportOf = ({ folder }: Run): string => `${encodeURIComponent(basename(folder))}/${reportFileName}`;

/** A page with the claims and their verdicts, the experiments, and all figures. */
function indexPage(runs: readonly Run[]): string {
	const figures = runs.flatMap(figuresOf);
	return pageFrame({
		title: "attgrad: claims and results",
		header: html`<h1>Claims and results</h1><p>${runs.length} experiments. A verdict is the title of the figure, with the numbers of these rows.</p>`,
		main: html`${claimSection(figures)}
<section id="experiments" aria-labelledby="experiments-heading"><h2 id="experiments-heading">Experiments</h2>
${experimentTable(runs)}</section>
<section id="figures" aria-labelledby="figures-heading"><h2 id="figures-heading">Figures</h2>
${figures.map(figurePart)}</section>`,
	});
}

function claimSection(figures: readonly DrawnFigure[]): Html | undefined {
	const rows = figures.flatMap((figure) =>
		(figure.run.experiment.claims ?? [])
			.filter((claim) => claim.figure === figure.name)
			.map(({ statement, says }) => [
				statement,
				says,
				html`<a href="#${idOf(figure)}">${figure.title}</a>`,
				html`<code>attgrad sweep ${figure.run.info.experiment} --preset ${figure.run.info.preset}</code>`,
			]),
	);
	if (rows.length === 0) return undefined;
	// The paper's statements first.
	const [paper, ours] = [true, false].map((isPaper) =>
		rows.filter(([statement]) => (statement !== "ours") === isPaper),
	);
	const heads = ["statement", "claim", "verdict", "measured by"];
	return html`<section id="claims" aria-labelledby="claims-heading"><h2 id="claims-heading">Claims</h2>
<p>Names of statements are those of the paper; docs/paper-map.md leads from each to the code and its tests, docs/claims.md has these claims with the numbers of the reference run.</p>
${table(
	"Claims",
	heads.map((head) => ({ head, isWide: head === "claim" || head === "verdict" })),
	[...paper, ...ours],
)}</section>`;
}

function experimentTable(runs: readonly Run[]): Html {
	const rows = runs.map((run) => {
		const { info, rows } = run;
		const statuses = [...Map.groupBy(rows, ({ status }) => status)].map(
			([status, group]) => `${group.length} ${status}`,
		);
		return [
			html`<a href="${reportOf(run)}">${info.experiment}</a>`,
			info.question,
			statuses.join(", "),
			info.preset,
			info.startedAt.slice(0, 10),
			info.machine.name,
		];
	});
	const heads = ["experiment", "question", "cells", "preset", "measured", "machine"];
	return table(
		"Experiments",
		heads.map((head) => ({ head, isWide: head === "question" })),
		rows,
	);
}

function figurePart(figure: DrawnFigure): Html {
	const { run, title, picture } = figure;
	return html`<figure id="${idOf(figure)}">
${picture && html`<img src="${picture}" alt="${title}" width="700" loading="lazy">`}
<figcaption><a href="${reportOf(run)}">${run.info.experiment}</a>: ${title}</figcaption>
</figure>
`;
}
