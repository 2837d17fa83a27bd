import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { AxeResults } from "axe-core";
import { parse } from "csv-parse/sync";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { columns, type Row } from "../cells/row.ts";
import type { Figure } from "../figures/figure.ts";
import { figureModel } from "../figures/model/figure-model.ts";
import { screenFigure } from "../figures/screen/screen-figure.ts";
import { noBrowser, startBrowser } from "../testing/browser.ts";
import {
	degreeFigure,
	degreeRows,
	paretoFigure,
	paretoRows,
	phaseFigure,
	phaseRows,
	scalingFigure,
	scalingRows,
} from "../testing/figure-rows.ts";
import { sampleRun } from "../testing/sample-run.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { reportPage } from "./report-page.ts";

if (noBrowser) console.warn(`report in a browser: ${noBrowser}`);

const folder = temporaryFolder();
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

const reports: Record<string, readonly [figure: Figure, rows: Row[]]> = {
	scaling: [scalingFigure, scalingRows()],
	degree: [degreeFigure, degreeRows()],
	phase: [phaseFigure, phaseRows()],
	pareto: [paretoFigure, paretoRows()],
};

const pathOf = (name: string) => join(folder, `${name}.html`);

let browser: Browser;

beforeAll(async () => {
	for (const [name, [figure, rows]] of Object.entries(reports))
		writeFileSync(
			pathOf(name),
			reportPage(sampleRun(rows, [figure]), [{ name, ...(await screenFigure(figureModel(figure, rows)!)) }]),
		);
	const rows = scalingRows();
	const times = Array.from({ length: 40 }, (_, i) => 1 + i / 100);
	writeFileSync(pathOf("samples"), reportPage(sampleRun(rows), [], new Map([[rows[0].key, [times]]])));
	if (!noBrowser) browser = await startBrowser();
});

afterAll(() => browser?.close());

/** Opens a report from the disk, works with it and closes it. No request but that for the file, no error, no warning. */
async function withReport(
	name: string,
	work: (page: Page) => Promise<void>,
	options: { width?: number; colorScheme?: "dark" | "light" } = {},
): Promise<void> {
	const { width = 1280, colorScheme = "light" } = options;
	const page = await browser.newPage({ viewport: { width, height: 800 }, colorScheme });
	const complaints: string[] = [];
	const requests: string[] = [];
	page.setDefaultTimeout(30_000);
	page.on("console", (message) => complaints.push(message.text()));
	page.on("pageerror", (error) => complaints.push(error.message));
	page.on("request", (request) => requests.push(request.url()));
	const address = pathToFileURL(pathOf(name)).href;
	await page.goto(address);
	await page.locator("html[data-ready]").waitFor();
	await work(page);
	expect(complaints).toEqual([]);
	expect(requests.filter((url) => !url.startsWith("blob:"))).toEqual([address]);
	await page.close();
}

const symbols = (page: Page) => page.locator(".mark-symbol.role-mark path").count();

