import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { randomFormula, uniqueModelFormula, writeDimacs } from "@attgrad/hardness";
import { describe, expect, test } from "vitest";
import { command, kernel, text } from "./testing/command.ts";
import { moveSlider, noBrowser, numberOf, pageOnDisk, settled } from "./testing/open-page.ts";

describe.skipIf(noBrowser)("SAT through one gradient", () => {
	const { folder, withPage } = pageOnDisk();

	test("a formula: the command's answer and reading, its model, and UNKNOWN from the predicted noise on", () =>
		withPage(async (page) => {
			await page.locator("#formula").scrollIntoViewIfNeeded();
			const verdict = () => text(page, "formula-verdict");
			await expect.poll(verdict).toBe("SATISFIABLE");
			const { formula, model } = uniqueModelFormula({ variables: 8, ratio: 4.26, seed: 1 });
			expect(await page.locator("#formula-text").inputValue()).toBe(writeDimacs(formula));
			const literals = model.map((value, i) => (value ? i + 1 : -(i + 1)));
			expect(await text(page, "formula-model")).toContain(`Assignment ${literals.join(" ")}: all`);
			const bits = await page.locator("#formula-bits td:last-child").allTextContents();
			expect(bits).toEqual(model.map((value) => (value ? "1" : "0")));

			const file = join(folder, "unique.cnf");
			writeFileSync(file, writeDimacs(formula));
			const lines = await command("solve", file, "--noise", "adversarial:1e-5", "--kernel", kernel);
			const reading = (await numberOf(page, "formula-reading", "−d · dL/dX[w, w]").textContent()) ?? "";
			expect(lines).toContain(`read ${reading.replace("±", "+-")}, NO below and YES above`);

			const hiding = Number(
				(await numberOf(page, "formula-reading", "noise that hides this answer").textContent())?.slice(4),
			);
			// The slider's noise has three digits, and so has the prediction's last one but one.
			for (const [factor, expected] of [
				[0.5, "SATISFIABLE"],
				[0.99, "SATISFIABLE"],
				[1.01, "UNKNOWN"],
				[30, "UNKNOWN"],
			] as const) {
				await moveSlider(page, "formula-epsilon", Math.log10(hiding * factor));
				await settled(page, "formula");
				expect(await verdict(), `${factor} times the noise that hides`).toBe(expected);
				const noise = await page.locator("#formula-epsilon").inputValue();
				const epsilon = Number((10 ** Number(noise)).toPrecision(3));
				const told = await command("solve", file, "--noise", `adversarial:${epsilon}`, "--kernel", kernel);
				expect(told.toUpperCase()).toContain(expected);
			}
		}));

	test("formulas without a model and with several, and a text that is none", () =>
		withPage(
			async (page) => {
				await page.locator("#formula").scrollIntoViewIfNeeded();
				await expect.poll(() => text(page, "formula-verdict")).toBe("UNSATISFIABLE");
				await page.locator("#formula-text").fill("p cnf 4 2\n1 2 0\n-1 3 4 0\n");
				await expect.poll(() => text(page, "formula-verdict")).toBe("SATISFIABLE");
				expect(await text(page, "formula-model")).toContain("all 2 clauses are true");
				await page.locator("#formula-text").fill("p cnf 4 2\n1 2 0\n-1 9 0\n");
				await expect.poll(() => text(page, "formula-said")).toContain("formula:3:4");
				expect(await text(page, "formula-verdict")).toBe("–");
				await expect.poll(() => page.url()).toContain("s.cnf=");
			},
			{ address: `#formula?s.cnf=${encodeURIComponent("p cnf 1 2\n1 0\n-1 0\n")}` },
		));

	test("noise never turns an answer into a wrong one", () =>
		withPage(
			async (page) => {
				await page.locator("#formula").scrollIntoViewIfNeeded();
				const formula = randomFormula({ variables: 6, ratio: 7, seed: 4 });
				await page.locator("#formula-text").fill(writeDimacs(formula));
				await expect.poll(() => text(page, "formula-verdict")).toBe("UNSATISFIABLE");
				for (let power = -4; power <= -1; power += 0.5) {
					await moveSlider(page, "formula-epsilon", power);
					await settled(page, "formula");
					expect(["UNSATISFIABLE", "UNKNOWN"]).toContain(await text(page, "formula-verdict"));
				}
				expect(await text(page, "formula-verdict")).toBe("UNKNOWN");
			},
			{ address: "#formula?s.N=6" },
		));
});
