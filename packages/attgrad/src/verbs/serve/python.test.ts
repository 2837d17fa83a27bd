import { execFile, spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { pythonWith } from "@attgrad/algorithms";
import { expect, test } from "vitest";

const folder = fileURLToPath(new URL("../../../../../examples/python/", import.meta.url));
const executable = fileURLToPath(new URL("../../../bin/attgrad.mjs", import.meta.url));
// One that has PyTorch, too, where there is one.
const python =
	[pythonWith("numpy", "torch"), pythonWith("numpy")].find(
		(interpreter) => spawnSync(interpreter, ["-c", "import numpy"], { stdio: "ignore" }).status === 0,
	) ?? "python3";
const hasNumpy = spawnSync(python, ["-c", "import numpy"], { stdio: "ignore" }).status === 0;

test.skipIf(!hasNumpy)(
	"examples/python/attgrad.py passes its own tests (skipped where Python has no NumPy)",
	async () => {
		const env = {
			...process.env,
			ATTGRAD: `'${process.execPath}' '${executable}'`,
			PYTHONWARNINGS: "error::ResourceWarning",
		};
		const run = promisify(execFile)(python, ["-W", "error::ResourceWarning", "test_attgrad.py"], { cwd: folder, env });
		const { stderr } = await run;
		// Those of PyTorch are skipped where it is not installed, and unittest says so.
		expect(stderr).toMatch(/^Ran \d+ tests in .*\n\nOK( \(skipped=\d+\))?\n$/m);
		expect(stderr).not.toContain("ResourceWarning");
	},
	120_000,
);
