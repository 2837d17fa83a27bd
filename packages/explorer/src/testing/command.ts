import { join } from "node:path";
import { writeArrays } from "@attgrad/attention-problem";
import { availableKernels } from "@attgrad/matrix-core";
import { attgrad } from "attgrad/testing";
import type { Page } from "playwright-core";

/** The kernel that a page and the command both have. */
export const kernel = (await availableKernels()).includes("fma") ? "fma" : "simd";

/** Runs the command, which must succeed. */
export async function command(...words: string[]): Promise<string> {
	const { code, stdout, stderr } = await attgrad(words);
	if (![0, 10, 20].includes(code)) throw new Error(`attgrad ${words.join(" ")}: ${stderr}`);
	return stdout;
}

/** Writes a layer of two heads without an upstream gradient into a folder. */
export async function headsFile(folder: string): Promise<string> {
	const heads = join(folder, "heads.npz");
	const wave = (phase: number) => ({
		shape: [2, 90, 5],
		data: Float64Array.from({ length: 900 }, (_, i) => 2 * Math.sin(1.7 * i * i + phase)),
	});
	await writeArrays(heads, { Q: wave(1), K: wave(2), V: wave(3) });
	return heads;
}

/** The text of an element of the page. */
export const text = (page: Page, id: string) => page.locator(`#${id}`).textContent();
