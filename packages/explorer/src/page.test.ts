import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { AxeResults } from "axe-core";
import { describe, expect, test } from "vitest";
import { headsFile, kernel, text } from "./testing/command.ts";
import { noBrowser, numberOf, pageOnDisk } from "./testing/open-page.ts";

if (noBrowser) console.warn(`the explorer in a browser: ${noBrowser}`);

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

describe.skipIf(noBrowser)("the explorer", () => {
	const { folder, withPage, size } = pageOnDisk();

	test("is one file under 2 MB", () => {
		expect(size()).toBeLessThan(2e6);
		expect(size()).toBeGreaterThan(2e5);
	});

	test("where a server isolates the page it has threads, with the same numbers; from the disk it has one", async () => {
		const seen: string[][] = [];
		for (const isolated of [true, false])
			await withPage(
				async (page) => {
					expect(await page.evaluate<boolean>("crossOriginIsolated")).toBe(isolated);
					await page.locator("#data-example").click();
					await page.getByText("the example: done").waitFor();
					const time = (await numberOf(page, "data-lines", "time").textContent()) ?? "";
					expect(time).toContain(isolated ? "threads 2" : "threads 1");
					seen.push(await page.locator("#data-lines dd").allTextContents());
				},
				{ isolated, address: `?kernel=${kernel}&threads=2#data?d.method=exact` },
			);
		const [threads, one] = seen.map((lines) => lines.slice(0, -1));
		expect(threads).toEqual(one);
	});

	test("a kernel that a browser lacks is an error in words; plain TypeScript is always there", async () => {
		await withPage(
			async (page) => {
				await page.locator("#data-example").click();
				await expect.poll(() => text(page, "data-said")).toContain("kernel fma256 is not available on this machine");
			},
			{ address: "?kernel=fma256#data" },
		);
		await withPage(
			async (page) => {
				await page.locator("#matrix").scrollIntoViewIfNeeded();
				await expect.poll(() => numberOf(page, "matrix-numbers", "degree").textContent()).toMatch(/^\d+$/);
			},
			{ address: "?kernel=js#matrix" },
		);
	});

	test("a browser without SIMD computes all the same, and the page says why it is slow", () =>
		withPage(
			async (page) => {
				await page.locator("#data-example").click();
				await page.getByText("the example: done").waitFor();
				expect(await numberOf(page, "data-lines", "time").textContent()).toContain("kernel js");
				expect(await text(page, "page-said")).toContain("This browser has no WebAssembly with SIMD");
			},
			// Stands for an engine that accepts none of the kernels.
			{ worker: "WebAssembly.validate = () => false;", address: "#data?d.method=exact" },
		));

	test("by keyboard alone: every control is reached in its order, sliders, buttons and choices work", () =>
		withPage(async (page) => {
			const focused = () => page.evaluate<string>("document.activeElement.id || document.activeElement.textContent");
			await page.keyboard.press("Tab");
			expect(await focused()).toBe("Skip to the sections");
			const ids = await page.evaluate<string[]>(
				`Array.from(document.querySelectorAll("main input, main select, main button:not(:disabled), main textarea, main canvas[tabindex]")).filter((one) => one.checkVisibility()).map(({ id }) => id)`,
			);
			const reached: string[] = [];
			for (let step = 0; step < 120; step++) {
				await page.keyboard.press("Tab");
				const id = await focused();
				if (ids.includes(id) && !reached.includes(id)) reached.push(id);
			}
			expect(reached).toEqual(ids);
			await page.locator("#threshold-d").focus();
			await page.keyboard.press("ArrowRight");
			expect(await text(page, "threshold-d-value")).toBe("9");
			await page.locator("#data-method").focus();
			await page.keyboard.press("ArrowDown");
			expect(await page.locator("#data-method").inputValue()).toBe("exact");
			await page.locator("#race-start").focus();
			await page.keyboard.press("Enter");
			await page.locator('#race-rows tr[data-n="256"]').waitFor();
			await page.locator("#race-stop").focus();
			await page.keyboard.press("Space");
			await page.getByText(/^stopped/).waitFor();
		}));

	test.each([
		["reduce", "auto"],
		["no-preference", "smooth"],
	] as const)("motion: where %s is preferred the page scrolls %s", (reducedMotion, behaviour) =>
		withPage(
			async (page) => {
				const scrolling = "getComputedStyle(document.documentElement).scrollBehavior";
				expect(await page.evaluate<string>(scrolling)).toBe(behaviour);
				const moving = `document.getAnimations().length`;
				expect(await page.evaluate<number>(moving)).toBe(0);
			},
			{ reducedMotion },
		),
	);

	test.each([
		[1280, "light"],
		[1280, "dark"],
		[390, "light"],
		[390, "dark"],
	] as const)("passes axe at %i pixels, %s, is no wider than the window and does not move", (width, colorScheme) =>
		withPage(
			async (page) => {
				const top = () =>
					page.locator("#data").evaluate((section) => (section as unknown as { offsetTop: number }).offsetTop);
				const before = await top();
				for (const id of ["matrix", "formula", "data"]) await page.locator(`#${id}`).scrollIntoViewIfNeeded();
				await expect.poll(() => numberOf(page, "matrix-numbers", "degree").count()).toBe(1);
				await expect.poll(() => text(page, "formula-verdict")).toBe("SATISFIABLE");
				if (width === 1280) expect(await top()).toBe(before);
				await page.locator("#data-example").click();
				await page.getByText("the example: done").waitFor();
				await page.locator("#data-file").setInputFiles(await headsFile(folder));
				await expect.poll(() => text(page, "data-said")).toContain("missing array: dO");
				await page.locator("#data-locate").click();
				await page.getByText("heads.npz: done").waitFor();
				await page.locator("#race-start").click();
				await page.locator('#race-rows tr[data-n="1024"]').waitFor();
				await page.locator("#race-stop").click();
				await page.getByText(/^stopped/).waitFor();
				await page.evaluate(axe);
				const { violations } = await page.evaluate(() =>
					(globalThis as unknown as { axe: { run(): Promise<AxeResults> } }).axe.run(),
				);
				expect(violations.map(({ id, nodes }) => [id, ...nodes.map(({ html }) => html)])).toEqual([]);
				expect(await page.evaluate<number>("document.documentElement.scrollWidth")).toBeLessThanOrEqual(width);
			},
			{ width, colorScheme, reducedMotion: "reduce" },
		),
	);
});
