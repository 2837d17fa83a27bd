import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { makeFolder } from "@attgrad/attention-problem";
import { flag, scriptArguments, text } from "@attgrad/matrix-core/script-arguments";
import { buildPage } from "./bundle/build-page.ts";

const root = fileURLToPath(new URL("../../../", import.meta.url));

const given = scriptArguments({
	call: "npm run explore",
	summary: "Builds the explorer's page and opens it in the browser of the system.",
	options: {
		out: text("file of the page; results/explorer.html of the repository where none is given", { form: "file" }),
		"no-open": flag("build only"),
	},
});
const out = given.out ?? join(root, "results/explorer.html");

const page = await buildPage(relative(dirname(out), join(root, "docs")).replaceAll("\\", "/"));
makeFolder(dirname(out));
writeFileSync(out, page);
console.log(`${out} (${Math.round(page.length / 1000)} kB)`);
if (!given["no-open"]) open(pathToFileURL(out).href);

/** Opens an address in the browser of the system; where there is none, the reader is told to. */
function open(address: string): void {
	const [program, ...words] =
		process.platform === "darwin" ? ["open"] : process.platform === "win32" ? ["cmd", "/c", "start", ""] : ["xdg-open"];
	if (program === undefined) return;
	const child = spawn(program, [...words, address], { stdio: "ignore", detached: true });
	child.on("error", () => console.log(`open ${address}`));
	child.unref();
}
