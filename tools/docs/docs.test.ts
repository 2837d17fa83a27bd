import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { columns } from "@attgrad/harness";
import { attgrad } from "attgrad/testing";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));
const documents = globSync(
	["*.md", "docs/**/*.md", "examples/**/*.md", "experiments/*/README.md", "packages/*/README.md"],
	{ cwd: root },
);
const textOf = (path: string) => readFileSync(join(root, path), "utf8");

const fencedCode = /^(`{3,})[\s\S]*?^\1/gm;

/** Where links of a document lead to in this project, its code left out. */
function targetsOf(path: string): { file: string; anchor?: string }[] {
	const prose = textOf(path)
		.replace(fencedCode, "")
		.replace(/`[^`\n]*`/g, "");
	const links = prose.matchAll(/\]\(([^)\s]+)\)|(?:src|href)="([^"]+)"/g);
	return Array.from(links, ([, inline, html]) => inline ?? html)
		.filter((link) => !/^[a-z]+:/.test(link))
		.map((link) => {
			const [file, anchor] = link.split("#") as [string, string?];
			return { file: file === "" ? path : join(dirname(path), file), ...(anchor !== undefined && { anchor }) };
		});
}

/** The anchors that GitHub gives to the headings of a document, and those that it has. */
function anchorsOf(path: string): string[] {
	const headings = textOf(path)
		.replace(fencedCode, "")
		.matchAll(/^#+ (.*)$/gm);
	const named = Array.from(textOf(path).matchAll(/<a id="([^"]+)">/g), ([, id]) => id);
	const titled = Array.from(headings, ([, heading]) =>
		heading
			.toLowerCase()
			.replace(/[^\p{L}\p{N}\s_-]/gu, "")
			.replace(/ /g, "-"),
	);
	return [...named, ...titled];
}

test.each(documents)("every file and heading that %s links to is there", (path) => {
	const missing = targetsOf(path).filter(({ file, anchor }) => {
		if (!existsSync(join(root, file))) return true;
		return anchor !== undefined && file.endsWith(".md") && !anchorsOf(file).includes(anchor);
	});
	expect(missing).toEqual([]);
});

test("docs/csv.md describes the columns of rows.csv, all of them and in their order", () => {
	const cells = Array.from(textOf("docs/csv.md").matchAll(/^\| (`[^|]*) \|/gm), ([, cell]) => cell);
	expect(cells.flatMap((cell) => cell.split(", ").map((name) => name.replaceAll("`", "")))).toEqual(columns);
});

test("the documents name verbs and options that exist", async () => {
	const calls = documents
		.flatMap((path) =>
			Array.from(
				textOf(path).matchAll(/(?:npx attgrad|npm run sweep --|(?<=^|`)attgrad) ([^\n`|#]*)/gm),
				([call, words]) => ({
					path,
					verb: call.startsWith("npm") ? "sweep" : words.split(" ")[0],
					options: Array.from(words.matchAll(/(?<=\s|^)--([a-zA-Z-]+)/g), ([, name]) => name),
				}),
			),
		)
		.filter(({ verb }) => /^[a-z]+$/.test(verb));
	expect(calls.length).toBeGreaterThan(10);
	const verbs = [...new Set(calls.map(({ verb }) => verb))];
	const helps = new Map(await Promise.all(verbs.map(async (verb) => [verb, await attgrad([verb, "--help"])] as const)));
	for (const { path, verb, options } of calls) {
		const { code, stdout } = helps.get(verb)!;
		expect(code, `${path}: attgrad ${verb}`).toBe(0);
		for (const option of options)
			expect(stdout, `${path}: attgrad ${verb}`).toMatch(new RegExp(`^ .*--?${option}\\b`, "m"));
	}
});
