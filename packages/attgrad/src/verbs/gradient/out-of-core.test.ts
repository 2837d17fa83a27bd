import { statSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { attgrad, temporaryFolder } from "../../testing/command.ts";

const folder = temporaryFolder();

/** Largest memory, in MiB, of a gradient whose problem is generated into a file, and the size of that file. */
async function memoryOf(n: number): Promise<{ memory: number; file: number }> {
	const path = join(folder, `${n}.npz`);
	const made = await attgrad(["generate", "--n", `${n}`, "--d", "4", "--B", "1", "--out", path]);
	expect(made).toMatchObject({ code: 0 });
	const words = ["--algorithm", "polynomial/reverse", "--degree", "2", "--json"];
	const { code, stdout } = await attgrad(["gradient", path, ...words]);
	expect(code).toBe(0);
	return { memory: JSON.parse(stdout).peakRssMb, file: statSync(path).size / 2 ** 20 };
}

test("rows stay in the file: memory does not grow with it", async () => {
	const [small, large] = [await memoryOf(20_000), await memoryOf(1_000_000)];
	expect(large.file - small.file).toBeGreaterThan(100);
	// V8 collects buffers outside its heap when 64 MiB of them lie about. 16 MiB: of four matrices two
	// blocks of 1 MiB each, in buffers and in the kernels' memory. All rows in memory would be the growth of the file.
	expect(large.memory - small.memory).toBeLessThan(64 + 16);
	expect(large.memory).toBeLessThan(300);
}, 120_000);
