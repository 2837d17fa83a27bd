// npm run quotes: writes the numbers that README.md, docs, experiments and packages quote of results/reference anew: quotes,
// <!-- quote scaling n=65536 algorithm=streaming: time_ms as 2 s -->17 s<!-- /quote -->, tables, outputs of commands.
// quotes/evaluate-quote.ts has the form. Exits 1 where a quote cannot be made; nothing is written then.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { documents, renewed, root, unquoted } from "./quotes/documents.ts";
import { QuoteError } from "./quotes/expression.ts";

const failures: string[] = [];
const changed: [path: string, text: string][] = [];
for (const path of documents) {
	const old = readFileSync(join(root, path), "utf8");
	try {
		const text = renewed(path, old);
		if (text !== old) changed.push([path, text]);
		const { numbers, idle } = unquoted(path, text);
		for (const { line, text: number } of numbers)
			failures.push(`${path} line ${line}: ${number} is neither quoted nor exempt`);
		for (const number of idle) failures.push(`${path}: ${number} is exempt and not said in that section`);
	} catch (error) {
		if (!(error instanceof QuoteError)) throw error;
		failures.push(error.message);
	}
}
for (const failure of failures) console.error(`quotes: ${failure}`);
if (failures.length > 0) process.exitCode = 1;
else {
	for (const [path, text] of changed) writeFileSync(join(root, path), text);
	console.log(
		changed.length === 0 ? "quotes: nothing has changed" : `quotes: wrote ${changed.map(([path]) => path).join(", ")}`,
	);
}
