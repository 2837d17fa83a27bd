import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

/** The scripts of the page, each after those it takes from. */
const scripts = [
	"numbers",
	"unpack",
	"zoom",
	"ticks",
	"dark",
	"files",
	"chart",
	"rows",
	"export",
	"figures",
	"start",
] as const;

const folder = join(import.meta.dirname, "../page");

/** The program of the page: its modules one after the other, in a scope of their own. */
export function pageScript(): string {
	const modules = scripts.map((name) => readFileSync(join(folder, `${name}.js`), "utf8"));
	const joined = modules.map((text) => text.replaceAll(/^import .*\n/gm, "").replaceAll(/^export (?=\w)/gm, ""));
	return `(() => {\n"use strict";\n${joined.join("\n")}})();`.replaceAll("</script", "<\\/script");
}

/** The style of the page. */
export function pageStyle(): string {
	return readFileSync(join(folder, "page.css"), "utf8");
}

/** The whole of vega, minified, as a script that defines `vega`. */
export function vegaScript(): string {
	const entry = createRequire(import.meta.url).resolve("vega");
	return readFileSync(join(entry, "../vega.min.js"), "utf8");
}
