import { join } from "node:path";
import { certifiedRank, spectralRank } from "@attgrad/hardness";
import { shortNumber } from "@attgrad/matrix-core";
import { describe, expect, test } from "vitest";
import { command, kernel, text } from "./testing/command.ts";
import { moveSlider, noBrowser, numberOf, pageOnDisk, settled } from "./testing/open-page.ts";

describe.skipIf(noBrowser)("threshold, race and matrix", () => {
	const { folder, withPage } = pageOnDisk();

	test("the threshold: numbers of the closed form, the regime in words, and a view that the address keeps", () =>
		withPage(async (page) => {
			const exponent = Number(
				(await text(page, "threshold-n-value"))
					?.replace(/^2/, "")
					.replaceAll(/[⁰¹²³⁴-⁹]/g, (c) => String("⁰¹²³⁴⁵⁶⁷⁸⁹".indexOf(c))),
			);
			expect(exponent).toBe(64);
			const family = { d: 64, B: 1 };
			expect(await numberOf(page, "threshold-numbers", "numerical rank at δ").textContent()).toBe(
				`n^${(spectralRank(family, 64 * Math.LN2) / 64).toFixed(3)}`,
			);
			expect(await numberOf(page, "threshold-numbers", "approximations need at least").textContent()).toBe(
				`n^${(certifiedRank(family, 64 * Math.LN2) / 64).toFixed(3)}`,
			);
			for (const [position, word] of [
				[0, "below"],
				[90, "between"],
				[200, "above"],
			] as const) {
				await moveSlider(page, "threshold-B", position);
				expect(await page.locator("#threshold-regime").getAttribute("data-regime")).toBe(word);
			}
			await moveSlider(page, "threshold-n", 100);
			expect(await text(page, "threshold-n-value")).toBe("2¹⁰⁰⁰");
			await expect.poll(() => page.url()).toContain("t.n=1000&t.B=50");
			const [numbers, sentence] = [await text(page, "threshold-numbers"), await text(page, "threshold-regime")];
			await page.reload();
			await page.locator("html[data-ready]").waitFor();
			expect([await text(page, "threshold-numbers"), await text(page, "threshold-regime")]).toEqual([
				numbers,
				sentence,
			]);
		}));

	test("the race: the command's numbers, while the page goes on answering, until it is stopped", () =>
		withPage(
			async (page) => {
				await page.locator("#race-start").click();
				await page.locator('#race-rows tr[data-n="1024"] td').nth(6).filter({ hasText: "e-" }).waitFor();
				await moveSlider(page, "threshold-B", 50);
				expect(await text(page, "threshold-B-value")).toBe("0.281");
				await page.locator("#race-stop").click();
				await page.getByText(/^stopped/).waitFor();
				const cells = await page.locator('#race-rows tr[data-n="1024"] td').allTextContents();
				const problem = join(folder, "race.npz");
				await command("generate", "-n", "1024", "-d", "3", "-B", "0.7", "--seed", "1", "--out", problem);
				const basis = cells[2] === "Chebyshev" ? "chebyshev" : "gauss";
				const how = ["--algorithm", "polynomial/moment", "--basis", basis, "--degree", cells[3], "--kernel", kernel];
				const answer = JSON.parse(await command("gradient", problem, ...how, "--json"));
				const exact = JSON.parse(
					await command("gradient", problem, "--algorithm", "exact", "--kernel", kernel, "--json"),
				);
				const entries = (answer.gradient as number[][]).flat();
				const error = Math.max(...entries.map((x, i) => Math.abs(x - (exact.gradient as number[][]).flat()[i])));
				expect(cells.slice(3, 5)).toEqual([String(answer.degree), String(answer.rank)]);
				expect(answer.certificate.bound).toBeLessThanOrEqual(1e-6);
				expect(cells[5]).toBe(shortNumber(answer.certificate.bound));
				expect(cells[6]).toBe(shortNumber(error));
				expect(cells[7]).toBe(String(answer.loss));
			},
			{ address: `?kernel=${kernel}#race?r.d=3&r.B=0.7` },
		));

	test("the matrix: the rank grows with B, the error stays within delta, entries are read by keyboard", () =>
		withPage(
			async (page) => {
				await page.locator("#matrix").scrollIntoViewIfNeeded();
				const rank = () => numberOf(page, "matrix-numbers", "rank K of the polynomial").textContent();
				await expect.poll(rank).toMatch(/^\d+/);
				const ranks: number[] = [];
				for (const B of [0.3, 1, 2]) {
					const before = await text(page, "matrix-numbers");
					await moveSlider(page, "matrix-B", B);
					await expect.poll(() => text(page, "matrix-numbers")).not.toBe(before);
					ranks.push(Number.parseInt((await rank()) ?? "", 10));
				}
				expect(ranks[0]).toBeLessThan(ranks[1]);
				expect(ranks[1]).toBeLessThan(ranks[2]);
				const largest = Number(await numberOf(page, "matrix-numbers", "largest error of an entry").textContent());
				// softmax weights are at most 1, and both sums of a row are off by at most delta
				expect(largest).toBeLessThan(2e-3);
				expect(largest).toBeGreaterThan(0);
				await page.locator("#matrix-softmax").focus();
				await page.keyboard.press("ArrowRight");
				const entry = (await text(page, "matrix-entry")) ?? "";
				const [, f, near, difference] = /f = (\S+), rank K: (\S+), difference (\S+)/.exec(entry) ?? [];
				expect(Number(near) - Number(f)).toBeCloseTo(Number(difference), 7);
			},
			{ address: "#matrix?m.n=64" },
		));

	test("the matrix: an answer that comes while delta moves is labelled with its own delta", () =>
		withPage(
			async (page) => {
				await page.locator("#matrix").scrollIntoViewIfNeeded();
				await settled(page, "matrix");
				await page.evaluate(
					`{ globalThis.seen = []; const list = document.getElementById("matrix-numbers"); new MutationObserver(() => seen.push(list.textContent)).observe(list, { childList: true, characterData: true, subtree: true }); }`,
				);
				const powers = [-2, -9, -4, -7];
				for (const power of powers) await moveSlider(page, "matrix-delta", power);
				await settled(page, "matrix");
				const seen = await page.evaluate<string[]>("seen");
				// The first is being computed while the others are asked for, so that at least that one and the last are shown.
				expect(seen.length).toBeGreaterThan(1);
				const own: (string | null)[] = [];
				for (const power of powers) {
					await moveSlider(page, "matrix-delta", power);
					await settled(page, "matrix");
					own.push(await text(page, "matrix-numbers"));
				}
				expect(new Set(own).size).toBe(powers.length);
				for (const shown of seen) expect(own).toContain(shown);
			},
			{ address: "#matrix?m.n=256&m.B=3" },
		));

	test("a pointer over a picture reads the entry under it", () =>
		withPage(
			async (page) => {
				await page.locator("#matrix-softmax").scrollIntoViewIfNeeded();
				await settled(page, "matrix");
				await page.locator("#matrix-softmax").hover({ position: { x: 5, y: 5 } });
				expect(await text(page, "matrix-entry")).toMatch(/^Query \d+, key \d+: f = 0\.0\d+, rank K: 0\.0\d+/);
			},
			{ address: "#matrix?m.n=32" },
		));
});
