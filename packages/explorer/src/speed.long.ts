import { describe, expect, test } from "vitest";
import { moveSlider, noBrowser, pageOnDisk } from "./testing/open-page.ts";

/** Milliseconds between two frames at 30 a second. */
const FRAME = 1000 / 30;

// Times mean something on a machine that does nothing else, which those of CI need not be.
describe.skipIf(noBrowser || process.env["CI"] !== undefined)("the explorer, on a machine at rest,", () => {
	const { withPage } = pageOnDisk();

	test("paints within a second", () =>
		withPage(async (page) => {
			const paints = await page.evaluate<number[]>(
				`performance.getEntriesByType("paint").map(({ startTime }) => startTime)`,
			);
			console.log(`first paint: ${Math.round(Math.max(...paints))} ms`);
			expect(Math.max(...paints)).toBeLessThan(1000);
		}));

	test("certifies the gradient of n = 16,384, d = 4 within 50 ms", () =>
		withPage(async (page) => {
			await page.locator("#race-start").click();
			await page.locator("#race-chart[data-ended]").waitFor({ timeout: 60_000 });
			const cells = await page.locator('#race-rows tr[data-n="16384"] td').allTextContents();
			console.log(`n = 16384: exact ${cells[0]}, certified ${cells[1]}`);
			expect(Number(/^([\d.]+) ms$/.exec(cells[1])?.[1])).toBeLessThan(50);
		}));

	test("follows the slider of the matrix at 30 frames a second, n = 128", () =>
		withPage(
			async (page) => {
				await page.locator("#matrix").scrollIntoViewIfNeeded();
				for (let warm = 0; warm < 40; warm++) {
					await moveSlider(page, "matrix-B", 1 + (warm % 20) / 20);
					await page.waitForTimeout(30);
				}
				const frames = await page.evaluate<number>(
					`new Promise((resolve) => {
						const slider = document.getElementById("matrix-B");
						let shown = 0;
						new MutationObserver(() => shown++).observe(document.querySelector("#matrix-numbers"), { childList: true });
						const start = performance.now();
						const move = () => {
							const time = performance.now() - start;
							if (time > 3000) return resolve((1000 * shown) / time);
							slider.value = 1 + Math.abs(Math.sin(time / 500));
							slider.dispatchEvent(new Event("input"));
							requestAnimationFrame(move);
						};
						move();
					})`,
				);
				console.log(`matrix: ${frames.toFixed(1)} frames a second`);
				expect(1000 / frames).toBeLessThan(FRAME);
			},
			{ address: "#matrix" },
		));
});
