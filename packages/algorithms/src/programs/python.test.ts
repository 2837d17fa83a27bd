import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { pythonWith } from "./python.ts";

test("a Python is chosen that has the modules, and python3 where none has", (context) => {
	expect(pythonWith("no_such_module_of_anybody")).toBe("python3");
	const chosen = pythonWith("json", "os");
	try {
		execFileSync("python3", ["--version"], { stdio: "ignore" });
	} catch {
		context.skip("there is no python3 on this machine");
	}
	expect(execFileSync(chosen, ["-c", "import json, os; print(1)"], { encoding: "utf8" })).toBe("1\n");
});
