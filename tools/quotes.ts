import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { scriptArguments } from "@attgrad/matrix-core/script-arguments";
import { linedDocuments, withLines } from "./docs/line-links.ts";
import { documents, renewed, root, unquoted, untrueClaims } from "./quotes/documents.ts";
import { QuoteError } from "./quotes/expression.ts";

scriptArguments({
	call: "npm run quotes",
	summary: `Writes the numbers that README.md, docs, experiments and packages quote of results/reference: quotes,
		<!-- quote scaling n=65536 algorithm=streaming: time_ms as 2 s -->17 s<!-- /quote -->, tables, outputs of commands.
		tools/quotes/evaluate-quote.ts has the form.

		What has to be mended by hand is told, and exits 1: a quote that cannot be made (its document stays as it is), a claim,
		<!-- holds scaling n=65536: time_ms[algorithm=streaming] > time_ms[algorithm=dense] -->, that is so no longer, a number that is neither
		quoted nor exempt.`,
});

const failures: string[] = [];
const written: string[] = [];
for (const path of documents) {
	const old = readFileSync(join(root, path), "utf8");
	try {
		const quoted = renewed(path, old);
		const text = linedDocuments.some((lined) => lined === path) ? withLines(path, quoted, root) : quoted;
		if (text !== old) {
			writeFileSync(join(root, path), text);
			written.push(path);
		}
		failures.push(...untrueClaims(path, text));
		const { numbers, idle } = unquoted(path, text);
		for (const { line, text: number } of numbers)
			failures.push(`${path} line ${line}: ${number} is neither quoted nor exempt`);
		for (const number of idle) failures.push(`${path}: ${number} is exempt and not said in that section`);
	} catch (error) {
		if (!(error instanceof QuoteError)) throw error;
		failures.push(error.message);
	}
}
console.log(written.length === 0 ? "quotes: nothing has changed" : `quotes: wrote ${written.join(", ")}`);
for (const failure of failures) console.error(`quotes: ${failure}`);
if (failures.length > 0) process.exitCode = 1;
