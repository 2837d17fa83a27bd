import { readFileSync } from "node:fs";
import { present, UsageError } from "@attgrad/matrix-core";
import type { Task } from "./task.ts";

/** Prediction of the next character of a text; sequences are random stretches of it. */
export function nextCharacterTask(name: string, text: string): Task {
	const symbols = [...new Set(text)].sort();
	const index = new Map(symbols.map((symbol, i) => [symbol, i]));
	const coded = Int32Array.from(Array.from(text), (symbol) => present(index.get(symbol), `the code of ${symbol}`));
	return {
		name,
		vocabulary: symbols.length,
		batch(sequences, n, random) {
			if (n >= coded.length)
				throw new UsageError(`${name}: a sequence of ${n} needs a text of ${n + 1} characters, it has ${coded.length}`);
			const tokens = new Int32Array(sequences * n);
			const targets = new Int32Array(sequences * n);
			for (let sequence = 0; sequence < sequences; sequence++) {
				const start = random.integer(0, coded.length - n - 1);
				tokens.set(coded.subarray(start, start + n), sequence * n);
				targets.set(coded.subarray(start + 1, start + n + 1), sequence * n);
			}
			return { batch: sequences, n, tokens, targets };
		},
	};
}

/** The next character of the project's own mathematical reference, docs/paper.md, with characters outside ASCII as one symbol. */
export function paperTask(): Task {
	const text = readFileSync(new URL("../../../docs/paper.md", import.meta.url), "utf8");
	return nextCharacterTask("next character of docs/paper.md", text.replaceAll(/[^\n\x20-\x7e]/g, "\u00b7"));
}
