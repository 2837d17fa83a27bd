import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { Worker } from "node:worker_threads";
import { addTally, newTally, type Tally, tightnessTable } from "./attack/tally.ts";
import { targets } from "./attack/targets.ts";
import type { Stretch } from "./attack/worker.ts";

/**
 * Attacks certificates many times and prints what came of it; exits 1 where a bound was below the true error.
 *
 *     node fuzz/certificates.ts [count] [--seed 0] [--jobs N] [--target NAME] [--resume FILE]
 *
 * Targets are the polynomial's gradients in X and Y and outputs of layers, with one polynomial or one for each row, gradients in several matrices, the
 * backward pass of the operator, and the other algorithms with proofs. `--target` attacks one of them. With `--resume` each finished stretch of seeds is a line of that file, and is not run again.
 */
const STRETCH = 500;

const { values, positionals } = parseArgs({
	allowPositionals: true,
	options: {
		seed: { type: "string" },
		jobs: { type: "string" },
		target: { type: "string" },
		resume: { type: "string" },
	},
});

/** A whole number >= least of an argument; ends the process with one line for anything else. */
function whole(name: string, text: string | undefined, usual: number, least: number): number {
	const value = text === undefined ? usual : Number(text);
	if (Number.isSafeInteger(value) && value >= least && text !== "") return value;
	console.error(`attack: ${name} must be a whole number >= ${least}, got ${text}`);
	process.exit(2);
}

const count = whole("count", positionals[0], 10_000, 1);
const first = whole("--seed", values.seed, 0, 0);
const jobs = whole("--jobs", values.jobs, availableParallelism(), 1);
const file = values.resume;
const { target } = values;
if (target !== undefined && !targets.some(({ name }) => name === target)) {
	console.error(`attack: --target must be one of ${targets.map(({ name }) => name).join(", ")}; got ${target}`);
	process.exit(2);
}

const sum = newTally();
const done = new Set<string>();
const name = ({ from, to }: Stretch): string => (target === undefined ? `${from}-${to}` : `${target} ${from}-${to}`);
if (file !== undefined && existsSync(file))
	for (const line of readFileSync(file, "utf8").split("\n").filter(Boolean)) {
		const { stretch, tally } = JSON.parse(line) as { stretch: string; tally: Tally };
		if (!done.has(stretch)) addTally(sum, tally);
		done.add(stretch);
	}

const waiting: Stretch[] = [];
for (let from = first; from < first + count; from += STRETCH) {
	const stretch = { from, to: Math.min(first + count, from + STRETCH), target };
	if (!done.has(name(stretch))) waiting.push(stretch);
}

let finished = count - waiting.reduce((left, { from, to }) => left + to - from, 0);
const start = performance.now();

async function work(): Promise<void> {
	const worker = new Worker(new URL("./attack/worker.ts", import.meta.url));
	try {
		for (let stretch = waiting.shift(); stretch !== undefined; stretch = waiting.shift()) {
			const tally = await new Promise<Tally>((resolve, reject) => {
				worker.once("message", resolve);
				worker.once("error", reject);
				worker.postMessage(stretch);
			});
			worker.removeAllListeners("error");
			for (const line of tally.violations) console.log(line);
			addTally(sum, tally);
			if (file !== undefined) appendFileSync(file, `${JSON.stringify({ stretch: name(stretch), tally })}\n`);
			finished += stretch.to - stretch.from;
			const seconds = ((performance.now() - start) / 1000).toFixed(0);
			if (finished % 10_000 === 0 || waiting.length === 0)
				console.error(`${finished} of ${count} after ${seconds} s: ${JSON.stringify(sum.counts)}`);
		}
	} finally {
		await worker.terminate();
	}
}

await Promise.all(Array.from({ length: Math.min(jobs, waiting.length) }, work));
console.log(`${count} attacks: ${JSON.stringify(sum.counts)}; refused: ${JSON.stringify(sum.refusals)}`);
console.log(`\n${tightnessTable(sum)}`);
process.exitCode = sum.counts.violated + sum.counts.crashed > 0 ? 1 : 0;
