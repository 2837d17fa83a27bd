import { type Random, UsageError } from "@attgrad/matrix-core";
import { IGNORED } from "../network/cross-entropy.ts";
import type { Task } from "./task.ts";

/** Keys that a sequence asks for, of those that it has shown: one in four tokens. */
const ASKED = 4;

/**
 * Multi-query associative recall (Arora et al., "Zoology", 2023). A sequence shows `pairs` keys, each followed by its value, in random
 * order; then keys are asked for at random places, and the model is to give the value of each. Blanks fill the rest. Tokens: 0 is blank,
 * then the keys, then the values. Nothing but a look at the one place that has the key will do: attention must be sharp.
 */
export function recallTask(pairs: number, symbols = 2 * pairs): Task {
	if (!(pairs >= 1 && symbols >= pairs))
		throw new UsageError(`recall: ${pairs} pairs need at least as many symbols, got ${symbols}`);
	return {
		name: `recall of ${pairs} pairs`,
		vocabulary: 1 + 2 * symbols,
		batch(sequences, n, random) {
			if (n < 3 * pairs) throw new UsageError(`recall: ${pairs} pairs need n >= ${3 * pairs}, got ${n}`);
			const tokens = new Int32Array(sequences * n);
			const targets = new Int32Array(sequences * n).fill(IGNORED);
			for (let sequence = 0; sequence < sequences; sequence++) {
				const from = sequence * n;
				const keys = distinct(pairs, symbols, random);
				const values = keys.map(() => random.integer(0, symbols - 1));
				for (let i = 0; i < pairs; i++) {
					tokens[from + 2 * i] = 1 + keys[i];
					tokens[from + 2 * i + 1] = 1 + symbols + values[i];
				}
				for (let at = from + 2 * pairs; at < from + n; at++) {
					if (random.integer(0, ASKED - 1) > 0 && at > from + 2 * pairs) continue;
					const i = random.integer(0, pairs - 1);
					tokens[at] = 1 + keys[i];
					targets[at] = 1 + symbols + values[i];
				}
			}
			return { batch: sequences, n, tokens, targets };
		},
	};
}

/** `count` different numbers below `below`, in random order. */
function distinct(count: number, below: number, random: Random): number[] {
	const all = Array.from({ length: below }, (_, i) => i);
	for (let i = 0; i < count; i++) {
		const j = random.integer(i, below - 1);
		[all[i], all[j]] = [all[j], all[i]];
	}
	return all.slice(0, count);
}
