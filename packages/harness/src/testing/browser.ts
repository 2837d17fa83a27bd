import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";

/** Where Debian puts Chromium, or where the environment says it is. */
const executablePath = process.env["CHROMIUM"] ?? "/usr/bin/chromium";

/** Why tests in a browser are left out; undefined where there is one. */
export const noBrowser = existsSync(executablePath)
	? undefined
	: `skipped: no browser at ${executablePath} (apt-get install chromium, or set CHROMIUM)`;

/** Starts a Chromium that talks to nobody. */
export function startBrowser(): Promise<Browser> {
	return chromium.launch({
		executablePath,
		args: [
			"--headless",
			"--no-sandbox",
			"--disable-gpu",
			"--disable-quic",
			"--no-first-run",
			"--disable-background-networking",
			"--disable-component-update",
			"--disable-sync",
		],
	});
}
