import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { describeTasks } from "../../slurm/batch-script.ts";
import { attgrad, temporaryFolder } from "../../testing/command.ts";

const out = join(temporaryFolder(), "results");

test.concurrent("--print shows a script for sbatch and touches nothing", async () => {
	const words = ["slurm", "scaling", "--array", "3", "--throttle", "2", "--time-limit", "2s", "--print", "--out", out];
	const { code, stdout, stderr } = await attgrad(words);
	expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
	expect(stdout).toMatch(/^#!\/bin\/sh\n#SBATCH --job-name=attgrad-scaling\n#SBATCH --array=1-3%2\n/);
	expect(stdout).toMatch(/ sweep scaling --preset quick --time-limit=2s --shard "\$SLURM_ARRAY_TASK_ID"\/3 --out /);
	expect(existsSync(out)).toBe(false);
});

test.concurrent.each([
	[["slurm", "scaling"], /--array is missing/],
	[["slurm", "scaling", "--array", "0"], /--array must be >= 1, got 0/],
	[["slurm", "nothing", "--array", "2"], /unknown experiment: nothing/],
	[["sweep", "scaling", "--shard", "3/2"], /--shard must be i\/k with 1 <= i <= k <= 100000, like 2\/4, got 3\/2/],
	[["merge", join(out, "nowhere"), "--out", out], /nowhere\/run\.json: not found/],
])("%j is refused", async (words, message) => {
	const { code, stderr } = await attgrad(words);
	expect(code).toBe(2);
	expect(stderr).toMatch(message);
});

test("tasks are described as ranges", () => {
	expect(describeTasks([1])).toBe("1");
	expect(describeTasks([4, 1, 2, 7])).toBe("1-2,4,7");
});