describe.skipIf(noBrowser)("the report in a browser", () => {
	test.each([
		["scaling", 1280, "light"],
		["scaling", 360, "dark"],
		["degree", 1280, "dark"],
		["phase", 360, "light"],
		["pareto", 360, "dark"],
	] as const)("%s passes axe at %i pixels, %s, and is no wider than the window", (name, width, colorScheme) =>
		withReport(
			name,
			async (page) => {
				await page.locator("details summary").first().click();
				await page.evaluate(axe);
				const { violations } = await page.evaluate(() =>
					(globalThis as unknown as { axe: { run(): Promise<AxeResults> } }).axe.run(),
				);
				expect(violations.map(({ id, nodes }) => [id, ...nodes.map(({ html }) => html)])).toEqual([]);
				expect(await page.evaluate<number>("document.documentElement.scrollWidth")).toBeLessThanOrEqual(width);
			},
			{ width, colorScheme },
		),
	);

	test("every point that is measured is drawn", () =>
		withReport("scaling", async (page) => {
			expect(await symbols(page)).toBe(scalingRows().length);
			expect(await page.locator(".chart svg").count()).toBe(1);
		}));

	test("an entry of the legend hides its curve and shows it again, by mouse and by keyboard", () =>
		withReport("scaling", async (page) => {
			const all = await symbols(page);
			const entry = page.getByRole("button", { name: "dense", exact: true });
			await entry.click();
			expect(await entry.getAttribute("aria-pressed")).toBe("false");
			const own = scalingRows().filter(({ algorithm }) => algorithm === "dense").length;
			await expect.poll(() => symbols(page)).toBe(all - own);
			await entry.press("Enter");
			expect(await entry.getAttribute("aria-pressed")).toBe("true");
			await expect.poll(() => symbols(page)).toBe(all);
		}));

	test("a figure is zoomed by button and wheel, moved by keys and dragging, and reset", () =>
		withReport("scaling", async (page) => {
			const scene = async () => {
				const points = await page.locator(".mark-symbol.role-mark path").all();
				return (await Promise.all(points.slice(0, 12).map((point) => point.getAttribute("transform")))).join("\n");
			};
			const first = await scene();
			const changes: [string, () => Promise<unknown>][] = [
				["button", () => page.getByRole("button", { name: "Zoom in" }).click()],
				["key", () => page.getByRole("button", { name: "Zoom in" }).press("ArrowRight")],
			];
			changes.push([
				"drag",
				async () => {
					await page.locator(".chart").scrollIntoViewIfNeeded();
					const box = (await page.locator(".chart").boundingBox())!;
					const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
					await page.mouse.move(x, y);
					await page.mouse.down();
					await page.mouse.move(x + 60, y + 30, { steps: 3 });
					await page.mouse.up();
				},
			]);
			changes.push([
				"wheel",
				async () => {
					await page.keyboard.down("Control");
					await page.mouse.wheel(0, -100);
					await page.keyboard.up("Control");
				},
			]);
			let before = first;
			for (const [what, change] of changes) {
				await change();
				await expect.poll(scene, { message: what }).not.toBe(before);
				before = await scene();
			}
			await page.getByRole("button", { name: "Reset" }).click();
			await expect.poll(scene).toBe(first);
		}));

	test("a point tells its values under the pointer", () =>
		withReport("scaling", async (page) => {
			await page.locator(".mark-symbol.role-mark path").nth(5).hover();
			const tooltip = page.locator("#tooltip");
			await tooltip.waitFor();
			expect(await tooltip.textContent()).toMatch(
				/^streamingsequence length n \(tokens\): 8,192time of one gradient \(ms\): /,
			);
		}));

	test("the figure's values are there as text", () =>
		withReport("phase", async (page) => {
			await page.locator("details summary").first().click();
			await expect.poll(() => page.locator("details tbody tr").count()).toBeGreaterThan(5);
		}));

	test("values are those of curves, without the ends of lines to compare with", () =>
		withReport("scaling", async (page) => {
			await page.locator("details summary").first().click();
			const curves = page.locator("details tbody").first().locator("tr > td:nth-child(2)");
			await expect.poll(() => curves.count()).toBeGreaterThan(5);
			expect(await curves.allTextContents()).not.toContain("");
		}));

	test("rows are sorted by keyboard, numbers as numbers, and the order is told", () =>
		withReport("scaling", async (page) => {
			const head = page.getByRole("columnheader", { name: "time_ms" });
			const at = await head.evaluate((cell) => [...cell.parentElement.children].indexOf(cell));
			const read = async () => {
				const texts = await page.locator(`#rows-body td:nth-child(${at + 1})`).allInnerTexts();
				return texts.filter((text) => text !== "").map((text) => Number(text.replaceAll(",", "")));
			};
			const times = scalingRows().flatMap(({ time_ms }) =>
				time_ms === undefined ? [] : [Number(time_ms.toPrecision(4))],
			);
			times.sort((a, b) => a - b);
			await head.getByRole("button").press("Enter");
			expect(await head.getAttribute("aria-sort")).toBe("ascending");
			expect(await read()).toEqual(times);
			await head.getByRole("button").press("Space");
			expect(await head.getAttribute("aria-sort")).toBe("descending");
			expect(await read()).toEqual(times.toReversed());
		}));

	test("rows are filtered, and what is left is downloaded with every column", () =>
		withReport("scaling", async (page) => {
			await page.getByRole("searchbox").fill("polynomial n=1024");
			expect(await page.locator("#rows-count").textContent()).toBe("3 of 45 rows");
			await page.getByRole("combobox").selectOption("skipped");
			expect(await page.locator("#rows-count").textContent()).toBe("0 of 45 rows");
			await page.getByRole("combobox").selectOption("");
			const download = page.waitForEvent("download");
			await page.getByRole("button", { name: "Download CSV" }).click();
			const file = await download;
			expect(file.suggestedFilename()).toBe("tiny.csv");
			const [header, ...records] = parse(readFileSync(await file.path())) as string[][];
			expect(header).toEqual(columns);
			expect(records.map((fields) => fields[columns.indexOf("algorithm")])).toEqual([
				"polynomial/paper",
				"polynomial/moment",
				"polynomial/reverse",
			]);
		}));

	test("ticks stay where a figure is zoomed, and powers of two stay powers of two", () =>
		withReport("scaling", async (page) => {
			const labels = async () => (await page.locator(".role-axis-label text").allTextContents()).sort();
			const first = await labels();
			for (let press = 1; press <= 6; press++) {
				await page.getByRole("button", { name: "Zoom in" }).click();
				if (press === 2) await expect.poll(labels).not.toEqual(first);
				const [x, y] = [0, 1].map((axis) => page.locator(".role-axis-label").nth(axis).locator("text"));
				await expect.poll(async () => (await x.allTextContents()).filter(Boolean).length).toBeGreaterThan(1);
				await expect.poll(async () => (await y.allTextContents()).filter(Boolean).length).toBeGreaterThan(1);
			}
			await page.getByRole("button", { name: "Reset" }).click();
			await expect.poll(labels).toEqual(first);
		}));

	test("a figure is downloaded as it is, as SVG and PNG, and its points as CSV", () =>
		withReport("degree", async (page) => {
			const taken = async (name: string) => {
				const download = page.waitForEvent("download");
				await page.getByRole("button", { name, exact: true }).click();
				const file = await download;
				return { name: file.suggestedFilename(), content: readFileSync(await file.path()) };
			};
			await page.getByRole("button", { name: "measured error", exact: true }).click();
			const svg = await taken("SVG");
			expect(svg.name).toBe("degree.svg");
			const text = svg.content.toString("utf8");
			expect(text.match(/<svg /g)?.length).toBe(1 + (await page.locator(".chart").count()));
			expect(text).toContain("certified a priori");
			expect(text).not.toContain(">measured error<");
			const png = await taken("PNG");
			expect(png.content.subarray(1, 4).toString()).toBe("PNG");
			expect(png.content.length).toBeGreaterThan(10_000);
			const [header, ...records] = parse((await taken("CSV")).content) as string[][];
			expect(header).toEqual(["panel", "curve", "x", "y", "low", "high", "value"]);
			expect(records.filter(([, curve]) => curve === "measured error").length).toBe(
				degreeRows().filter(({ error_max = 0, status }) => status === "done" && error_max > 0).length,
			);
		}));

	test("the times of a cell are drawn beside its row", () =>
		withReport("samples", async (page) => {
			const drawings = page.locator("#rows-body td svg");
			await expect.poll(() => drawings.count()).toBe(1);
			expect(await drawings.first().getAttribute("aria-label")).toMatch(
				/^40 times from 1 to 1\.\d+ ms, median 1\.2 ms, 1 round$/,
			);
		}));
});
