import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { blocks, documents, reference, renewed, root, unquoted, untrueClaims } from "./documents.ts";

/*
 * Every measured number in the documents is a quote of the reference run, of the form that tools/quotes/evaluate-quote.ts has, a
 * generated table or a transcript, or exempt: <!-- not of the reference run: 60 s, 4 GB -->. `npm run quotes` renews them all.
 */
const textOf = (path: string) => readFileSync(join(root, path), "utf8");

test("there is a reference run", () => {
	expect(existsSync(join(reference, "scaling/rows.csv"))).toBe(true);
});

test.each(Object.entries(blocks))("a document has the block %s as the reference run has it", (name, file) => {
	const holders = documents.filter((path) => textOf(path).includes(`<!-- ${name} -->`));
	expect(holders).toHaveLength(1);
	for (const path of holders) expect(textOf(path)).toContain(readFileSync(join(reference, file), "utf8"));
});

test.each(documents)("what %s quotes is what the reference run says: npm run quotes", (path) => {
	expect(renewed(path, textOf(path))).toBe(textOf(path));
});

test.each(documents)("what %s claims of the reference run holds there", (path) => {
	expect(untrueClaims(path, textOf(path))).toEqual([]);
});

test.each(documents)("every number of time, memory, speed or ratio in %s is quoted or exempt", (path) => {
	expect(unquoted(path, textOf(path))).toEqual({ numbers: [], idle: [] });
});

test("the documents quote", () => {
	const quotes = documents.flatMap((path) => Array.from(textOf(path).matchAll(/<!-- quote /g)));
	expect(quotes.length).toBeGreaterThan(20);
});
