import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { decodeNpy, writeArrays } from "@attgrad/attention-problem";
import { certifiedRank, randomFormula, spectralRank, uniqueModelFormula, writeDimacs } from "@attgrad/hardness";
import { availableKernels, shortNumber } from "@attgrad/matrix-core";
import { attgrad } from "attgrad/testing";
import type { AxeResults } from "axe-core";
import { unzipSync } from "fflate";
import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { moveSlider, noBrowser, numberOf, pageOnDisk, settled } from "./testing/open-page.ts";

if (noBrowser) console.warn(`the explorer in a browser: ${noBrowser}`);

/** The kernel that a page and the command both have. */
const kernel = (await availableKernels()).includes("fma") ? "fma" : "simd";

/** Runs the command, which must succeed. */
async function command(...words: string[]): Promise<string> {
	const { code, stdout, stderr } = await attgrad(words);
	if (![0, 10, 20].includes(code)) throw new Error(`attgrad ${words.join(" ")}: ${stderr}`);
	return stdout;
}

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

describe.skipIf(noBrowser)("the explorer", () => {
	const { folder, withPage, size } = pageOnDisk();
	/** A layer of two heads without an upstream gradient. */
	async function headsFile(): Promise<string> {
		const heads = join(folder, "heads.npz");
		const wave = (phase: number) => ({
			shape: [2, 90, 5],
			data: Float64Array.from({ length: 900 }, (_, i) => 2 * Math.sin(1.7 * i * i + phase)),
		});
		await writeArrays(heads, { Q: wave(1), K: wave(2), V: wave(3) });
		return heads;
	}
	const text = (page: Page, id: string) => page.locator(`#${id}`).textContent();

	test("is one file under 2 MB", () => {
		expect(size()).toBeLessThan(2e6);
		expect(size()).toBeGreaterThan(2e5);
	});

	test("the threshold: numbers of the closed form, the regime in words, and a view that the address keeps", () =>
		withPage(async (page) => {
			const exponent = Number(
				(await text(page, "threshold-n-value"))
					?.replace(/^2/, "")
					.replaceAll(/[⁰¹²³⁴-⁹]/g, (c) => String("⁰¹²³⁴⁵⁶⁷⁸⁹".indexOf(c))),
			);
			expect(exponent).toBe(64);
			const family = { d: 64, B: 1 };
			expect(await numberOf(page, "threshold-numbers", "rank of the worst case").textContent()).toBe(
				`n^${(spectralRank(family, 64 * Math.LN2) / 64).toFixed(3)}`,
			);
			expect(await numberOf(page, "threshold-numbers", "least rank possible").textContent()).toBe(
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

	test("a problem's file: the command's lines, and its gradient to download", () =>
		withPage(
			async (page) => {
				const [problem, out] = [join(folder, "problem.npz"), join(folder, "dX.npy")];
				await command("generate", "-n", "700", "-d", "3", "-B", "1", "--seed", "5", "--out", problem);
				await page.locator("#data-file").setInputFiles(problem);
				await page.getByText("problem.npz: done").waitFor();
				const lines = await page.evaluate<[string, string][]>(
					`Array.from(document.querySelectorAll("#data-lines div"), (row) => Array.from(row.children, (cell) => cell.textContent))`,
				);
				const how = ["--algorithm", "polynomial", "--epsilon", "1e-6", "--kernel", kernel];
				const answer = JSON.parse(await command("gradient", problem, ...how, "--out", out, "--json"));
				const { degree, rank, loss, gradientMax, gradientNorm, certificate } = answer;
				const bound = `no entry is off by more than ${shortNumber(certificate.bound)} (${certificate.kind}; radius ${shortNumber(certificate.radius)},`;
				expect(Object.fromEntries(lines)).toMatchObject({
					problem: `n 700, d 3, B ${shortNumber(answer.B)}, scale ${shortNumber(answer.scale)}, f64`,
					polynomial: `degree ${degree}, rank ${rank}`,
					loss: String(loss),
					gradient: `largest entry ${shortNumber(gradientMax)}, Frobenius norm ${shortNumber(gradientNorm)}`,
					certificate: expect.stringContaining(bound),
				});
				const [download] = await Promise.all([
					page.waitForEvent("download"),
					page.getByText("Download dX.npy").click(),
				]);
				expect(readFileSync(await download.path())).toEqual(readFileSync(out));
			},
			{ address: `?kernel=${kernel}#data?d.method=polynomial` },
		));

	test("a layer's file, dropped: dQ, dK and dV as the command has them", () =>
		withPage(
			async (page) => {
				const layer = join(folder, "layer.npz");
				const numbers = (shape: number[], phase: number) => ({
					shape,
					data: Float64Array.from({ length: shape[0] * shape[1] }, (_, i) => Math.sin(1.3 * i + phase)),
				});
				await writeArrays(layer, {
					Q: numbers([40, 3], 0),
					K: numbers([40, 3], 1),
					V: numbers([40, 2], 2),
					dO: numbers([40, 2], 3),
				});
				const bytes = readFileSync(layer).toString("base64");
				const transfer = await page.evaluateHandle((base64) => {
					const content = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
					const data = new (
						globalThis as unknown as { DataTransfer: new () => { items: { add(file: File): void } } }
					).DataTransfer();
					data.items.add(new File([content], "layer.npz"));
					return data;
				}, bytes);
				await page.locator("#data-zone").dispatchEvent("drop", { dataTransfer: transfer });
				await page.getByText("layer.npz: done").waitFor();
				const how = ["--mask", "causal", "--algorithm", "exact", "--kernel", kernel];
				const out = join(folder, "layer-out.npz");
				const { largest, norm } = JSON.parse(await command("backward", layer, ...how, "--out", out, "--json"));
				for (const name of ["dQ", "dK", "dV"])
					expect(await numberOf(page, "data-lines", name).textContent()).toBe(
						`largest entry ${shortNumber(largest[name])}, Frobenius norm ${shortNumber(norm[name])}`,
					);
				const [download] = await Promise.all([
					page.waitForEvent("download"),
					page.getByText("Download dV.npy").click(),
				]);
				const files = unzipSync(new Uint8Array(readFileSync(out)));
				expect(new Uint8Array(readFileSync(await download.path()))).toEqual(files["dV.npy"]);
			},
			{ address: `?kernel=${kernel}#data?d.method=exact&d.mask=causal` },
		));

	test("a layer's file, automatic: the choice, bounds and files of the command", () =>
		withPage(
			async (page) => {
				const [layer, out] = [join(folder, "long.npz"), join(folder, "long-out.npz")];
				const wave = (phase: number) => ({
					shape: [6000, 2],
					data: Float64Array.from({ length: 12000 }, (_, i) => 0.4 * Math.sin(1.3 * i * i + phase)),
				});
				await writeArrays(layer, { Q: wave(0), K: wave(1), V: wave(2), dO: wave(3) });
				await page.locator("#data-file").setInputFiles(layer);
				await page.getByText("long.npz: done").waitFor();
				const how = ["--epsilon", "1e-6", "--kernel", kernel];
				const answer = JSON.parse(await command("backward", layer, ...how, "--out", out, "--json"));
				const { chosen, degree, rank, largest, norm, certificate } = answer;
				expect(chosen.algorithm).toBe("polynomial");
				const line = (label: string) => numberOf(page, "data-lines", label).textContent();
				expect(await line("algorithm")).toBe(`${chosen.algorithm}: ${chosen.why}`);
				expect(await line("polynomial")).toBe(`degree ${degree}, rank ${rank}`);
				const files = unzipSync(new Uint8Array(readFileSync(out)));
				for (const name of ["dQ", "dK", "dV"]) {
					const [bound, share] = [certificate.bounds[name], certificate.relative[name]].map(shortNumber);
					expect(await line(name)).toBe(
						`largest entry ${shortNumber(largest[name])}, Frobenius norm ${shortNumber(norm[name])}; no entry is off by more than ${bound}, ${share} of the largest (${certificate.kind})`,
					);
					const [download] = await Promise.all([
						page.waitForEvent("download"),
						page.getByText(`Download ${name}.npy`).click(),
					]);
					const entries = Float64Array.from(decodeNpy(new Uint8Array(readFileSync(await download.path()))).data);
					const written = decodeNpy(files[`${name}.npy`]).data;
					// Elementary functions of the page's engine and of Node's differ in a last bit; what follows from it is a few roundings of the largest.
					const off = entries.reduce((most, x, i) => Math.max(most, Math.abs(x - written[i])), 0);
					expect(off).toBeLessThanOrEqual(8 * 2 ** -53 * largest[name]);
				}
			},
			{ address: `?kernel=${kernel}#data` },
		));

	test("where the heads of a layer lie: the command's table, and ranks at each relative error", () =>
		withPage(
			async (page) => {
				const heads = await headsFile();
				await page.locator("#data-file").setInputFiles(heads);
				// Without dO there is no gradient, and it says so; the heads can be located all the same.
				await expect.poll(() => text(page, "data-said")).toContain("missing array: dO");
				await page.locator("#data-locate").click();
				await page.getByText("heads.npz: done").waitFor();
				const printed = await command("locate", heads, "--epsilon", "0.1", "--kernel", kernel);
				const table = printed.split("\n").filter((line) => /^\d+ +(below|near|above) /.test(line));
				const shown = await page
					.locator("#data-heads-rows tr")
					.evaluateAll((rows) =>
						rows.map((row) =>
							Array.from(
								(row as unknown as { children: Iterable<{ textContent: string }> }).children,
								(cell) => cell.textContent,
							),
						),
					);
				expect(shown.map((cells) => cells.join(" "))).toEqual(table.map((line) => line.trim().replaceAll(/ +/g, " ")));
				expect(shown).toHaveLength(2);
				expect(await text(page, "data-heads-said")).toMatch(/^Of 2 heads: \d (below|near|above) \(/);
				const { located } = JSON.parse(
					await command("locate", heads, "--epsilon", "0.1", "--kernel", kernel, "--json"),
				);
				await page.getByLabel("Show ranks of head 1").click();
				const chart = (await page.locator("#data-heads-chart svg").getAttribute("aria-label")) ?? "";
				expect(chart).toContain(`Head 1: `);
				expect(chart).toContain(`${located[1].ranks[0].least} at 10⁻¹, `);
			},
			{ address: `?kernel=${kernel}#data?d.delta=0.1` },
		));

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

	test("a file that is none is refused with why, where it was given", () =>
		withPage(async (page) => {
			const file = page.locator("#data-file");
			await file.setInputFiles({ name: "notes.npz", mimeType: "", buffer: gzipSync("notes") });
			await expect.poll(() => text(page, "data-said")).toContain("notes.npz: a gzip file, not a zip archive");
			expect(await page.locator("#data-said").getAttribute("class")).toContain("error");
			await page.locator("#data-example").click();
			await page.getByText("the example: done").waitFor();
			expect(await page.locator("#data-said").getAttribute("class")).not.toContain("error");
		}));

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

	test("a long computation tells how far it is, is stopped at once, and can begin again", () =>
		withPage(
			async (page) => {
				const problem = join(folder, "large.npz");
				await command("generate", "-n", "40000", "-d", "4", "-B", "1", "--seed", "1", "--out", problem);
				await page.locator("#data-file").setInputFiles(problem);
				await expect.poll(() => text(page, "data-said")).toMatch(/computing the gradient of large\.npz: \d+ %/);
				await page.locator("#data-stop").click();
				await expect.poll(() => text(page, "data-said")).toBe("stopped");
				expect(await page.locator("#data-stop").isDisabled()).toBe(true);
				await page.locator("#data-example").click();
				await page.getByText("the example: done").waitFor();
			},
			{ address: "#data?d.method=exact" },
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
				await page.locator("#data-file").setInputFiles(await headsFile());
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
