// Runs turbo with its telemetry off, whatever the shell.
import { spawnSync } from "node:child_process";

const env = { ...process.env, TURBO_TELEMETRY_DISABLED: "1", DO_NOT_TRACK: "1" };
const { status, error } = spawnSync("turbo", process.argv.slice(2), {
	stdio: "inherit",
	env,
	shell: process.platform === "win32",
});
// An installation without development dependencies has no turbo: it works, in plain TypeScript.
const isInstall = process.env.npm_lifecycle_event === "prepare";
if (error?.code === "ENOENT") {
	const without = "turbo is not installed (development dependencies were left out)";
	console.error(isInstall ? `${without}: kernels are not built, plain TypeScript computes` : `${without}: run npm ci`);
	process.exitCode = isInstall ? 0 : 1;
} else {
	if (error) console.error(`turbo: ${error.message}`);
	process.exitCode = status ?? 1;
}
