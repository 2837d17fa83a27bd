import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { generateProblem, generateRows, readProblem, writeProblem } from "../index.ts";
import { fresh, problem, readers, scratch } from "../testing/problem-files.ts";

const numpy = spawnSync("python3", ["-c", "import numpy"]).status === 0;

describe("writeProblem", () => {
	test.each(["f64", "f32"] as const)(
		"writes what readProblem reads, in %s, and the same bytes every time",
		async (dtype) => {
			const given = {
				...generateProblem({ distribution: "gaussian", n: 100, d: 3, B: 1, seed: 3, dtype }),
				scale: 0.7,
			};
			const [first, second] = [fresh(), fresh()];
			await writeProblem(first, given);
			await writeProblem(second, given);
			expect((await readProblem(first)).problem).toEqual(given);
			expect(readFileSync(first).equals(readFileSync(second))).toBe(true);
		},
	);

	test("tells how far it is, row by row of all matrices", async () => {
		const seen: [number, number][] = [];
		const onProgress = (done: number, total: number) => seen.push([done, total]);
		await writeProblem(fresh(), generateRows({ distribution: "uniform", n: 70_000, d: 4, B: 1, seed: 0 }), {
			onProgress,
		});
		expect(seen[0]).toEqual([32_768, 280_008]);
		expect(seen.at(-1)).toEqual([280_008, 280_008]);
	});

	test("leaves nothing when it is given up", async () => {
		const controller = new AbortController();
		const path = fresh();
		const writing = writeProblem(path, problem, { signal: controller.signal, onProgress: () => controller.abort() });
		await expect(writing).rejects.toThrow(/abort/);
		expect(readdirSync(scratch).filter((name) => path === join(scratch, name) || name.endsWith(".tmp"))).toEqual([]);
	});

	test("refuses a name that is not .npz, and a folder that is not there", async () => {
		await expect(writeProblem(fresh(".csv"), problem)).rejects.toThrow("the name of a problem must end in .npz");
		const path = join(scratch, "none", "p.npz");
		await expect(writeProblem(path, problem)).rejects.toThrow(`cannot write ${path}: no such file or folder`);
	});
});

describe.skipIf(!numpy)("with python3 and its numpy (skipped where they are missing)", () => {
	const python = (program: string, ...args: string[]) => {
		const { status, stdout, stderr } = spawnSync("python3", ["-c", program, ...args], { encoding: "utf8" });
		expect(stderr).toBe("");
		expect(status).toBe(0);
		return stdout.trim();
	};

	test("an archive goes there and back, to the bit, in every form", async () => {
		const given = generateProblem({ distribution: "heavy-tailed", n: 111, d: 7, B: 2, seed: 3 });
		const [sent, stored, deflated, folder] = [fresh(), fresh(), fresh(), fresh("")];
		await writeProblem(sent, { ...given, scale: 0.3 });
		mkdirSync(folder);
		const program = `
import sys, zipfile, numpy as np
sent, stored, deflated, folder = sys.argv[1:]
assert zipfile.ZipFile(sent).testzip() is None
arrays = dict(np.load(sent))
np.savez(stored, **arrays)
np.savez_compressed(deflated, **{name: np.asfortranarray(a) if a.ndim else a for name, a in arrays.items()})
for name, a in arrays.items():
    np.save(f"{folder}/{name}.npy", a.astype(">f8"))
print(arrays["A1"].shape, float(arrays["scale"]))`;
		expect(python(program, sent, stored, deflated, folder)).toBe("(111, 7) 0.3");
		for (const path of [sent, stored, deflated, folder])
			for (const read of Object.values(readers)) expect(await read(path)).toEqual({ ...given, scale: 0.3 });
	});
});
