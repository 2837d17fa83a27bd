import { readFileSync } from "node:fs";
import { bundle } from "./bundle.ts";

/** The sections, in the order of the page. */
const sections = ["threshold", "race", "matrix", "formula", "data"];

/**
 * The page as one HTML file that needs nothing else: style, program, and the workers' program with the kernels.
 * @param docs path from the page's folder to the documents that it links to
 */
export async function buildPage(docs: string): Promise<string> {
	const text = (path: string) => readFileSync(new URL(`../page/${path}`, import.meta.url), "utf8");
	const [program, worker] = await Promise.all(
		["../page/start.ts", "../worker/worker.ts"].map((entry) => bundle(new URL(entry, import.meta.url))),
	);
	const parts: Readonly<Record<string, string>> = {
		style: text("page.css"),
		sections: sections.map((name) => text(`sections/${name}.html`)).join(""),
		worker: inScript(worker ?? ""),
		program: inScript(program ?? ""),
		docs,
	};
	const fill = (template: string) =>
		template.replaceAll(/\{\{(style|sections|docs)\}\}/g, (_, name: string) => parts[name] ?? "");
	// Programs come last and are not searched: they may hold anything.
	return fill(fill(text("page.html"))).replaceAll(/\{\{(worker|program)\}\}/g, (_, name: string) => parts[name] ?? "");
}

/** A program as it stands in a script element, which the text of its end would close. */
const inScript = (program: string): string => program.replaceAll("</script", "<\\/script").replaceAll("<!--", "<\\!--");
