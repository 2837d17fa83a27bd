import { readFileSync } from "node:fs";
import { experiments } from "@attgrad/experiments";
import { expect, test } from "vitest";

const textOf = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");

/** The rows of the tables of docs/claims.md. */
const rows = textOf("docs/claims.md")
	.split("\n")
	.filter((line) => line.startsWith("| ") && !line.startsWith("| statement"));

test("every claim of an experiment stands in docs/claims.md, with its figure and command, and nothing else does", () => {
	const claims = experiments.flatMap(({ name, claims = [] }) => claims.map((claim) => ({ name, ...claim })));
	expect(claims.length).toBeGreaterThan(15);
	const missing = claims.filter(
		({ name, statement, says, figure }) =>
			!rows.some(
				(row) =>
					(statement === "ours" ? row.startsWith("| ours | ") : row.startsWith(`| [${statement}](paper-map.md#`)) &&
					row.includes(` | ${says} | `) &&
					row.includes(`[${figure}](../results/reference/${name}/${figure}.png)`) &&
					row.includes(`\`npx attgrad sweep ${name} --preset full\``),
			),
	);
	expect(missing).toEqual([]);
	expect(rows).toHaveLength(claims.length);
});

test("a claim is about a figure of its experiment and a statement of the paper map", () => {
	const map = textOf("docs/paper-map.md");
	for (const { name, claims = [], figures } of experiments)
		for (const { statement, figure } of claims) {
			expect(
				figures.map((one) => one.name),
				name,
			).toContain(figure);
			expect(statement === "ours" || map.includes(`</a>${statement} |`), `${name}: ${statement}`).toBe(true);
		}
});

test("every verdict of docs/claims.md has a number of the reference run, or a claim that is checked", () => {
	for (const row of rows) expect(row).toMatch(/<!-- (?:quote|holds) /);
});
