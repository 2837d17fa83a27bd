// `npm run explore`: builds the page and opens it in the browser of the system.
import { spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { buildPage } from "./bundle/build-page.ts";

const root = fileURLToPath(new URL("../../../", import.meta.url));

const { values } = parseArgs({
	options: {
		out: { type: "string", default: join(root, "results/explorer.html") },
		"no-open": { type: "boolean", default: false },
	},
});

const page = await buildPage(relative(dirname(values.out), join(root, "docs")).replaceAll("\\", "/"));
mkdirSync(dirname(values.out), { recursive: true });
writeFileSync(values.out, page);
console.log(`${values.out} (${Math.round(page.length / 1000)} kB)`);
if (!values["no-open"]) open(pathToFileURL(values.out).href);

/** Opens an address in the browser of the system; where there is none, the reader is told to. */
function open(address: string): void {
	const [program, ...words] =
		process.platform === "darwin" ? ["open"] : process.platform === "win32" ? ["cmd", "/c", "start", ""] : ["xdg-open"];
	if (program === undefined) return;
	const child = spawn(program, [...words, address], { stdio: "ignore", detached: true });
	child.on("error", () => console.log(`open ${address}`));
	child.unref();
}
