import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { columns } from "@attgrad/harness";
import { expect, test } from "vitest";
import { attgrad } from "./testing/command.ts";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const documents = globSync(["*.md", "docs/*.md", "experiments/*/README.md", "packages/*/README.md"], { cwd: root });
const textOf = (path: string) => readFileSync(join(root, path), "utf8");

/** The scaling figure is drawn from the reference run. */
const drawnLater = ["docs/scaling.png"];

test.each(documents)("every file that %s links to is there", (path) => {
	const targets = Array.from(textOf(path).matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g), ([, target]) => target!);
	const missing = targets.filter((target) => !existsSync(join(root, dirname(path), target)));
	expect(missing.filter((target) => !drawnLater.includes(target))).toEqual([]);
});

test("docs/csv.md describes the columns of rows.csv, all of them and in their order", () => {
	const cells = Array.from(textOf("docs/csv.md").matchAll(/^\| (`[^|]*) \|/gm), ([, cell]) => cell!);
	expect(cells.flatMap((cell) => cell.split(", ").map((name) => name.replaceAll("`", "")))).toEqual(columns);
});

test("the documents name verbs and options that exist", async () => {
	const calls = documents
		.flatMap((path) =>
			Array.from(textOf(path).matchAll(/(?:npx attgrad|npm run sweep --|^attgrad) ([^\n`|#]*)/gm), ([call, words]) => ({
				path,
				verb: call.startsWith("npm") ? "sweep" : words!.split(" ")[0]!,
				options: Array.from(words!.matchAll(/(?<=\s|^)--([a-zA-Z-]+)/g), ([, name]) => name!),
			})),
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
