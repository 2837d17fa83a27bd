import { spawnSync } from "node:child_process";

/** Where Python is looked for: the one of the PATH, then the system's own, which distributions install libraries for. */
const INTERPRETERS = ["python3", "/usr/bin/python3"];

const found = new Map<string, string>();

/**
 * The first Python that has all of these modules; `python3` where none has. Modules are looked for, not loaded: some 50 ms,
 * once a process and list.
 */
export function pythonWith(...modules: readonly string[]): string {
	const key = modules.join(" ");
	const program = "import sys, importlib.util as u; sys.exit(any(u.find_spec(m) is None for m in sys.argv[1:]))";
	const has = (interpreter: string): boolean =>
		spawnSync(interpreter, ["-c", program, ...modules], { stdio: "ignore", timeout: 10_000 }).status === 0;
	const interpreter = found.get(key) ?? INTERPRETERS.find(has) ?? INTERPRETERS[0];
	found.set(key, interpreter);
	return interpreter;
}
