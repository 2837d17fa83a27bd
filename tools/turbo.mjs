// Runs turbo with its telemetry off, whatever the shell.
import { spawnSync } from "node:child_process";

const env = { ...process.env, TURBO_TELEMETRY_DISABLED: "1", DO_NOT_TRACK: "1" };
const { status, error } = spawnSync("turbo", process.argv.slice(2), {
	stdio: "inherit",
	env,
	shell: process.platform === "win32",
});
if (error) console.error(`turbo: ${error.message}`);
process.exitCode = status ?? 1;
