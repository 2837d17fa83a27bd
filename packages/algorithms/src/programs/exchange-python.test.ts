import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { generateProblem, writeProblem } from "@attgrad/attention-problem";
import { afterAll, expect, test } from "vitest";

const folder = mkdtempSync(join(tmpdir(), "attgrad-test-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const modules = fileURLToPath(new URL("../../../../examples/python", import.meta.url));

const hasNumPy = ((): boolean => {
	try {
		execFileSync("python3", ["-c", "import numpy"], { stdio: "ignore" });
		return true;
	} catch {
		return false;
	}
})();

/** Times that a program tells whose first run takes 200 ms and each later one 10 ms. */
async function timesOf(budget: number): Promise<number[]> {
	const [program, problem] = [join(folder, "mine.py"), join(folder, "p.npz")];
	writeFileSync(
		program,
		"import time, numpy as np\nfrom exchange import answer\nruns = []\n" +
			"def mine(problem):\n    time.sleep(.01 if runs else .2)\n    runs.append(1)\n    return np.zeros((2, 2)), 0.0\nanswer(mine)\n",
	);
	await writeProblem(problem, generateProblem({ distribution: "uniform", n: 4, d: 2, B: 1, seed: 1 }));
	const said = execFileSync("python3", [program, problem, join(folder, "g.npy")], {
		env: { ...process.env, PYTHONPATH: modules, ATTGRAD_BUDGET_MS: String(budget) },
		encoding: "utf8",
	});
	return JSON.parse(said).milliseconds;
}

test.skipIf(!hasNumPy).each([100, 1000])(
	"the first run of a Python program does not count where it may have loaded something, budget %i ms (skipped without NumPy)",
	async (budget) => {
		const times = await timesOf(budget);
		expect(times.length).toBeGreaterThanOrEqual(3);
		for (const time of times) expect(time).toBeLessThan(200);
	},
);

test.skipIf(!hasNumPy)("without a budget a Python program runs once (skipped without NumPy)", async () => {
	expect((await timesOf(0)).map((time) => time >= 200)).toEqual([true]);
});
