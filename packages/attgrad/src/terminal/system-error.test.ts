import { spawnSync } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const command = fileURLToPath(new URL("../../bin/attgrad.mjs", import.meta.url));

test.runIf(process.platform === "linux").each([
	["a full disk", '"$1" "$2" list > /dev/full', "attgrad: cannot write standard output: the disk is full\n"],
	[
		"a folder that is gone",
		'rmdir "$0" && "$1" "$2" gradient p.npz',
		"attgrad gradient: the current folder no longer exists\n",
	],
])("%s is refused in one line", (_, script, line) => {
	const folder = mkdtempSync(join(tmpdir(), "attgrad-gone-"));
	const { status, stderr } = spawnSync("sh", ["-c", `cd "$0" && ${script}`, folder, process.execPath, command], {
		encoding: "utf8",
	});
	expect({ status, stderr }).toEqual({ status: 2, stderr: line });
});
