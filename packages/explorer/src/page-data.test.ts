import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { decodeNpy, writeArrays } from "@attgrad/attention-problem";
import { shortNumber } from "@attgrad/matrix-core";
import { unzipSync } from "fflate";
import { describe, expect, test } from "vitest";
import { command, headsFile, kernel, text } from "./testing/command.ts";
import { noBrowser, numberOf, pageOnDisk } from "./testing/open-page.ts";

describe.skipIf(noBrowser)("the data of the reader", () => {
	const { folder, withPage } = pageOnDisk();

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
				const heads = await headsFile(folder);
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
});
