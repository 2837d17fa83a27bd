import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

import { declaration, linedDocuments, lineLinksOf, screen, withLines } from "./line-links.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const textOf = (path: string) => readFileSync(join(root, path), "utf8");

/** The 41 numbered statements of the paper, in its order. */
const statements = [
	["Definition", "1.1", "1.2"],
	["Remark", "1.3"],
	["Definition", "1.4"],
	["Theorem", "1.5", "1.6"],
	["Hypothesis", "3.1"],
	["Definition", "3.2", "3.3", "3.4", "3.5", "3.6", "3.7"],
	["Fact", "3.8", "3.9"],
	["Lemma", "3.10", "4.1"],
	["Fact", "A.1", "A.2"],
	["Definition", "A.3"],
	["Fact", "A.4"],
	["Lemma", "B.1", "C.1", "C.2"],
	["Definition", "C.3"],
	["Lemma", "C.4"],
	["Definition", "C.5"],
	["Lemma", "C.6", "C.7", "C.8", "D.1", "D.2", "D.3", "D.4", "D.5"],
	["Theorem", "D.6"],
	["Definition", "E.1"],
	["Lemma", "E.2", "E.3", "E.4"],
	["Theorem", "E.5"],
].flatMap(([kind, ...numbers]) => numbers.map((number) => `${kind} ${number}`));

/** The cells of every row of the tables of a document. */
function rowsOf(text: string): string[][] {
	return text
		.split("\n")
		.filter((line) => /^\| /.test(line))
		.map((line) =>
			line
				.split(/(?<!\\)\|/)
				.slice(1, -1)
				.map((cell) => cell.trim()),
		);
}

/** Links with a text: `[text](path)`, where the text may hold brackets in pairs. */
function linksOf(text: string): { words: string; path: string }[] {
	const links = text.matchAll(/\[((?:[^[\]]|\[[^[\]]*\])*)\]\(([^()\s]+)\)/g);
	return Array.from(links, ([, words, path]) => ({ words: words.replace(/\\([|<])/g, "$1"), path: path }));
}

/** The faults of a link of a document: the file is missing, or lacks the code or the test that the link names. */
function fault(document: string, { words, path }: { words: string; path: string }): string[] {
	if (/^https?:/.test(path)) return [];
	const [file] = path.split("#");
	const target = join(dirname(document), file);
	if (!existsSync(join(root, target))) return [`no file ${target}`];
	const symbol = /^`(\w+)`$/.exec(words)?.[1];
	const title = /^"(.+)"$/.exec(words)?.[1];
	if (symbol !== undefined && !declares(textOf(target), symbol)) return [`no declaration of ${symbol} in ${target}`];
	if (title !== undefined && !textOf(target).includes(title)) return [`no test "${title}" in ${target}`];
	return [];
}

const declares = (text: string, name: string) => declaration(name).test(text);

test("docs/paper-map.md has every numbered statement once, in the paper's order", () => {
	expect(statements).toHaveLength(41);
	const numbered = /^\| (?:<a id="[\w.-]+"><\/a>)?((?:Definition|Remark|Theorem|Hypothesis|Fact|Lemma) [\w.]+) \|/gm;
	expect(Array.from(textOf("docs/paper-map.md").matchAll(numbered), ([, statement]) => statement)).toEqual(statements);
});

test("each row of docs/paper-map.md leads to code and a test, or says why there is none", () => {
	const rows = rowsOf(textOf("docs/paper-map.md").replaceAll(/<a id="[^"]*"><\/a>/g, "")).filter(([name]) =>
		/^[A-Z(]/.test(name),
	);
	expect(rows.length).toBeGreaterThan(41);
	for (const [name, , here, held] of rows) {
		const isStatementOnly = /statement only: /.test(here);
		expect(linksOf(here).length > 0 || isStatementOnly, `${name}: ${here}`).toBe(true);
		expect(linksOf(held).some(({ words }) => words.startsWith('"')) || isStatementOnly, `${name}: ${held}`).toBe(true);
	}
});

test.each(["docs/paper-map.md", "docs/errata.md"])(
	"every link of %s leads to the code or test that it names",
	(path) => {
		const links = linksOf(textOf(path));
		expect(links.filter(({ words }) => words.startsWith('"')).length).toBeGreaterThan(15);
		expect(links.flatMap((link) => fault(path, link))).toEqual([]);
	},
);

test.each(linedDocuments)(
	"links of %s lead to the line that they name, or to one on the same screen: npm run quotes",
	(path) => {
		const links = lineLinksOf(path, textOf(path), root);
		expect(links.length).toBeGreaterThan(15);
		const off = links.filter(({ given = -1, line }) => given < 0 || Math.abs(given - line) > screen);
		expect(off).toEqual([]);
	},
);

test("the line of a link is that of the declaration, and a link that has one gets the new one", () => {
	const text = "[`loss`](../packages/attention-problem/src/problem/loss.ts#L999) and [words](../README.md)";
	const [{ line }] = lineLinksOf("docs/a.md", text, root);
	const module = textOf("packages/attention-problem/src/problem/loss.ts").split("\n");
	expect(module[line - 1]).toMatch(/\bloss\b/);
	expect(withLines("docs/a.md", text, root)).toBe(text.replace("#L999", `#L${line}`));
});

test("a wrong name, a wrong title and a dead link are found", () => {
	const about = (words: string, path: string) => fault("docs/paper-map.md", { words, path });
	const loss = "../packages/attention-problem/src/problem/loss.ts";
	expect(about("`loss`", loss)).toEqual([]);
	expect(about("`lost`", loss)).toHaveLength(1);
	expect(about('"no such title"', loss)).toHaveLength(1);
	expect(about("`loss`", "../packages/nowhere.ts")).toHaveLength(1);
});

test("each misprint of docs/errata.md leads to a test that fails for the printed form, or is one of words", () => {
	const rows = rowsOf(textOf("docs/errata.md")).filter(([where]) => where !== "where");
	expect(rows.length).toBeGreaterThanOrEqual(20);
	for (const [where, , , held] of rows)
		expect(linksOf(held).some(({ words }) => words.startsWith('"')) || /^words: /.test(held), `${where}: ${held}`).toBe(
			true,
		);
});

test("every section of docs/paper.md that the code and the documents cite is there", () => {
	const text = textOf("docs/paper.md");
	const files = globSync(
		["packages/*/src/**/*.ts", "packages/*/kernels/**/*.ts", "experiments/*/*.{ts,md}", "docs/*.md"],
		{
			cwd: root,
		},
	);
	const cited = new Set(
		files.flatMap((file) =>
			Array.from(textOf(file).matchAll(/paper\.md (?:section )?(\d+(?:\.\d+)?)/g), ([, section]) => section),
		),
	);
	expect(cited.size).toBeGreaterThan(20);
	const missing = [...cited].filter((section) => {
		const number = section.replace(".", String.raw`\.`);
		return !new RegExp(String.raw`^(?:## ${number}\. |\*\*${number} )`, "m").test(text);
	});
	expect(missing).toEqual([]);
});
