// Links of a document to code lead to the line of the declaration or test that they name.
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** Documents whose links lead to lines. */
export const linedDocuments = ["docs/paper-map.md", "docs/errata.md"] as const;

/** Lines that code above a declaration may have gained or lost until its link is wrong: it is still on the screen. */
export const screen = 25;

const link = /\[((?:[^[\]]|\[[^[\]]*\])*)\]\(([^()\s#]+\.ts)(?:#L(\d+))?\)/g;

/** Whether a name is declared in a line of a module: a function, a constant, a type, or a field of one. */
export const declaration = (name: string): RegExp =>
	new RegExp(String.raw`(?:function\*?|const|interface|type|class) ${name}\b|^\s*(?:readonly )?${name}\??:`, "m");

/** The line, from 1, of what the words of a link name in a text: `symbol` in backquotes or "title of a test". */
function lineOf(words: string, text: string): number | undefined {
	const symbol = /^`(\w+)`$/.exec(words)?.[1];
	const title = /^"(.+)"$/.exec(words.replace(/\\([|<])/g, "$1"))?.[1];
	const at = symbol !== undefined ? text.search(declaration(symbol)) : title === undefined ? -1 : text.indexOf(title);
	if (at < 0) return undefined;
	// The expression for a field begins with the line ends before it.
	const start = at + (text.slice(at).length - text.slice(at).trimStart().length);
	return text.slice(0, start).split("\n").length;
}

/** A link to code: the line that it gives, and the one where what it names is. */
export interface LineLink {
	readonly words: string;
	readonly path: string;
	readonly given?: number;
	readonly line: number;
}

/** The links to code of a document that name a declaration or a test. */
export function lineLinksOf(document: string, text: string, root: string): LineLink[] {
	return Array.from(text.matchAll(link)).flatMap(([, words = "", path = "", given]) => {
		const line = lineOf(words, readFileSync(join(root, dirname(document), path), "utf8"));
		return line === undefined ? [] : [{ words, path, line, ...(given !== undefined && { given: Number(given) }) }];
	});
}

/** A document with every such link leading to its line. */
export function withLines(document: string, text: string, root: string): string {
	return text.replaceAll(link, (whole, words: string, path: string) => {
		const line = lineOf(words, readFileSync(join(root, dirname(document), path), "utf8"));
		return line === undefined ? whole : `[${words}](${path}#L${line})`;
	});
}
