import { createRuntime } from "@attgrad/matrix-core";
import { describe, expect, test } from "vitest";
import { moveSlider, noBrowser, pageOnDisk } from "./testing/open-page.ts";
import { runRace } from "./worker/tasks/race.ts";

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

	test.each([0.5, 1])("certifies the gradient of n = 16,384, d = 4, B = %d within 50 ms", (B) =>
		withPage(
			async (page) => {
				await page.locator("#race-start").click();
				await page.locator("#race-chart[data-ended]").waitFor({ timeout: 60_000 });
				const cells = await page.locator('#race-rows tr[data-n="16384"] td').allTextContents();
				const inPage = Number(/^([\d.]+) ms$/.exec(cells[1])?.[1]);
				// The same race in Node, right after it: the ratio means something on a busy machine too.
				const runtime = await createRuntime({ kernel: "fma" });
				const sizes = Array.from({ length: 8 }, (_, i) => 2 ** (7 + i));
				const { laps } = await runRace({ d: 4, B, epsilon: 1e-6, seed: 1, sizes, budget: 10_000 }, runtime, () => {});
				await runtime.close();
				const inNode = laps.find(({ n, racer }) => n === 16384 && racer === "certified")?.milliseconds ?? Number.NaN;
				console.log(
					`n = 16384, B = ${B}: exact ${cells[0]}, certified ${inPage} ms (${cells[2]}, degree ${cells[3]}); ${(inPage / inNode).toFixed(2)} of Node's time`,
				);
				expect(inPage).toBeLessThan(50);
				expect(inPage / inNode).toBeLessThan(2);
			},
			{ address: `?kernel=fma#race?r.B=${B}` },
		),
	);

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
